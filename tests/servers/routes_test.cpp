#include "servers/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "servers/load_reading.hpp"
#include "servers/server.hpp"
#include "sim/network.hpp"

namespace wirelab::servers {
namespace {

using namespace std::chrono_literals;
using messages::Transport;
using testing::HasSubstr;

constexpr Served kAll = {true, true, true, true};

std::variant<Route, net::Answer> parse(std::string method, std::string_view target, bool upgrade = false) {
  auto request = sim::make_request(std::move(method), target);
  request.upgrade = upgrade;
  return parse_route(request, {}, kAll);
}

SubscribeRoute subscribe(std::string_view target, bool upgrade = false) {
  return std::get<SubscribeRoute>(std::get<Route>(parse("GET", target, upgrade)));
}

TEST(Routes, EachTransportHasItsOwn) {
  EXPECT_EQ(subscribe("/short-poll/news").transport, Transport::short_poll);
  EXPECT_EQ(subscribe("/keep-alive/news").transport, Transport::keep_alive);
  EXPECT_EQ(subscribe("/long-poll/news").transport, Transport::long_poll);
  EXPECT_EQ(subscribe("/websocket/news", true).transport, Transport::websocket);
  EXPECT_EQ(subscribe("/short-poll/news").channel, "news");
}

TEST(Routes, AfterSaysWhereToStart) {
  EXPECT_TRUE(std::holds_alternative<NewestOnly>(subscribe("/short-poll/news").after));
  EXPECT_TRUE(std::holds_alternative<AllThatIsKept>(subscribe("/short-poll/news?after=earliest").after));
  EXPECT_EQ(std::get<messages::Cursor>(subscribe("/short-poll/news?after=16-5").after), (messages::Cursor{42, 5}));
}

TEST(Routes, AWebSocketMayBringAKeyForWhatItPublishes) {
  const auto keyed = subscribe("/websocket/news?after=16-5&key=lane-7&from=12", true);
  EXPECT_EQ(keyed.publish_key, "lane-7");
  EXPECT_EQ(keyed.publish_from, 12u);
  EXPECT_EQ(subscribe("/websocket/news?key=k", true).publish_from, 0u);
  EXPECT_EQ(subscribe("/websocket/news", true).publish_key, "");
  const auto status = [](const std::string& query) {
    const auto parsed = parse("GET", "/websocket/news?" + query, true);
    return std::holds_alternative<net::Answer>(parsed) ? std::get<net::Answer>(parsed).status : 101;
  };
  EXPECT_EQ(status("key=" + std::string(107, 'k')), 101) << "with a dash and twenty digits, as long as a key may be";
  for (const std::string& wrong : {"key=" + std::string(108, 'k'), std::string("key="), std::string("key=a%20b"),
                                   std::string("from=1"), std::string("key=k&from="), std::string("key=k&from=-1"),
                                   std::string("key=k&from=1x"), std::string("key=k&from=18446744073709551616")})
    EXPECT_EQ(status(wrong), 400) << wrong;
}

TEST(Routes, TheEchoIsThereWhenAskedForAndOnlyForAnUpgrade) {
  const auto status = [](bool echo, bool upgrade, std::string method = "GET", const char* target = "/echo") {
    auto request = sim::make_request(std::move(method), target);
    request.upgrade = upgrade;
    const auto parsed = parse_route(request, {}, kAll, echo);
    const auto* refused = std::get_if<net::Answer>(&parsed);
    return refused ? refused->status : std::holds_alternative<EchoRoute>(std::get<Route>(parsed)) ? 101 : 0;
  };
  EXPECT_EQ(status(true, true), 101);
  EXPECT_EQ(status(true, false), 426);
  EXPECT_EQ(status(true, false, "POST"), 405);
  EXPECT_EQ(status(true, true, "GET", "/echo?a=b"), 400);
  EXPECT_EQ(status(false, true), 400);
  EXPECT_EQ(status(false, false), 404);
}

TEST(Routes, HoldIsInSeconds) {
  EXPECT_EQ(subscribe("/long-poll/news").hold, 25s) << "the default";
  EXPECT_EQ(subscribe("/long-poll/news?hold=0").hold, 0s);
  EXPECT_EQ(subscribe("/long-poll/news?hold=0.25&after=16-5").hold, 250ms);
  EXPECT_EQ(subscribe("/long-poll/news?hold=60").hold, 60s) << "at the limit";
}

struct Wrong {
  const char* method;
  const char* target;
  bool upgrade;
  int status;
  const char* error;
};

class WrongRequest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongRequest, HasItsStatusAndSaysWhy) {
  const auto parsed = parse(GetParam().method, GetParam().target, GetParam().upgrade);
  const auto* refusal = std::get_if<net::Answer>(&parsed);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->status, GetParam().status);
  EXPECT_EQ(refusal->content_type, "application/json");
  EXPECT_THAT(nlohmann::json::parse(refusal->body.text()).at("error").get<std::string>(), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongRequest,
    testing::Values(Wrong{"GET", "/nowhere", false, 404, "nothing at '/nowhere'"},
                    Wrong{"GET", "/nowhere/news", false, 404, "nothing at '/nowhere/news'"},
                    Wrong{"GET", "/short-poll", false, 404, "nothing at '/short-poll'"},
                    Wrong{"GET", "*", false, 404, "nothing at '*'"},
                    Wrong{"GET", "/publish/news", false, 405, "takes POST"},
                    Wrong{"POST", "/short-poll/news", false, 405, "takes GET, HEAD"},
                    Wrong{"DELETE", "/", false, 405, "takes GET, HEAD"},
                    Wrong{"get", "/load", false, 405, "'get' is not for this path"},
                    Wrong{"OPTIONS", "*", false, 405, "takes GET, HEAD, POST"},
                    Wrong{"POST", "/websocket/news", true, 405, "takes GET"},
                    Wrong{"GET", "/short-poll/", false, 400, "bad channel ''"},
                    Wrong{"GET", "/short-poll/a/b", false, 400, "bad channel 'a/b'"},
                    Wrong{"GET", "/short-poll/..", false, 400, "bad channel '..'"},
                    Wrong{"GET", "/short-poll/a%20b", false, 400, "bad channel 'a%20b'"},
                    Wrong{"POST", "/publish/a%00b", false, 400, "bad channel"},
                    Wrong{"GET", "/keep-alive/news?after=", false, 400, "bad cursor ''"},
                    Wrong{"GET", "/keep-alive/news?after=7", false, 400, "bad cursor '7'"},
                    Wrong{"GET", "/keep-alive/news?after=Earliest", false, 400, "bad cursor"},
                    Wrong{"GET", "/long-poll/news?hold=", false, 400, "bad hold ''"},
                    Wrong{"GET", "/long-poll/news?hold=-1", false, 400, "bad hold '-1'"},
                    Wrong{"GET", "/long-poll/news?hold=1e1", false, 400, "bad hold '1e1'"},
                    Wrong{"GET", "/long-poll/news?hold=1.2.3", false, 400, "bad hold"},
                    Wrong{"GET", "/long-poll/news?hold=inf", false, 400, "bad hold"},
                    Wrong{"GET", "/long-poll/news?hold=60.1", false, 400, "seconds from 0 to 60"},
                    Wrong{"GET", "/short-poll/news?hold=5", false, 400, "unknown parameter 'hold'"},
                    Wrong{"GET", "/short-poll/news?affter=16-5", false, 400, "unknown parameter 'affter'"},
                    Wrong{"GET", "/short-poll/news?after=16-5&after=16-6", false, 400, "'after' is there twice"},
                    Wrong{"POST", "/publish/news?x", false, 400, "unknown parameter 'x'"},
                    Wrong{"GET", "/load?x=1", false, 400, "unknown parameter 'x'"},
                    Wrong{"GET", "/websocket/news", false, 426, "Upgrade: websocket"},
                    Wrong{"GET", "/long-poll/news", true, 400, "no WebSocket at '/long-poll/news'"},
                    Wrong{"GET", "/", true, 400, "no WebSocket at '/'"}));

std::string header(const net::Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return "(none)";
}

TEST(Routes, RefusalsSayWhatWouldDo) {
  EXPECT_EQ(header(std::get<net::Answer>(parse("PUT", "/publish/a")), "Allow"), "POST");
  EXPECT_EQ(header(std::get<net::Answer>(parse("PUT", "/metrics")), "Allow"), "GET, HEAD");
  EXPECT_EQ(header(std::get<net::Answer>(parse("GET", "/websocket/a")), "Upgrade"), "websocket");
}

TEST(Routes, ChannelNameAtItsLimitAndBeyond) {
  EXPECT_EQ(subscribe("/short-poll/" + std::string(64, 'a')).channel.size(), 64u);
  EXPECT_EQ(std::get<net::Answer>(parse("GET", "/short-poll/" + std::string(65, 'a'))).status, 400);
}

TEST(Routes, IdempotencyKeyAtItsLimitAndBeyond) {
  auto request = sim::make_request("POST", "/publish/a");
  request.headers = {{"idempotency-key", std::string(128, 'k')}};
  EXPECT_EQ(std::get<PublishRoute>(std::get<Route>(parse_route(request, {}, kAll))).idempotency_key.size(), 128u);
  request.headers = {{"idempotency-key", std::string(129, 'k')}};
  EXPECT_EQ(std::get<net::Answer>(parse_route(request, {}, kAll)).status, 400);
}

TEST(Routes, ATransportThatIsNotServedSaysSo) {
  const Served only_long_poll = {false, false, true, false};
  const auto answer = std::get<net::Answer>(parse_route(sim::make_request("GET", "/keep-alive/a"), {}, only_long_poll));
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(std::string(answer.body.text()), HasSubstr("--backend keep-alive"));
}

TEST(Routes, AnErrorIsJsonWhateverItQuotes) {
  const auto answer = std::get<net::Answer>(parse("GET", "/\xff\"\x01"));
  EXPECT_TRUE(nlohmann::json::accept(answer.body.text()));
}

// -- what the routes do, on a network without sockets ---------------------------------------------------------------

struct World {
  explicit World(messages::Limits limits = {})
      : store(limits, 42), server(store, loop, limits, {messages::kTransports.begin(), messages::kTransports.end()}) {
    network.up(server);
    line = network.line(net::Reuse::keep_alive);
  }
  ~World() {
    network.down();
    loop.advance(1s);
  }
  /// Status, a space, and the body.
  std::string post(std::string_view target, std::string body, const net::Headers& headers = {}) {
    std::string got;
    line->post(target, std::move(body), headers, [&](const net::HttpReply& reply) { got = show(reply); });
    loop.run_until([&] { return !got.empty(); }, 1s);
    return got;
  }
  std::string get(std::string_view target) {
    std::string got;
    line->get(target, [&](const net::HttpReply& reply) { got = show(reply); });
    loop.run_until([&] { return !got.empty(); }, 100s);
    return got;
  }
  static std::string show(const net::HttpReply& reply) {
    return std::to_string(reply.status) + " " + std::string(reply.body);
  }
  sim::VirtualLoop loop;
  sim::Network network{loop};
  messages::Store store;
  Server server;
  std::unique_ptr<net::HttpLine> line;
};

TEST(Server, PublishesOnceUnderOneKey) {
  World world;
  EXPECT_EQ(world.post("/publish/news", "hello", {{"Idempotency-Key", "1"}}), R"(201 {"cursor":"16-1"})");
  EXPECT_EQ(world.post("/publish/news", "hello", {{"Idempotency-Key", "1"}}), R"(200 {"cursor":"16-1"})");
  EXPECT_EQ(world.post("/publish/news", "again"), R"(201 {"cursor":"16-2"})");
  EXPECT_EQ(world.get("/short-poll/news?after=earliest"), R"(200 {"cursor":"16-2","messages":["hello","again"]})");
}

TEST(Server, RefusesAPayloadThatIsNotText) {
  World world;
  EXPECT_EQ(world.post("/publish/news", "\xff"), "400 {\"error\":\"the payload is not UTF-8 (RFC 3629)\"}");
  EXPECT_EQ(world.get("/keep-alive/news?after=earliest"), R"(200 {"cursor":"16-0","messages":[]})");
}

TEST(Server, RefusesAChannelTooMany) {
  messages::Limits limits;
  limits.channels = 1;
  World world(limits);
  EXPECT_THAT(world.post("/publish/a", "x"), HasSubstr("201"));
  EXPECT_EQ(world.post("/publish/b", "x"), R"(503 {"error":"no room for another channel: there are 1"})");
}

TEST(Server, HoldsALongPollAsLongAsAskedAndNoLonger) {
  World world;
  const auto before = world.loop.now();
  EXPECT_EQ(world.get("/long-poll/news?hold=7"), R"(200 {"cursor":"16-0","messages":[]})");
  EXPECT_EQ(world.loop.now() - before, 7s);
}

TEST(Server, LoadIsJsonAndCounts) {
  World world;
  world.post("/publish/news", "hello");
  world.get("/short-poll/news?after=earliest");
  const auto load = nlohmann::json::parse(world.get("/load").substr(4));
  EXPECT_EQ(load.at("messages_in"), 1);
  EXPECT_EQ(load.at("messages_out"), 1);
  EXPECT_GT(load.at("resident_bytes"), 0);
}

TEST(Server, DrainAnswersWhoWaitsAndRefusesWhoComes) {
  World world;
  std::string parked;
  const auto waiting = world.network.line(net::Reuse::keep_alive);
  waiting->get("/long-poll/news", [&](const net::HttpReply& reply) { parked = World::show(reply); });
  world.loop.advance(1s);
  EXPECT_EQ(parked, "");
  world.server.drain();
  world.loop.advance(1s);
  EXPECT_EQ(parked, R"(200 {"cursor":"16-0","messages":[]})");
  EXPECT_THAT(world.get("/short-poll/news"), HasSubstr("503"));
}

TEST(Server, ForgetsALongPollThatHungUp) {
  World world;
  auto waiting = world.network.line(net::Reuse::keep_alive);
  waiting->get("/long-poll/news", [](const net::HttpReply&) { FAIL() << "nobody is there to hear"; });
  world.loop.advance(1s);
  EXPECT_EQ(nlohmann::json::parse(world.get("/load").substr(4)).at("parked"), 1);
  waiting.reset();
  world.loop.advance(1s);
  EXPECT_EQ(nlohmann::json::parse(world.get("/load").substr(4)).at("parked"), 0);
  world.post("/publish/news", "to nobody");
  world.loop.advance(100s);
}

}  // namespace
}  // namespace wirelab::servers
