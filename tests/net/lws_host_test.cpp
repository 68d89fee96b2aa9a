// LwsHost over real sockets: what it answers, and what it does with peers that mean no good. WebSockets are in
// lws_host_socket_test.cpp. Each danger of docs/internals/libwebsockets.md has its test in one of the two.
#include "net/lws_host.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <random>
#include <sstream>

#include "net/request_check.hpp"
#include "tests/net/host_rig.hpp"

namespace wirelab::tests {
namespace {

using net::Then;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A loop that has nothing to do turns a few times in this time; one that spins, thousands of times.
constexpr auto kQuiet = milliseconds(100);
constexpr int kFewTurns = 60;

using LwsHostHttp = HostTest;

TEST_F(LwsHostHttp, AnswersWithDateTypeAndLengthAndKeepsTheConnection) {
  const auto one = client();
  for (int i = 1; i <= 3; ++i) {
    one->received.clear();
    one->send(get("/hello"));
    const auto got = replies(*one, 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].status, 200);
    EXPECT_TRUE(one->received.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(got[0].body, "GET /hello ");
    EXPECT_EQ(got[0].header("content-type"), "text/plain");
    EXPECT_TRUE(got[0].header("date").ends_with(" GMT"));
    EXPECT_EQ(got[0].header("connection"), "");
  }
  EXPECT_FALSE(one->over());
  EXPECT_EQ(host->counters().connections_accepted, 1U);
  EXPECT_EQ(host->counters().requests, 3U);
}

TEST_F(LwsHostHttp, ClosesWhenTheAnswerSaysSo) {
  const auto one = client();
  one->send(get("/close"));
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].header("connection"), "close");
  EXPECT_TRUE(one->closed);
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
  EXPECT_EQ(service.attachments, 0);
  EXPECT_EQ(service.gone, 0);
}

TEST_F(LwsHostHttp, ClosesWhenTheClientAskedForIt) {
  const auto one = client();
  one->send(get("/x", "Connection: TE, close\r\n"));
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].header("connection"), "close");
}

TEST_F(LwsHostHttp, AnswersHttp10AndCloses) {
  const auto one = client();
  one->send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].status, 200);
  EXPECT_EQ(got[0].header("connection"), "close");
}

TEST_F(LwsHostHttp, AnswersHeadWithoutTheBody) {
  const auto one = client();
  one->send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto got = replies(*one, 1, Bodies::absent);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].header("content-length"), "8");
  EXPECT_TRUE(one->received.ends_with("\r\n\r\n"));
  EXPECT_EQ(service.last_request.method, "HEAD");
}

TEST_F(LwsHostHttp, PassesTargetMethodAndWantedFields) {
  options.headers = {"idempotency-key", "user-agent", "x-missing"};
  const auto one = client();
  one->send(
      "DELETE /a-b_c.d~e/f?after=k3f9-1&hold=2.5&flag HTTP/1.1\r\nHOST: x\r\nIdempotency-KEY:  a key \r\n"
      "User-Agent: me\r\nX-Other: not wanted\r\n\r\n");
  ASSERT_EQ(replies(*one, 1).size(), 1U);
  const auto& request = service.last_request;
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(request.path, "/a-b_c.d~e/f");
  EXPECT_EQ(request.query, "after=k3f9-1&hold=2.5&flag");
  EXPECT_EQ(request.headers, (net::Headers{{"idempotency-key", "a key"}, {"user-agent", "me"}}));
  EXPECT_FALSE(request.upgrade);
  EXPECT_FALSE(request.has_content_length);
}

TEST_F(LwsHostHttp, WhatWasEncodedInTheTargetStaysSo) {
  const auto one = client();
  one->send(get("/a%2Fb%25%20c?x=%26%3D%2B1+2&y=%C3%A9"));
  ASSERT_EQ(replies(*one, 1).size(), 1U);
  EXPECT_EQ(service.last_request.path, "/a%2Fb%25%20c");
  EXPECT_EQ(service.last_request.query, "x=%26%3D%2B1+2&y=%C3%A9");
}

TEST_F(LwsHostHttp, TakesABodyInPieces) {
  const auto one = client();
  const std::string body(30'000, 'b');
  const std::string request = post("/up", body);
  for (std::size_t at = 0; at < request.size(); at += 7'001) {
    one->send(std::string_view(request).substr(at, 7'001));
    pass(milliseconds(1));
  }
  ASSERT_EQ(replies(*one, 1).size(), 1U);
  EXPECT_EQ(service.last_request.body, body);
  one->received.clear();
  one->send(post("/up", ""));
  ASSERT_EQ(replies(*one, 1).size(), 1U);
  EXPECT_TRUE(service.last_request.has_content_length);
  EXPECT_EQ(service.last_request.body, "");
}

TEST_F(LwsHostHttp, TakesTheHeaderSectionByteByByte) {
  const auto one = client();
  for (const char c : post("/slow?x=y", "body")) {
    one->send(std::string_view(&c, 1));
    pass(std::chrono::microseconds(100));
  }
  ASSERT_EQ(replies(*one, 1).size(), 1U);
  EXPECT_EQ(service.asked.back(), "POST /slow?x=y body");
}

TEST_F(LwsHostHttp, AsksTheServiceFirstAndClosesOnItsRefusal) {
  service.on_refuse = [](const net::Request& request) -> std::optional<net::Answer> {
    EXPECT_EQ(request.content_length, 1'000'000U);
    EXPECT_TRUE(request.body.empty());
    return net::refusal_answer({405, "no", {{"Allow", "GET"}}});
  };
  const auto one = client();
  one->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].status, 405);
  EXPECT_EQ(got[0].header("allow"), "GET");
  EXPECT_EQ(got[0].header("connection"), "close");
  EXPECT_TRUE(service.asked.empty());
}

// -- what is refused ------------------------------------------------------------------------------

struct RefusedCase {
  std::string name;
  int status;
  std::string request;
};
void PrintTo(const RefusedCase& tested, std::ostream* to) { *to << tested.name; }

class LwsHostRefuses : public HostTest, public testing::WithParamInterface<RefusedCase> {};

TEST_P(LwsHostRefuses, WithAStatusAJsonErrorAndAClose) {
  const auto one = client();
  one->send(GetParam().request);
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U) << one->received;
  EXPECT_EQ(got[0].status, GetParam().status);
  EXPECT_EQ(got[0].header("content-type"), "application/json");
  EXPECT_EQ(got[0].header("connection"), "close");
  EXPECT_TRUE(got[0].body.starts_with("{\"error\":\"")) << got[0].body;
  EXPECT_TRUE(one->closed) << "reset";
  EXPECT_TRUE(service.asked.empty());
  one->close();
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
  expect_alive();
}

const std::string kPost = "POST /x HTTP/1.1\r\nHost: x\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, LwsHostRefuses,
    testing::Values(
        RefusedCase{"NoVersion", 400, "GET /x\r\nHost: x\r\n\r\n"},
        RefusedCase{"Version2", 505, "GET /x HTTP/2.0\r\nHost: x\r\n\r\n"},
        RefusedCase{"NoHost", 400, "GET /x HTTP/1.1\r\n\r\n"},
        RefusedCase{"TwoHosts", 400, "GET /x HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
        RefusedCase{"NegativeLength", 400, kPost + "Content-Length: -5\r\n\r\nhello"},
        RefusedCase{"OddLength", 400, kPost + "Content-Length: 5x\r\n\r\nhello"},
        RefusedCase{"TwoLengths", 400, kPost + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
        RefusedCase{"LengthAndChunks", 400, kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        RefusedCase{"BadChunks", 400, kPost + "Transfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n"},
        RefusedCase{"ChunksBeyondTheLimit", 413, kPost + "Transfer-Encoding: chunked\r\n\r\n10001\r\n"},
        RefusedCase{"Gzip", 501, kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        RefusedCase{"LowerCaseMethod", 501, "get /x HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"BadEscape", 400, "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"OtherScheme", 400, "GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"BareLineFeeds", 400, "GET / HTTP/1.1\nHost: x\n\n"},
        RefusedCase{"ChunksOnGet", 400,
                    "GET /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
        RefusedCase{"BodyOnGet", 400, "GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"},
        RefusedCase{"NoLength", 411, kPost + "\r\n"},
        RefusedCase{"PutWithoutLength", 411, "PUT /x HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"TooLongBody", 413, kPost + "Content-Length: 65537\r\n\r\n"},
        RefusedCase{"MuchTooLongBody", 413, kPost + "Content-Length: 99999999999999999999999\r\n\r\n"},
        RefusedCase{"UnknownMethod", 501, "PROPFIND /x HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"Connect", 501, "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"Http2Preface", 501, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        RefusedCase{"TlsHello", 400, std::string("\x16\x03\x01\x00\xa5\x01\x00\x00", 8)},
        RefusedCase{"LongTarget", 414, "GET /" + std::string(1'024, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"VeryLongTarget", 414, "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"LongQuery", 414, "GET /?" + std::string(1'023, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
        RefusedCase{"LongField", 431, "GET / HTTP/1.1\r\nHost: x\r\nX-Filler: " + std::string(8'200, 'x') + "\r\n\r\n"},
        RefusedCase{"VeryLongField", 431,
                    "GET / HTTP/1.1\r\nHost: x\r\nX-Filler: " + std::string(30'000, 'x') + "\r\n\r\n"},
        RefusedCase{"EndlessKnownField", 431,
                    "GET / HTTP/1.1\r\nHost: x\r\nCookie: " + std::string(500'000, 'x') + "\r\n\r\n"},
        RefusedCase{"FarTooLongField", 431,
                    "GET / HTTP/1.1\r\nHost: x\r\nX-Filler: " + std::string(200'000, 'x') + "\r\n\r\n"},
        RefusedCase{"UpgradeToH2c", 501, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"}),
    [](const testing::TestParamInfo<RefusedCase>& tested) { return tested.param.name; });

class LwsHostLimits : public HostTest {
 protected:
  /// A request whose header section is so long.
  static std::string get_of(std::size_t header_bytes) {
    const std::size_t without = get("/", "X-Filler: \r\n").size();
    return get("/", "X-Filler: " + std::string(header_bytes - without, 'x') + "\r\n");
  }
  int status_of(const std::string& request) {
    const auto one = client();
    one->send(request);
    const auto got = replies(*one, 1);
    return got.empty() ? 0 : got[0].status;
  }
};

TEST_F(LwsHostLimits, OfTheTarget) {
  EXPECT_EQ(status_of(get("/" + std::string(1'023, 'x'))), 200);
  EXPECT_EQ(status_of(get("/" + std::string(1'024, 'x'))), 414);
  EXPECT_EQ(status_of(get("/x?a=" + std::string(500, 'y') + "&b=" + std::string(516, 'z'))), 200);
  EXPECT_EQ(status_of(get("/x?a=" + std::string(500, 'y') + "&b=" + std::string(517, 'z'))), 414);
}

TEST_F(LwsHostLimits, OfThePayload) {
  options.payload_bytes = 100;
  EXPECT_EQ(status_of(post("/", std::string(100, 'x'))), 200);
  EXPECT_EQ(status_of(post("/", std::string(101, 'x'))), 413);
}

TEST_F(LwsHostLimits, OfTheHeaderSection) {
  EXPECT_EQ(status_of(get_of(8'192)), 200);
  EXPECT_EQ(status_of(get_of(8'193)), 431);
}

TEST_F(LwsHostLimits, OfTheHeaderSectionOnAKeptConnection) {
  const auto one = client();
  one->send(get("/"));
  replies(*one, 1);
  one->send(get_of(8'192));
  EXPECT_EQ(replies(*one, 2).at(1).status, 200);
  one->send(get_of(8'193));
  EXPECT_EQ(replies_until_close(*one).back().status, 431);
}

TEST_F(LwsHostLimits, OfTheHeaderSectionAreNotThoseOfWhatIsBehind) {
  const auto one = client();
  std::string requests;
  for (int i = 0; i < 600; ++i) requests += get("/");
  one->send(requests + get("/last"));
  EXPECT_TRUE(until([&] { return one->received.ends_with("/last ") || one->over(); }));
  EXPECT_EQ(replies_in(one->received).size(), 601U);
}

TEST_F(LwsHostHttp, ALongHeaderOfABodyIsNotMistakenForTooLong) {
  const auto one = client();
  const std::string request = post("/up", std::string(60'000, 'b'), "X-Filler: " + std::string(7'900, 'x') + "\r\n");
  one->send(request.substr(0, 5'000));
  pass(milliseconds(5));
  one->send(request.substr(5'000));
  EXPECT_EQ(replies(*one, 1).at(0).status, 200);
}

TEST_F(LwsHostHttp, AClientThatIsStillSendingCanReadWhyItIsRefused) {
  const auto one = client();
  one->read(false);
  one->send(post("/up", std::string(20'000'000, 'b')));
  EXPECT_TRUE(until([&] { return one->all_sent(); }));
  one->read(true);
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].status, 413);
  EXPECT_TRUE(one->closed) << "reset";
}

TEST_F(LwsHostHttp, AnUnknownUpgradeOnAKeptConnectionIsRefused) {
  const auto one = client();
  one->send(get("/first"));
  replies(*one, 1);
  one->send(get("/second", "Connection: Upgrade\r\nUpgrade: something\r\n"));
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1].status, 501);
  EXPECT_EQ(service.asked.size(), 1U);
  expect_alive();
}

/// What could make a reader take the next field for a part of this one, so that a body behind it would be a request.
class LwsHostHiddenLength : public HostTest, public testing::WithParamInterface<const char*> {
 protected:
  static std::string hidden_behind(const std::string& line) {
    const std::string hidden = get("/hidden");
    return get("/x", line + "\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\nLast: z\r\n") + hidden;
  }
  void expect_refused(RawClient& one, std::size_t answers_before) {
    const auto got = replies_until_close(one);
    ASSERT_EQ(got.size(), answers_before + 1);
    EXPECT_EQ(got.back().status, 400);
    EXPECT_EQ(service.asked.size(), answers_before);
  }
};

TEST_P(LwsHostHiddenLength, IsRefused) {
  const auto one = client();
  one->send(hidden_behind(GetParam()));
  expect_refused(*one, 0);
}

TEST_P(LwsHostHiddenLength, IsRefusedBehindOtherRequestsToo) {
  const auto one = client();
  one->send(get("/1") + get("/2", "Some: thing\r\n") + hidden_behind(GetParam()));
  expect_refused(*one, 2);
}

TEST_P(LwsHostHiddenLength, IsRefusedBehindLongFields) {
  const auto one = client();
  one->send(hidden_behind("Long: " + std::string(5'000, 'x') + "\r\nA:1\r\n" + GetParam()));
  expect_refused(*one, 0);
}

INSTANTIATE_TEST_SUITE_P(Lines, LwsHostHiddenLength,
                         testing::Values("X: y", "T: y", "Accept-: y", "Content-Len: y", "no colon", ": y", " folded",
                                         "Space : y", "Two Words: y", "Bare: \ry", "Control: \x01"));

TEST_F(LwsHostHttp, HasManyFieldsLookedAtInTime) {
  const auto one = client();
  std::string fields;
  for (int i = 0; i < 1'000; ++i) fields += "a" + std::to_string(i) + ":\r\n";
  one->send(get("/many", fields));
  EXPECT_EQ(replies(*one, 1).at(0).status, 200);
}

TEST_F(LwsHostHttp, AnEmptyTransferEncodingIsOneToo) {
  const auto one = client();
  one->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding:\r\n\r\n");
  EXPECT_EQ(replies_until_close(*one).at(0).status, 400);
}

TEST_F(LwsHostHttp, WhoExpectsToBeToldToContinueIs) {
  const auto one = client();
  one->send("POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const std::string told = "HTTP/1.1 100 Continue\r\n\r\n";
  ASSERT_TRUE(until([&] { return one->received == told; }));
  one->send("hello");
  EXPECT_TRUE(until([&] { return one->received.ends_with("POST /up hello"); }));
}

TEST_F(LwsHostHttp, TakesABodyInChunksAndTheRequestBehindIt) {
  const auto one = client();
  const std::string head = "POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char c : head + "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: z\r\n\r\n" + get("/next")) {
    one->send(std::string_view(&c, 1));
    pass(std::chrono::microseconds(50));
  }
  const auto got = replies(*one, 2);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].body, "POST /up hello!");
  EXPECT_EQ(got[1].body, "GET /next ");
}

TEST_F(LwsHostHttp, ThePathIsAsItWasSent) {
  const auto one = client();
  one->send(get("/a/../b//c/./d"));
  EXPECT_EQ(replies(*one, 1).at(0).body, "GET /a/../b//c/./d ");
}

TEST_F(LwsHostHttp, AnAddressInPlaceOfAPathIsServed) {
  const auto one = client();
  one->send(get("HTTP://x:80/load?a=b") + get("http://x?c"));
  const auto got = replies(*one, 2);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].body, "GET /load?a=b ");
  EXPECT_EQ(got[1].body, "GET /?c ");
}

TEST_F(LwsHostHttp, WhoCutsItsRequestOffIsTold) {
  for (const std::string request :
       {"GET /x HTTP/1.1\r\nHo", "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"}) {
    const auto one = client();
    one->send(request);
    one->half_close();
    EXPECT_EQ(replies_until_close(*one).at(0).status, 400);
  }
  EXPECT_TRUE(service.asked.empty());
}

// -- pipelining -----------------------------------------------------------------------------------

TEST_F(LwsHostHttp, TwentyPipelinedGetsAreAnsweredInOrder) {
  const auto one = client();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += get("/n" + std::to_string(i));
  one->send(requests);
  const auto got = replies(*one, 20);
  ASSERT_EQ(got.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(got[i].body, "GET /n" + std::to_string(i) + " ");
}

TEST_F(LwsHostHttp, ThousandsOfPipelinedGetsAreAnsweredInOrder) {
  const auto one = client();
  std::string requests;
  for (int i = 0; i < 2'000; ++i) requests += get("/n" + std::to_string(i));
  one->send(requests);
  ASSERT_TRUE(until([&] { return one->received.ends_with("GET /n1999 "); }));
  const auto got = replies_in(one->received);
  ASSERT_EQ(got.size(), 2'000U);
  for (std::size_t i = 0; i < 2'000; ++i) ASSERT_EQ(got[i].body, "GET /n" + std::to_string(i) + " ");
}

TEST_F(LwsHostHttp, BodiesBehindOtherRequestsAreTakenInOrder) {
  const auto one = client();
  one->send(get("/first") + post("/second", "two") + post("/third", "three") + get("/fourth"));
  ASSERT_EQ(replies(*one, 4).size(), 4U) << one->received;
  EXPECT_EQ(service.asked,
            (std::vector<std::string>{"GET /first ", "POST /second two", "POST /third three", "GET /fourth "}));
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
}

TEST_F(LwsHostHttp, ManyBodiesAtOnceAreEachTheirOwn) {
  // With 1,024 ready ones at once libuv asks again within the same turn.
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 1'100; ++i) clients.push_back(client());
  ASSERT_TRUE(until([&] { return host->counters().connections_open == clients.size(); }));
  const std::string second(20'000, 'b');
  for (const auto& one : clients) one->send(post("/first", "one") + post("/second", second));
  for (const auto& one : clients) {
    const auto got = replies(*one, 2);
    ASSERT_EQ(got.size(), 2U) << one->received;
    ASSERT_EQ(got[0].body, "POST /first one");
    ASSERT_EQ(got[1].body, "POST /second " + second);
  }
  EXPECT_EQ(service.asked.size(), 2 * clients.size());
}

TEST_F(LwsHostHttp, AGetBehindABodyIsAnsweredInOrder) {
  const auto one = client();
  one->send(post("/first", "one") + get("/second") + get("/third"));
  const auto got = replies(*one, 3);
  ASSERT_EQ(got.size(), 3U) << one->received;
  EXPECT_EQ(got[0].body, "POST /first one");
  EXPECT_EQ(got[1].body, "GET /second ");
  EXPECT_EQ(got[2].body, "GET /third ");
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
}

TEST_F(LwsHostHttp, AnEmptyBodyBehindABodyIsAnswered) {
  const auto one = client();
  one->send(post("/first", "one") + post("/second", "") + get("/third"));
  ASSERT_EQ(replies(*one, 3).size(), 3U) << one->received;
  EXPECT_EQ(service.asked, (std::vector<std::string>{"POST /first one", "POST /second ", "GET /third "}));
}

TEST_F(LwsHostHttp, ABodySplitBehindAnotherRequestIsReadToItsEnd) {
  const auto one = client();
  const std::string body(5'000, 'b'), second = post("/second", body);
  one->send(get("/first") + second.substr(0, 30));
  replies(*one, 1);
  one->send(second.substr(30));
  EXPECT_EQ(replies(*one, 2).at(1).body, "POST /second " + body);
}

TEST_F(LwsHostHttp, AnUpgradeBehindAnotherRequestIsGranted) {
  const auto one = client();
  one->send(get("/first") + handshake("/socket"));
  EXPECT_TRUE(until([&] { return service.opened.size() == 1 && one->received.ends_with("\r\n\r\n"); }));
  const auto got = replies_in(one->received);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].body, "GET /first ");
  EXPECT_EQ(got[1].status, 101);
}

TEST_F(LwsHostHttp, PostAfterPostIsFineWhenEachWaitsForItsAnswer) {
  const auto one = client();
  for (std::size_t i = 1; i <= 50; ++i) {
    one->send(post("/up", "n" + std::to_string(i)));
    ASSERT_EQ(replies(*one, i).size(), i);
  }
  EXPECT_EQ(service.asked.back(), "POST /up n50");
}

// -- parking --------------------------------------------------------------------------------------

TEST_F(LwsHostHttp, AParkedRequestIsAnsweredFromATimer) {
  const auto one = client();
  one->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  net::Timer timer(loop);
  timer.set_at(loop.now() + milliseconds(5), [&] { service.answer_parked(); });
  const auto got = replies(*one, 1);
  EXPECT_EQ(got.at(0).body, "parked /park");
  EXPECT_EQ(service.gone, 0);
  one->send(get("/next"));
  EXPECT_EQ(replies(*one, 2).size(), 2U) << "the connection goes on";
  EXPECT_TRUE(until([&] { return service.attachments == 0; }));
}

TEST_F(LwsHostHttp, AParkedRequestIsAnsweredFromAnothersCallback) {
  const auto one = client(), two = client();
  one->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  service.on_asked = [&](net::Exchange& exchange) {
    net::Exchange* const waiting = service.parked.at(0);
    service.parked.clear();
    waiting->answer(RecordingService::echo("at last"));
    exchange.answer(RecordingService::echo("done"));
  };
  two->send(post("/go", "x"));
  EXPECT_EQ(replies(*two, 1).at(0).body, "done");
  EXPECT_EQ(replies(*one, 1).at(0).body, "at last");
}

TEST_F(LwsHostHttp, TheNextRequestMayBeAskedInTheTurnOfTheAnswer) {
  const auto one = client(), two = client();
  one->send(get("/park/1"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1 && host->counters().connections_open == 2; }));
  service.on_asked = [&](net::Exchange& exchange) {
    if (exchange.request().path == "/park/2") return service.parked.push_back(&exchange);
    service.parked.at(0)->answer(RecordingService::echo("first"));
    service.parked.clear();
    exchange.answer(RecordingService::echo("other"));
  };
  two->send(get("/other"));  // both are there when the loop looks next, this one first
  one->send(get("/park/2"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  (void)replies(*two, 1);
  EXPECT_EQ(service.attachments, 1);
  service.answer_parked();
  const auto got = replies(*one, 2);
  EXPECT_EQ(got.at(0).body, "first");
  EXPECT_EQ(got.at(1).body, "parked /park/2");
}

TEST_F(LwsHostHttp, AParkedBodyIsAnsweredToo) {
  const auto one = client();
  one->send(post("/park", "body"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
  service.answer_parked();
  EXPECT_EQ(replies(*one, 1).size(), 1U);
  one->send(post("/next", "again"));
  EXPECT_EQ(replies(*one, 2).size(), 2U);
}

TEST_F(LwsHostHttp, AnAnswerToAParkedRequestMayCloseTheConnection) {
  const auto one = client();
  one->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  service.answer_parked(0, Then::close);
  EXPECT_EQ(replies_until_close(*one).at(0).header("connection"), "close");
  EXPECT_TRUE(one->closed) << "reset";
  EXPECT_TRUE(until([&] { return service.attachments == 0; }));
  EXPECT_EQ(service.gone, 0);
}

TEST_F(LwsHostHttp, AParkedRequestOutlivesTheLibrarysTimeouts) {
  options.header_timeout = options.idle_timeout = seconds(1);
  const auto one = client();
  one->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  pass(milliseconds(1'600));
  ASSERT_EQ(service.parked.size(), 1U);
  service.answer_parked();
  EXPECT_EQ(replies(*one, 1).size(), 1U);
}

TEST_F(LwsHostHttp, WhatIsBehindAParkedRequestDoesNotSpinAndIsAnsweredInOrder) {
  const auto one = client();
  one->send(get("/park") + get("/second"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
  one->send(get("/third"));  // and what comes later, which nobody reads from the kernel
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
  EXPECT_EQ(service.asked.size(), 1U);
  expect_alive();
  service.answer_parked();
  const auto got = replies(*one, 3);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].body, "parked /park");
  EXPECT_EQ(got[1].body, "GET /second ");
  EXPECT_EQ(got[2].body, "GET /third ");
}

TEST_F(LwsHostHttp, ABodyBehindAParkedBodyDoesNotSpin) {
  const auto one = client();
  one->send(post("/park", "one") + post("/second", "two"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
  service.answer_parked();
  EXPECT_EQ(replies(*one, 2).at(1).body, "POST /second two");
}

TEST_F(LwsHostHttp, WhatIsSentBehindAParkedRequestStaysInTheKernel) {
  const auto one = client();
  one->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  const auto before = host->counters().bytes_in;
  const std::string body(60'000, 'b');
  for (int i = 0; i < 200; ++i) one->send(post("/much", body));  // more than the kernel takes
  pass(kQuiet);
  EXPECT_EQ(host->counters().bytes_in, before);
  EXPECT_FALSE(one->all_sent());
  service.answer_parked();
  EXPECT_TRUE(until([&] { return service.asked.size() == 201; }));
}

class LwsHostGone : public HostTest {
 protected:
  void expect_gone_after(const std::function<void(RawClient&)>& leave, const std::string& behind = "") {
    const auto one = client();
    one->send(get("/park") + behind);
    ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
    leave(*one);
    EXPECT_TRUE(until([&] { return service.gone == 1; }));
    EXPECT_TRUE(until([&] { return host->counters().connections_open == 0 && service.attachments == 0; }));
    EXPECT_LT(turns_in(kQuiet), kFewTurns);
    EXPECT_EQ(service.gone, 1) << "once";
  }
};

TEST_F(LwsHostGone, WhenTheClientOfAParkedRequestCloses) {
  expect_gone_after([](RawClient& one) { one.close(); });
}
TEST_F(LwsHostGone, WhenTheClientOfAParkedRequestResets) {
  expect_gone_after([](RawClient& one) { one.reset(); });
}
TEST_F(LwsHostGone, WhenTheClientOfAParkedRequestClosesItsHalf) {
  expect_gone_after([](RawClient& one) { one.half_close(); });
}
TEST_F(LwsHostGone, AlsoWithAnotherRequestBehind) {
  expect_gone_after([](RawClient& one) { one.close(); }, get("/second"));
}

TEST_F(LwsHostGone, AlsoTheClientOfALaterRequestOnTheSameConnection) {
  const auto one = client();
  for (std::size_t i = 1; i <= 3; ++i) {
    one->send(get("/park"));
    ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
    service.answer_parked();
    ASSERT_EQ(replies(*one, i).size(), i);
  }
  one->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  one->half_close();
  EXPECT_TRUE(until([&] { return service.gone == 1 && host->counters().connections_open == 0; }));
}

/// The end is heard of before the request is read: it is no loss until that is parked.
TEST_F(LwsHostGone, AlsoWhoLeavesRightBehindItsLaterRequest) {
  const auto one = client();
  one->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  service.answer_parked();
  one->send(get("/park"));
  one->half_close();
  EXPECT_TRUE(until([&] { return service.asked.size() == 2; }));
  EXPECT_TRUE(until([&] { return service.gone == 1 && host->counters().connections_open == 0; }));
}

TEST_F(LwsHostHttp, WhoLeavesBeforeItsBodyIsCompleteWasNeverAsked) {
  const auto one = client();
  one->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  pass(milliseconds(20));
  one->close();
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
  EXPECT_TRUE(service.asked.empty());
  EXPECT_EQ(service.gone, 0);
}

TEST_F(LwsHostHttp, ThousandsParkedAreAnsweredAtOnce) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2'000; ++i) {
    clients.push_back(client());
    clients.back()->send(get("/park"));
    if (i % 100 < 99) continue;
    ASSERT_TRUE(until([&] { return service.parked.size() == clients.size(); }));
  }
  EXPECT_EQ(host->counters().connections_open, 2'000U);
  while (!service.parked.empty()) service.answer_parked();
  for (const auto& one : clients) ASSERT_EQ(replies(*one, 1).size(), 1U);
  for (const auto& one : clients) one->send(get("/next"));
  for (const auto& one : clients) ASSERT_EQ(replies(*one, 2).size(), 2U);
}

// -- answers that the kernel does not take at once ------------------------------------------------

class LwsHostSlowReader : public HostTest {
 protected:
  static constexpr std::size_t kBigBytes = 24 * 1024 * 1024;
  void SetUp() override {
    service.on_asked = [this](net::Exchange& exchange) {
      net::Answer answer = RecordingService::echo(std::string(kBigBytes, 'z'));
      if (exchange.request().path == "/close") answer.then = Then::close;
      if (exchange.request().path == "/small") answer = RecordingService::echo("small");
      exchange.answer(std::move(answer));
    };
  }
};

TEST_F(LwsHostSlowReader, GetsAllOfItAndTheConnectionGoesOn) {
  const auto one = client();
  one->read(false);
  one->send(get("/big") + get("/small"));
  ASSERT_TRUE(until([&] { return service.asked.size() == 1; }));
  one->send(get("/small"));
  EXPECT_LT(turns_in(kQuiet), kFewTurns) << "while nobody reads";
  EXPECT_EQ(service.asked.size(), 1U) << "the others wait for the first to be gone";
  one->read(true);
  const auto got = replies(*one, 3);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].body.size(), kBigBytes);
  EXPECT_EQ(got[1].body, "small");
  EXPECT_EQ(got[2].body, "small");
}

TEST_F(LwsHostSlowReader, GetsAllOfItBeforeTheClose) {
  const auto one = client();
  one->read(false);
  one->send(get("/close"));
  ASSERT_TRUE(until([&] { return service.asked.size() == 1; }));
  pass(milliseconds(20));
  one->read(true);
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].body.size(), kBigBytes);
}

TEST_F(LwsHostSlowReader, MayLeaveInTheMiddle) {
  const auto one = client();
  one->read(false);
  one->send(get("/big"));
  ASSERT_TRUE(until([&] { return service.asked.size() == 1; }));
  one->reset();
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
  EXPECT_EQ(service.gone, 0) << "it had been answered";
  EXPECT_EQ(service.attachments, 0);
}

TEST_F(LwsHostSlowReader, WhoNeverReadsIsCutOff) {
  options.idle_timeout = seconds(1);
  const auto one = client();
  one->read(false);
  one->send(get("/big"));
  ASSERT_TRUE(until([&] { return service.asked.size() == 1; }));
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
}

TEST_F(LwsHostSlowReader, WhoNeedsMoreThanAllMayIsCutOffAndTheOthersStay) {
  options.buffered_bytes = kBigBytes * 3 / 2;
  const auto first = client(), second = client(), third = client();
  for (RawClient* slow : {first.get(), second.get()}) {
    slow->read(false);
    slow->send(get("/big"));
  }
  ASSERT_TRUE(until([&] { return host->kept_out().buffering == 1; }));
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 2; })) << "the second, and nobody else";
  EXPECT_LE(host->read().buffered_bytes, options.buffered_bytes);
  EXPECT_GT(host->read().buffered_bytes, 0U);
  third->send(get("/small"));
  EXPECT_EQ(replies(*third, 1).at(0).body, "small");
  first->read(true);
  EXPECT_EQ(replies(*first, 1).at(0).body.size(), kBigBytes);
  EXPECT_TRUE(until([&] { return host->read().buffered_bytes == 0; }));
}

TEST_F(LwsHostHttp, ABodyThereIsNoRoomForGets503) {
  options.buffered_bytes = 40'000;
  const auto first = client(), second = client();
  const auto half = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + std::string(30'000, 'x');
  first->send(half);
  ASSERT_TRUE(until([&] { return host->read().buffered_bytes >= 30'000; }));
  second->send(half);
  const auto got = replies_until_close(*second);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].status, 503);
  EXPECT_EQ(got[0].header("retry-after"), "1");
  first->reset();
  EXPECT_TRUE(until([&] { return host->read().buffered_bytes == 0; }));
  expect_alive();
}

TEST_F(LwsHostSlowReader, TheKernelHoldsNoMoreOfItThanItMay) {
  options.unsent_bytes = 64 * 1024;
  const auto one = client();
  one->read(false);
  one->send(get("/big"));
  ASSERT_TRUE(until([&] { return host->read().buffered_bytes > 0; }));
  // A whole buffer counts, with the kernel's own headers: twice what is in it, at most.
  EXPECT_TRUE(until([&] { return host->read().socket_buffer_bytes < 3 * options.unsent_bytes; }));
}

// -- time -----------------------------------------------------------------------------------------

TEST_F(LwsHostHttp, AnIdleConnectionIsClosedAfterItsTimeAndNotBefore) {
  options.idle_timeout = seconds(1);
  const auto one = client();
  one->send(get("/x"));
  replies(*one, 1);
  const net::Nanos answered = loop.now();
  EXPECT_TRUE(until([&] { return one->over(); }));
  EXPECT_GE(loop.now() - answered, milliseconds(900));
  EXPECT_TRUE(one->closed) << "reset";
  EXPECT_EQ(replies_in(one->received).size(), 1U) << "without a word";
  EXPECT_EQ(host->counters().timeouts, 1U);
}

TEST_F(LwsHostHttp, AHeaderSectionThatDoesNotEndGets408) {
  options.header_timeout = seconds(1);
  const auto silent = client(), slow = client(), second = client();
  slow->send("GET /x HTTP/1.1\r\nHo");
  second->send(get("/first"));
  replies(*second, 1);
  second->send("GET /x HTT");
  for (RawClient* one : {silent.get(), slow.get(), second.get()}) {
    const auto got = replies_until_close(*one);
    ASSERT_FALSE(got.empty());
    EXPECT_EQ(got.back().status, 408);
    EXPECT_EQ(got.back().header("connection"), "close");
  }
}

TEST_F(LwsHostHttp, ABodyThatDoesNotComeGets408) {
  options.header_timeout = seconds(1);
  const auto one = client();
  one->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(replies_until_close(*one).at(0).status, 408);
  EXPECT_TRUE(service.asked.empty());
}

TEST_F(LwsHostHttp, ABodyThatDripsGets408) {
  options.header_timeout = seconds(30);
  options.body_timeout = seconds(1);
  const auto dripping = client(), chunked = client();
  dripping->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n");
  chunked->send("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const net::Nanos began = loop.now();
  for (int drops = 0; drops < 1'000 && !(dripping->over() && chunked->over()); ++drops) {
    if (!dripping->over()) dripping->send("x");
    if (!chunked->over()) chunked->send("1\r\nx\r\n");
    loop.run_until([] { return false; }, milliseconds(20));
  }
  ASSERT_TRUE(dripping->over() && chunked->over());
  EXPECT_GE(loop.now() - began, milliseconds(900));
  for (RawClient* one : {dripping.get(), chunked.get()}) EXPECT_EQ(replies_in(one->received).at(0).status, 408);
  EXPECT_EQ(host->kept_out().late, 2U);
  EXPECT_TRUE(service.asked.empty());
}

// -- connections ----------------------------------------------------------------------------------

TEST_F(LwsHostHttp, OneConnectionBeyondTheLimitIsTurnedAwayWith503) {
  options.connections = 3;
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(client());
    held.back()->send(get("/x"));
    ASSERT_EQ(replies(*held.back(), 1).size(), 1U) << "at the limit";
  }
  const auto one_more = client();
  one_more->send(get("/x"));
  const auto got = replies_until_close(*one_more);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].status, 503);
  EXPECT_EQ(got[0].header("retry-after"), "1");
  EXPECT_EQ(got[0].header("connection"), "close");
  EXPECT_EQ(got[0].header("content-type"), "application/json");
  EXPECT_EQ(host->counters().connections_accepted, 4U);
  EXPECT_EQ(host->counters().connections_open, 3U);
  EXPECT_EQ(host->kept_out().beyond, 1U);
  held.pop_back();
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 2; }));
  expect_alive();
}

TEST_F(LwsHostHttp, WithoutDescriptorsItWaitsAndDoesNotSpin) {
  const auto one = client();
  one->send(get("/x"));
  replies(*one, 1);
  // UBSan looks at every object the first time that it is called, and needs descriptors for it: the logger's time is
  // now.
  spdlog::set_level(spdlog::level::off);
  spdlog::warn("{} of {}", 0, std::string());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto more = client();  // its descriptor exists; the server's end of it cannot
  const int next = dup(0);
  close(next);
  const rlimit none_left{static_cast<rlim_t>(next), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  more->send(get("/y"));
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
  EXPECT_TRUE(more->received.empty());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  spdlog::set_level(spdlog::level::info);
  EXPECT_EQ(replies(*more, 1).size(), 1U);
}

TEST_F(LwsHostHttp, ADescriptorBeyondTheLibrarysTableIsTurnedAwayToo) {
  options.connections = 10;
  rlimit before{}, after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  start();
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_cur) << "only lower while the host was made";
  if (before.rlim_cur < 6'000) GTEST_SKIP() << "needs 6,000 descriptors";
  std::vector<int> others;
  while (others.empty() || others.back() < 4'200) others.push_back(dup(0));
  const auto one = client();
  one->send(get("/x"));
  EXPECT_EQ(replies_until_close(*one).at(0).status, 503);
  for (const int fd : others) close(fd);
  expect_alive();
}

TEST_F(LwsHostHttp, StopAcceptingLeavesTheOpenOnesAlone) {
  const auto one = client();
  one->send(get("/x"));
  replies(*one, 1);
  host->stop_accepting();
  host->stop_accepting();
  const auto late = client();
  EXPECT_TRUE(until([&] { return late->over(); })) << "refused by the kernel";
  one->send(get("/y"));
  EXPECT_EQ(replies(*one, 2).size(), 2U);
}

/// Local addresses of the sockets that listen on a port, in the kernel's own writing.
std::vector<std::string> listeners(std::uint16_t port) {
  std::ostringstream hex_port;
  hex_port << ':' << std::uppercase << std::hex << std::setw(4) << std::setfill('0') << port;
  std::vector<std::string> found;
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream lines(table);
    std::string line, number, local, remote, state;
    while (std::getline(lines, line)) {
      std::istringstream(line) >> number >> local >> remote >> state;
      if (state == "0A" && local.ends_with(hex_port.str())) found.push_back(local.substr(0, local.find(':')));
    }
  }
  return found;
}

TEST_F(LwsHostHttp, WhenItLetsGoTheIdleAreClosedAndEachAnswerIsTheLast) {
  const auto idle = client(), parked = client(), fresh = client();
  idle->send(get("/x"));
  replies(*idle, 1);
  parked->send(get("/park"));
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  service.act([&] { host->let_go(); });
  EXPECT_TRUE(until([&] { return idle->over() && fresh->over(); }));
  EXPECT_EQ(replies_in(idle->received).size(), 1U) << "without a word";
  EXPECT_FALSE(parked->over()) << "it is owed an answer";
  service.answer_parked();
  const auto got = replies_until_close(*parked);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].header("connection"), "close");
  EXPECT_EQ(host->counters().connections_open, 0U);
}

TEST_F(LwsHostHttp, ListensOnTheAddressThatWasAskedForAndOnNoOther) {
  const std::vector<std::pair<std::string, std::string>> addresses = {{"127.0.0.1", "0100007F"},
                                                                      {"127.0.0.2", "0200007F"},
                                                                      {"0.0.0.0", "00000000"},
                                                                      {"::1", "00000000000000000000000001000000"},
                                                                      {"::", "00000000000000000000000000000000"}};
  for (const auto& [address, in_table] : addresses) {
    if (address.find(':') != std::string::npos && !std::ifstream("/proc/net/if_inet6").good()) continue;
    options.bind = address;
    start();
    EXPECT_EQ(listeners(host->port()), std::vector<std::string>{in_table}) << address;
  }
}

TEST_F(LwsHostHttp, SaysWhereItCannotListen) {
  start();
  const auto message_of = [this](const std::string& address, std::uint16_t port) -> std::string {
    net::HostOptions others = options;
    others.bind = address;
    others.port = port;
    try {
      net::LwsHost(loop, service, others);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message_of("127.0.0.1", host->port()),
            "cannot listen on 127.0.0.1 port " + std::to_string(host->port()) + ": Address already in use");
  EXPECT_EQ(message_of("192.0.2.1", 9), "cannot listen on 192.0.2.1 port 9: Cannot assign requested address");
  EXPECT_EQ(message_of("localhost", 0), "cannot listen on 'localhost': not a numeric address such as 127.0.0.1 or ::1");
  expect_alive();
}

TEST_F(LwsHostHttp, APortIsFreeAgainAtOnce) {
  const auto one = client();
  one->send(get("/close"));
  replies_until_close(*one);
  options.port = host->port();
  host.reset();
  start();
  expect_alive();
}

TEST_F(LwsHostHttp, CountsEveryByteAboveTcp) {
  std::uint64_t sent = 0, received = 0;
  const auto spend = [&](const std::string& bytes) {
    const auto one = client();
    one->send(bytes);
    one->half_close();
    EXPECT_TRUE(until([&] { return one->over(); }));
    sent += one->sent_bytes;
    received += one->received.size();
  };
  spend(get("/x") + get("/y"));
  spend(post("/up", std::string(50'000, 'b')));
  spend(get("/close"));
  spend(get("/", "X-Filler: " + std::string(9'000, 'x') + "\r\n"));
  spend("BREW /pot HTTP/1.1\r\n\r\n");
  const auto counters = host->counters();
  EXPECT_EQ(counters.bytes_in, sent);
  EXPECT_EQ(counters.bytes_out, received);
  EXPECT_EQ(counters.requests, 6U);
  EXPECT_EQ(counters.connections_accepted, 5U);
}

// -- the end --------------------------------------------------------------------------------------

TEST_F(LwsHostHttp, TheDestructorTellsOfWhatIsLeft) {
  const auto parked = client(), idle = client(), half = client(), body = client();
  parked->send(get("/park"));
  idle->send(get("/x"));
  half->send("GET /x HT");
  body->send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  const auto socket = open_socket();
  replies(*idle, 1);
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  host.reset();
  EXPECT_EQ(service.gone, 1);
  EXPECT_EQ(service.closed, 1);
  EXPECT_EQ(service.attachments, 0);
  for (RawClient* one : {parked.get(), idle.get(), half.get(), body.get(), socket.get()})
    EXPECT_TRUE(until([&] { return one->over(); }));
  EXPECT_EQ(half->received, "") << "it was not too slow";
  EXPECT_EQ(body->received, "");
  start();
  expect_alive();
}

TEST_F(LwsHostHttp, TheLoopEndsOnASignalWithAHostOnIt) {
  const auto parked = client();
  parked->send(get("/park"));
  const auto socket = open_socket();
  ASSERT_TRUE(until([&] { return service.parked.size() == 1; }));
  loop.on_signal([this](int) { loop.stop(); });
  std::raise(SIGTERM);
  loop.run();  // would not return otherwise
  host.reset();
  EXPECT_EQ(service.gone, 1);
  EXPECT_EQ(service.closed, 1);
}

TEST_F(LwsHostHttp, TwoHostsLiveOnOneLoop) {
  start();
  RecordingService other_service;
  auto other = std::make_unique<net::LwsHost>(loop, other_service, net::HostOptions{});
  RawClient one(loop, host->port()), two(loop, other->port());
  one.send(get("/one"));
  two.send(get("/two"));
  replies(one, 1);
  replies(two, 1);
  EXPECT_EQ(service.asked.size(), 1U);
  EXPECT_EQ(other_service.asked.size(), 1U);
  other.reset();
  expect_alive();
}

// -- strangers ------------------------------------------------------------------------------------

TEST_F(LwsHostHttp, DamagedRequestsHarmNobody) {
  options.header_timeout = seconds(1);
  std::mt19937 random(20'261'121);
  const std::vector<std::string> seeds = {get("/a?b=c&d=e", "X-Y: z\r\n"), post("/p", "payload"), handshake("/socket"),
                                          get("/park") + get("/x"), post("/a", "b") + post("/c", "d")};
  for (int round = 0; round < 30; ++round) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) {
      std::string bytes = seeds[random() % seeds.size()];
      for (int change = 0; change < 3; ++change) {
        const std::size_t at = random() % bytes.size();
        const int kind = static_cast<int>(random() % 3);
        if (kind == 0) bytes[at] = static_cast<char>(random() % 256);
        if (kind == 1) bytes.insert(at, bytes.substr(0, random() % 40));
        if (kind == 2) bytes.erase(at, random() % 10);
        if (bytes.empty()) bytes = "x";
      }
      clients.push_back(client());
      clients.back()->send(bytes);
    }
    pass(milliseconds(10));
    EXPECT_LE(service.asked.size(), static_cast<std::size_t>(20 * 2 * (round + 1)) + static_cast<std::size_t>(round));
    clients.clear();
    expect_alive();
  }
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
  EXPECT_TRUE(service.parked.empty());
  EXPECT_LT(turns_in(kQuiet), kFewTurns);
}

}  // namespace
}  // namespace wirelab::tests
