#include "net/request_check.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "net/answer_text.hpp"

namespace wirelab::net {
namespace {

constexpr RequestLimits kLimits{100, 50, 500};

RequestHead good_head(const std::string& method = "GET") {
  RequestHead head;
  head.request.method = method;
  head.request.path = "/";
  head.version = "HTTP/1.1";
  head.target_bytes = 1;
  head.header_bytes = 40;
  head.host_fields = 1;
  return head;
}

RequestHead good_upgrade() {
  RequestHead head = good_head();
  head.upgrade = "websocket";
  head.connection = "keep-alive, Upgrade";
  head.websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";
  head.websocket_version = "13";
  return head;
}

/// 0: passes.
int status_of(const std::optional<Refusal>& refusal) { return refusal ? refusal->status : 0; }

struct HeadCase {
  std::string name;
  int status;
  std::function<void(RequestHead&)> change;
};
void PrintTo(const HeadCase& tested, std::ostream* to) { *to << tested.name; }

class CheckHead : public testing::TestWithParam<HeadCase> {};

TEST_P(CheckHead, GivesTheStatus) {
  RequestHead head = good_head(GetParam().name.starts_with("Post") ? "POST" : "GET");
  GetParam().change(head);
  EXPECT_EQ(status_of(check_head(head, kLimits)), GetParam().status);
}

std::string name_of(const testing::TestParamInfo<HeadCase>& tested) { return tested.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Table, CheckHead,
    testing::Values(
        HeadCase{"Good", 0, [](auto&) {}},  //
        HeadCase{"Version10", 0, [](auto& h) { h.version = "HTTP/1.0"; }},
        HeadCase{"Version10NeedsNoHost", 0, [](auto& h) { h.version = "HTTP/1.0", h.host_fields = 0; }},
        HeadCase{"Version10WithTwoHosts", 400, [](auto& h) { h.version = "HTTP/1.0", h.host_fields = 2; }},
        HeadCase{"Version12", 505, [](auto& h) { h.version = "HTTP/1.2"; }},
        HeadCase{"Version20", 505, [](auto& h) { h.version = "HTTP/2.0"; }},
        HeadCase{"VersionMissing", 400, [](auto& h) { h.version = {}; }},
        HeadCase{"VersionInLowerCase", 400, [](auto& h) { h.version = "http/1.1"; }},
        HeadCase{"VersionWithMore", 400, [](auto& h) { h.version = "HTTP/1.1 x"; }},
        HeadCase{"VersionOfOtherProtocol", 400, [](auto& h) { h.version = "SPDY/3.1"; }},
        HeadCase{"HostMissing", 400, [](auto& h) { h.host_fields = 0; }},
        HeadCase{"HostTwice", 400, [](auto& h) { h.host_fields = 2; }},
        HeadCase{"TargetAtLimit", 0, [](auto& h) { h.target_bytes = 50; }},
        HeadCase{"TargetBeyond", 414, [](auto& h) { h.target_bytes = 51; }},
        HeadCase{"TargetSoLongThatTheVersionIsLost", 414, [](auto& h) { h.target_bytes = 51, h.version = {}; }},
        HeadCase{"HeaderAtLimit", 0, [](auto& h) { h.header_bytes = 500; }},
        HeadCase{"HeaderBeyond", 431, [](auto& h) { h.header_bytes = 501; }},
        HeadCase{"PostWithLength", 0, [](auto& h) { h.content_length = "5", h.content_length_fields = 1; }},
        HeadCase{"PostWithBlanks", 0, [](auto& h) { h.content_length = " 5\t", h.content_length_fields = 1; }},
        HeadCase{"PostWithoutLengthIsForLater", 0, [](auto&) {}},
        HeadCase{"PostWithHugeLengthIsForLater", 0,
                 [](auto& h) { h.content_length = "99999999999999999999999", h.content_length_fields = 1; }},
        HeadCase{"PostNegative", 400, [](auto& h) { h.content_length = "-5", h.content_length_fields = 1; }},
        HeadCase{"PostPlus", 400, [](auto& h) { h.content_length = "+5", h.content_length_fields = 1; }},
        HeadCase{"PostHex", 400, [](auto& h) { h.content_length = "0x5", h.content_length_fields = 1; }},
        HeadCase{"PostOdd", 400, [](auto& h) { h.content_length = "5x", h.content_length_fields = 1; }},
        HeadCase{"PostEmpty", 400, [](auto& h) { h.content_length = "", h.content_length_fields = 1; }},
        HeadCase{"PostList", 400, [](auto& h) { h.content_length = "5, 5", h.content_length_fields = 1; }},
        HeadCase{"PostTwice", 400, [](auto& h) { h.content_length = "5", h.content_length_fields = 2; }},
        HeadCase{"PostChunked", 0, [](auto& h) { h.has_transfer_encoding = true, h.transfer_encoding = "Chunked"; }},
        HeadCase{"PostGzipped", 501,
                 [](auto& h) { h.has_transfer_encoding = true, h.transfer_encoding = "gzip, chunked"; }},
        HeadCase{"PostEmptyCoding", 501, [](auto& h) { h.has_transfer_encoding = true; }},
        HeadCase{
            "PostChunkedOfVersion10", 400,
            [](auto& h) { h.has_transfer_encoding = true, h.transfer_encoding = "chunked", h.version = "HTTP/1.0"; }},
        HeadCase{"PostChunkedAndLength", 400,
                 [](auto& h) { h.has_transfer_encoding = true, h.content_length = "5", h.content_length_fields = 1; }},
        HeadCase{"GetChunked", 400, [](auto& h) { h.has_transfer_encoding = true, h.transfer_encoding = "chunked"; }},
        HeadCase{"HostAndPort", 0, [](auto& h) { h.host = "localhost:9000"; }},
        HeadCase{"HostThatIsNone", 400, [](auto& h) { h.host = "a b"; }},
        HeadCase{"HostThatIsNoneOfVersion10", 400, [](auto& h) { h.version = "HTTP/1.0", h.host = "a/b"; }},
        HeadCase{"GetWithBody", 400, [](auto& h) { h.content_length = "5", h.content_length_fields = 1; }},
        HeadCase{"GetWithNoBytes", 0, [](auto& h) { h.content_length = "0", h.content_length_fields = 1; }},
        HeadCase{"HeadWithBody", 400,
                 [](auto& h) { h.request.method = "HEAD", h.content_length = "1", h.content_length_fields = 1; }}),
    name_of);

TEST(CheckHeadFillsIn, TheLength) {
  RequestHead head = good_head("POST");
  head.content_length = " 42", head.content_length_fields = 1;
  EXPECT_FALSE(check_head(head, kLimits));
  EXPECT_TRUE(head.request.has_content_length);
  EXPECT_EQ(head.request.content_length, 42U);
}

struct BodyCase {
  std::string method;
  std::optional<std::size_t> length;
  int status;
};

TEST(CheckBody, NeedsALengthWithinTheLimit) {
  const std::vector<BodyCase> cases = {
      {"GET", {}, 0},     {"DELETE", {}, 0},  {"POST", {}, 411},   {"PUT", {}, 411},     {"PATCH", {}, 411},
      {"POST", 0, 0},     {"POST", 100, 0},   {"POST", 101, 413},  {"DELETE", 101, 413}, {"PUT", 100, 0},
      {"OPTIONS", {}, 0}, {"OPTIONS", 50, 0}, {"POST", ~0UL, 413},
  };
  for (const auto& [method, length, status] : cases) {
    RequestHead head = good_head(method);
    head.request.has_content_length = length.has_value();
    head.request.content_length = length.value_or(0);
    EXPECT_EQ(status_of(check_body(head, kLimits)), status) << method << " " << length.value_or(0);
  }
}

TEST(CheckBody, ChunksNeedNoLength) {
  RequestHead head = good_head("POST");
  head.chunked = true;
  EXPECT_FALSE(check_body(head, kLimits));
}

TEST(CheckBody, ALengthThatFitsNoNumberIsTooLong) {
  RequestHead head = good_head("POST");
  head.content_length = "99999999999999999999999", head.content_length_fields = 1;
  EXPECT_FALSE(check_head(head, kLimits));
  EXPECT_EQ(status_of(check_body(head, kLimits)), 413);
}

class CheckUpgrade : public testing::TestWithParam<HeadCase> {};

TEST_P(CheckUpgrade, GivesTheStatus) {
  RequestHead head = good_upgrade();
  GetParam().change(head);
  const auto refusal = check_upgrade(head);
  EXPECT_EQ(status_of(refusal), GetParam().status);
  EXPECT_EQ(head.request.upgrade, GetParam().status == 0);
  if (refusal && refusal->status == 426) {
    EXPECT_EQ(refusal->headers, (Headers{{"Sec-WebSocket-Version", "13"}}));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, CheckUpgrade,
    testing::Values(HeadCase{"Good", 0, [](auto&) {}},
                    HeadCase{"NamesInAnyCase", 0, [](auto& h) { h.upgrade = "WebSocket", h.connection = "UPGRADE"; }},
                    HeadCase{"ToSomethingElse", 501, [](auto& h) { h.upgrade = "h2c"; }},
                    HeadCase{"WithPost", 400, [](auto& h) { h.request.method = "POST"; }},
                    HeadCase{"WithHttp10", 400, [](auto& h) { h.version = "HTTP/1.0"; }},
                    HeadCase{"WithBody", 400, [](auto& h) { h.request.content_length = 1; }},
                    HeadCase{"WithoutConnection", 400, [](auto& h) { h.connection.clear(); }},
                    HeadCase{"ConnectionWithoutIt", 400, [](auto& h) { h.connection = "keep-alive, upgraded"; }},
                    HeadCase{"Version8", 426, [](auto& h) { h.websocket_version = "8"; }},
                    HeadCase{"VersionMissing", 426, [](auto& h) { h.websocket_version.clear(); }},
                    HeadCase{"VersionList", 426, [](auto& h) { h.websocket_version = "13, 8"; }},
                    HeadCase{"KeyMissing", 400, [](auto& h) { h.websocket_key.clear(); }},
                    HeadCase{"KeyTooShort", 400, [](auto& h) { h.websocket_key = "dGhlIHNhbXBsZSBub25j"; }},
                    HeadCase{"KeyTooLong", 400, [](auto& h) { h.websocket_key = "AAAAdGhlIHNhbXBsZSBub25jZQ=="; }},
                    HeadCase{"KeyOf17Bytes", 400, [](auto& h) { h.websocket_key = "dGhlIHNhbXBsZSBub25jZQE="; }},
                    HeadCase{"KeyNotBase64", 400, [](auto& h) { h.websocket_key = "dGhlIHNhbXBsZSBub25j_Q=="; }},
                    HeadCase{"KeyWithLooseBits", 400, [](auto& h) { h.websocket_key = "dGhlIHNhbXBsZSBub25jZR=="; }},
                    HeadCase{"WithChunks", 400, [](auto& h) { h.chunked = true; }},
                    HeadCase{"Subprotocol", 400, [](auto& h) { h.websocket_protocol = "chat"; }}),
    name_of);

TEST(KeepsConnection, AsVersionAndFieldsSay) {
  const auto keeps = [](const std::string& version, const std::string& connection) {
    RequestHead head = good_head();
    head.version = version;
    head.connection = connection;
    return keeps_connection(head);
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_TRUE(keeps("HTTP/1.1", "keep-alive"));
  EXPECT_TRUE(keeps("HTTP/1.1", "closed"));
  EXPECT_FALSE(keeps("HTTP/1.1", "close"));
  EXPECT_FALSE(keeps("HTTP/1.1", "TE , Close"));
  EXPECT_FALSE(keeps("HTTP/1.0", "keep-alive"));
}

TEST(IsHost, AcceptsNamesAndAddressesWithAndWithoutAPort) {
  for (const std::string text :
       {"", "a", "example.org", "127.0.0.1:80", "a:", "[::1]", "[::1]:9000", "%41", "a_b~!$&'()*+,;="})
    EXPECT_TRUE(is_host(text)) << text;
}

TEST(IsHost, RefusesTheRest) {
  for (const std::string text :
       {"a b", "a, b", "u@a", "a/b", "a?b", "a#b", "a:x", "a:1:2", "[::1", "[::g]", "[::1]x", "%4", "%zz", "a\x80"})
    EXPECT_FALSE(is_host(text)) << text;
}

TEST(IsToken, HasNoSeparatorsAndIsNotEmpty) {
  EXPECT_TRUE(is_token("X-Some_thing!#$%&'*+.^`|~09"));
  for (const std::string text : {"", "a b", "a\t", "a:", "a(", "a\r\nb", "\x80"}) EXPECT_FALSE(is_token(text)) << text;
  EXPECT_FALSE(is_token(std::string_view("a\0b", 3)));
}

TEST(ExpectsContinue, OfVersion11WhateverTheCase) {
  RequestHead head = good_head("POST");
  EXPECT_FALSE(expects_continue(head));
  head.expect = " 100-Continue";
  EXPECT_TRUE(expects_continue(head));
  head.version = "HTTP/1.0";
  EXPECT_FALSE(expects_continue(head)) << "such a client would take it for the answer";
}

TEST(RefusalAnswer, IsJsonWhateverIsQuoted) {
  const Answer answer = refusal_answer({418, "a \"quote\", a \\ and a \n", {{"Allow", "GET"}}});
  EXPECT_EQ(answer.status, 418);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body.text(), R"({"error":"a \"quote\", a \\ and a \u000a"})");
  EXPECT_EQ(answer.then, Then::close);
  EXPECT_EQ(answer.headers, (Headers{{"Allow", "GET"}}));
}

TEST(IsUtf8, AcceptsWhatIs) {
  for (const std::string text : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "κόσμε", "a\xf0\x9f\x98\x80z"})
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  EXPECT_TRUE(is_utf8(std::string(1, '\0')));
}

TEST(IsUtf8, RefusesWhatIsNot) {
  for (const std::string text : {"\x80",
                                 "\xbf",
                                 "\xc0\x80",
                                 "\xc1\xbf",
                                 "\xc2",
                                 "\xc2\x41",
                                 "\xe0\x80\x80",
                                 "\xe0\x9f\xbf",
                                 "\xe1\x80",
                                 "\xed\xa0\x80",
                                 "\xed\xbf\xbf",
                                 "\xf0\x80\x80\x80",
                                 "\xf0\x8f\xbf\xbf",
                                 "\xf0\x90\x80",
                                 "\xf4\x90\x80\x80",
                                 "\xf5\x80\x80\x80",
                                 "\xff",
                                 "\xfe",
                                 "fine, then \xe2\x82",
                                 "\xe2\x82\x41",
                                 "\xf0\x9f\x98\x41"})
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
}

TEST(IsCloseCode, AsRegistered) {
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999})
    EXPECT_TRUE(is_close_code(static_cast<std::uint16_t>(code))) << code;
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535})
    EXPECT_FALSE(is_close_code(static_cast<std::uint16_t>(code))) << code;
}

TEST(AnswerText, SaysAll) {
  Answer answer;
  answer.status = 405;
  answer.headers = {{"Allow", "GET, HEAD"}};
  answer.body = SharedText("{}");
  EXPECT_EQ(answer_text(answer, Then::close, Body::sent, "today"),
            "HTTP/1.1 405 Method Not Allowed\r\nDate: today\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\nConnection: close\r\nAllow: GET, HEAD\r\n\r\n{}");
}

TEST(AnswerText, LeavesOutWhatIsNotSaid) {
  Answer answer;
  answer.body = SharedText("0123456789");
  EXPECT_EQ(answer_text(answer, Then::keep, Body::left_out, "today"),
            "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n");
}

TEST(HttpDateText, IsThatOfTheStandard) {
  EXPECT_EQ(HttpDate::of(std::chrono::sys_seconds(std::chrono::seconds(784111777))), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate::of(std::chrono::sys_seconds(std::chrono::seconds(951782400))), "Tue, 29 Feb 2000 00:00:00 GMT");
  HttpDate date;
  EXPECT_EQ(date.now().size(), 29U);
}

TEST(ReasonPhrase, KnowsWhatIsUsed) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(599), "Unknown");
}

}  // namespace
}  // namespace wirelab::net
