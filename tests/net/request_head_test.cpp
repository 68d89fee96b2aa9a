// The reader of a request's header section, by tables: what it takes, what it refuses and with which status, and that
// it finds the end wherever the section is cut.
#include "net/request_head.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace wirelab::net {
namespace {

const std::vector<std::string> kWanted = {"idempotency-key", "user-agent"};

struct Outcome {
  int status = 0;  // 0: it was taken
  RequestHead head;
};

/// The section must outlive it.
Outcome outcome_of(const std::string& section) {
  Outcome outcome;
  EXPECT_EQ(find_head_end(section), section.size()) << section;
  if (const auto refusal = parse_head(section, kWanted, outcome.head)) outcome.status = refusal->status;
  return outcome;
}

struct SectionCase {
  std::string name;
  int status;
  std::string section;
};
void PrintTo(const SectionCase& tested, std::ostream* to) { *to << tested.name; }

class ParseHead : public testing::TestWithParam<SectionCase> {};

TEST_P(ParseHead, GivesTheStatus) { EXPECT_EQ(outcome_of(GetParam().section).status, GetParam().status); }

SectionCase line(const std::string& name, int status, const std::string& request_line) {
  return {name, status, request_line + "\r\nHost: x\r\n\r\n"};
}

SectionCase field(const std::string& name, int status, const std::string& header_line) {
  return {name, status, "GET / HTTP/1.1\r\n" + header_line + "\r\nHost: x\r\n\r\n"};
}

INSTANTIATE_TEST_SUITE_P(
    RequestLines, ParseHead,
    testing::Values(line("Usual", 0, "GET /a/b?c=d HTTP/1.1"), line("Delete", 0, "DELETE / HTTP/1.1"),
                    line("AnyVersionIsForLater", 0, "GET / HTTP/9.9"), line("NoVersionIsForLater", 0, "GET /"),
                    line("OptionsOfAll", 0, "OPTIONS * HTTP/1.1"), line("Absolute", 0, "GET http://a:1/b HTTP/1.1"),
                    line("WhatBrowsersDoNotEscape", 0, "GET /?a=\"|^{}[] HTTP/1.1"),
                    line("Unknown", 501, "BREW / HTTP/1.1"), line("LowerCase", 501, "get / HTTP/1.1"),
                    line("NoMethod", 400, " / HTTP/1.1"), line("NoTokenMethod", 400, "G(T / HTTP/1.1"),
                    line("Tabs", 400, "GET\t/\tHTTP/1.1"), line("OnlyTheMethod", 400, "GET"),
                    line("TwoSpaces", 400, "GET  / HTTP/1.1"), line("AsteriskOfGet", 400, "GET * HTTP/1.1"),
                    line("NoSlash", 400, "GET load HTTP/1.1"), line("Authority", 400, "GET a:80 HTTP/1.1"),
                    line("OtherScheme", 400, "GET ftp://a/ HTTP/1.1"),
                    line("NoHostInTarget", 400, "GET http:///b HTTP/1.1"),
                    line("UserInTarget", 400, "GET http://u@a/ HTTP/1.1"), line("Fragment", 400, "GET /a#b HTTP/1.1"),
                    line("Control", 400, "GET /\x01 HTTP/1.1"), line("Nul", 400, std::string("GET /\0 HTTP/1.1", 15)),
                    line("NotAscii", 400, "GET /\xe9 HTTP/1.1"), line("BadEscape", 400, "GET /%zz HTTP/1.1"),
                    line("CutEscape", 400, "GET /a%4 HTTP/1.1"), line("CutEscapeOfOne", 400, "GET /?% HTTP/1.1"),
                    line("EscapedNul", 400, "GET /%00 HTTP/1.1"), line("BareCr", 400, "GET /\r HTTP/1.1")),
    [](const testing::TestParamInfo<SectionCase>& tested) { return tested.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Fields, ParseHead,
    testing::Values(
        field("Usual", 0, "Some: thing"), field("Empty", 0, "Some:"), field("Blanks", 0, "Some: \t a \t b \t"),
        field("NotAsciiValue", 0, "Some: \xe9\xff"), field("EveryTokenCharacter", 0, "!#$%&'*+-.^_`|~09azAZ: x"),
        field("BeginningOfAKnownName", 0, "Content-: x"), field("OneLetter", 0, "T: x"), field("NoColon", 400, "thing"),
        field("NoName", 400, ": thing"), field("BlankBeforeColon", 400, "Some : x"),
        field("TabBeforeColon", 400, "Some\t: x"), field("BlankInName", 400, "So me: x"), field("Folded", 400, " x: y"),
        field("FoldedWithTab", 400, "\tx: y"), field("NotAsciiName", 400, "S\xe9: x"),
        field("NulInName", 400, std::string("S\0: x", 5)), field("NulInValue", 400, std::string("S: \0", 4)),
        field("BareCr", 400, "Some: a\rb"), field("CrBeforeTheEnd", 400, "Some: a\r"),
        field("BareLf", 400, "Some: a\nOther: b"), field("ControlInValue", 400, "Some: \x07"),
        field("DeleteInValue", 400, "Some: \x7f"), SectionCase{"OnlyLineFeeds", 400, "GET / HTTP/1.1\nHost: x\n\n"},
        SectionCase{"LastLineFeedBare", 400, "GET / HTTP/1.1\r\nHost: x\r\n\n"}),
    [](const testing::TestParamInfo<SectionCase>& tested) { return tested.param.name; });

TEST(ParseHeadFillsIn, WhatTheRequestSays) {
  const std::string section =
      "POST /publish/a%20b?x=1&y=%2F HTTP/1.1\r\nHOST: a:1\r\nContent-LENGTH:  5 \r\nConnection: x\r\n"
      "connection: close\r\nTransfer-Encoding:\r\nExpect: 100-continue\r\nIdempotency-Key: k 1\r\nUser-Agent:\r\n\r\n";
  const auto [status, head] = outcome_of(section);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(head.request.method, "POST");
  EXPECT_EQ(head.request.path, "/publish/a%20b");
  EXPECT_EQ(head.request.query, "x=1&y=%2F");
  EXPECT_EQ(head.target_bytes, std::string("/publish/a%20b?x=1&y=%2F").size());
  EXPECT_EQ(head.version, "HTTP/1.1");
  EXPECT_EQ(head.host_fields, 1U);
  EXPECT_EQ(head.host, "a:1");
  EXPECT_EQ(head.content_length_fields, 1U);
  EXPECT_EQ(head.content_length, "5");
  EXPECT_EQ(head.connection, "x, close");
  EXPECT_TRUE(head.has_transfer_encoding);
  EXPECT_EQ(head.transfer_encoding, "");
  EXPECT_EQ(head.expect, "100-continue");
  EXPECT_EQ(head.upgrade, "");
  EXPECT_EQ(head.request.headers, (Headers{{"idempotency-key", "k 1"}})) << "an empty one is none";
}

TEST(ParseHeadFillsIn, WhatIsThereTwice) {
  const std::string section =
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n"
      "Transfer-Encoding: gzip\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Key: l\r\n"
      "Sec-WebSocket-Version: 13\r\nUser-Agent: a\r\nUser-Agent: b\r\n\r\n";
  const auto [status, head] = outcome_of(section);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(head.host_fields, 2U);
  EXPECT_EQ(head.content_length_fields, 2U);
  EXPECT_EQ(head.transfer_encoding, "chunked, gzip");
  EXPECT_EQ(head.websocket_key, "k, l");
  EXPECT_EQ(head.websocket_version, "13");
  EXPECT_EQ(head.request.headers, (Headers{{"user-agent", "a, b"}}));
}

TEST(ParseHeadFillsIn, PathAndQueryOfAnAddress) {
  const std::vector<std::vector<std::string>> cases = {{"http://a/b?c", "/b", "c"},
                                                       {"HTTP://a:1", "/", ""},
                                                       {"http://[::1]?c?d", "/", "c?d"},
                                                       {"/?", "/", ""},
                                                       {"//a", "//a", ""},
                                                       {"/%61%2D%2fb?%7e=%26%3D", "/a-%2fb", "~=%26%3D"}};
  for (const auto& expected : cases) {
    const std::string section = "GET " + expected[0] + " HTTP/1.1\r\n\r\n";
    const auto [status, head] = outcome_of(section);
    EXPECT_EQ(status, 0) << expected[0];
    EXPECT_EQ(head.request.path, expected[1]);
    EXPECT_EQ(head.request.query, expected[2]);
  }
}

TEST(ParseHeadFillsIn, TheHostOfAnAddressInPlaceOfTheField) {
  const std::string section = "GET http://a:1/ HTTP/1.1\r\nHost: b\r\n\r\n";
  RequestHead head;
  ASSERT_FALSE(parse_head(section, {"host"}, head));
  EXPECT_EQ(head.request.header("host"), "a:1");
}

TEST(FindHeadEnd, WhereverItIsCut) {
  const std::string section = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", all = section + "body\r\n\r\n";
  for (std::size_t there = 0; there < section.size(); ++there) {
    EXPECT_FALSE(find_head_end(std::string_view(all).substr(0, there))) << there;
    EXPECT_EQ(find_head_end(all, there), section.size()) << "searched up to " << there;
  }
}

TEST(LineEndsBefore, CountsWholeOnesOnly) {
  EXPECT_EQ(line_ends_before("GET"), 0U);
  EXPECT_EQ(line_ends_before("\r\n\r\nGET"), 4U);
  EXPECT_EQ(line_ends_before("\r\n\r"), 2U);
  EXPECT_EQ(line_ends_before("\n"), 0U);
  EXPECT_EQ(line_ends_before(""), 0U);
}

TEST(CheckBeginning, TellsWhatCannotBecomeARequest) {
  constexpr std::size_t kLimit = 100;
  const auto status_of = [](const std::string& bytes) {
    const auto refusal = check_beginning(bytes, kLimit);
    return refusal ? refusal->status : 0;
  };
  for (const std::string good : {"", "G", "GET /", "GET / HTTP/1.1\r\nHo", "\r", "GET\r"})
    EXPECT_EQ(status_of(good), 0) << good;
  EXPECT_EQ(status_of("\x16\x03\x01"), 400) << "TLS";
  EXPECT_EQ(status_of("GET /" + std::string(kLimit, 'x')), 414);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nX: " + std::string(kLimit, 'x')), 431);
  EXPECT_EQ(status_of(std::string(kLimit, 'G')), 0) << "at the limit";
}

}  // namespace
}  // namespace wirelab::net
