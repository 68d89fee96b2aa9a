// What differs between the four clients: when they ask. On a network without sockets, with a clock that stands still.
#include "clients/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/backoff.hpp"
#include "clients/poll_schedule.hpp"
#include "servers/server.hpp"
#include "sim/network.hpp"

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::Gt;

struct Heard final : Listener {
  void on_message(std::uint32_t, std::string_view, net::Nanos) override {}
  void on_reply(const net::HttpReply& reply, std::size_t) override {
    sent_at.push_back(reply.sent_at);
    connections += reply.opened_connection ? 1 : 0;
  }
  void on_failure(std::string_view reason) override { failures.emplace_back(reason); }
  std::vector<net::Nanos> sent_at;
  std::vector<std::string> failures;
  int connections = 0;
};

struct World {
  explicit World(net::Nanos delay = 5ms)
      : network(loop, delay), server(store, loop, {}, {messages::kTransports.begin(), messages::kTransports.end()}) {
    network.up(server);
  }
  ~World() {
    client.reset();
    network.down();
    loop.advance(1s);
  }
  std::vector<net::Nanos> waits() const {
    std::vector<net::Nanos> between;
    for (std::size_t i = 2; i < heard.sent_at.size(); ++i) between.push_back(heard.sent_at[i] - heard.sent_at[i - 1]);
    return between;
  }
  sim::VirtualLoop loop;
  sim::Network network;
  messages::Store store{{}, 42};
  servers::Server server;
  Heard heard;
  Inbox inbox{heard, 0};
  std::unique_ptr<Client> client;
};

TEST(ShortPollClient, AsksEveryIntervalHoweverLongTheAnswerTakes) {
  World world;
  ClientOptions options;
  options.poll_interval = 100ms;
  world.client = make_short_poll(world.loop, world.network, world.inbox, options);
  world.client->start();
  world.loop.advance(2s);
  EXPECT_GT(world.heard.sent_at.size(), 15u);
  EXPECT_THAT(world.waits(), Each(100ms));
  EXPECT_EQ(world.heard.connections, static_cast<int>(world.heard.sent_at.size())) << "a new one each time";
}

TEST(KeepAliveClient, DoesTheSameOnOneConnection) {
  World world;
  ClientOptions options;
  options.poll_interval = 100ms;
  world.client = make_keep_alive(world.loop, world.network, world.inbox, options);
  world.client->start();
  world.loop.advance(2s);
  EXPECT_THAT(world.waits(), Each(100ms));
  EXPECT_EQ(world.heard.connections, 1);
}

TEST(KeepAliveClient, FixedDelayWaitsTheIntervalAfterTheAnswer) {
  World world;
  ClientOptions options;
  options.poll_interval = 100ms;
  options.poll_timer = PollTimer::fixed_delay;
  world.client = make_keep_alive(world.loop, world.network, world.inbox, options);
  world.client->start();
  world.loop.advance(2s);
  EXPECT_THAT(world.waits(), Each(110ms)) << "the interval and a round trip";
}

TEST(LongPollClient, AsksAgainAsSoonAsItHasItsAnswer) {
  World world;
  ClientOptions options;
  options.hold = 1s;
  world.client = make_long_poll(world.loop, world.network, world.inbox, options);
  world.client->start();
  world.loop.advance(10s);
  ASSERT_GE(world.heard.sent_at.size(), 8u);
  EXPECT_EQ(world.heard.sent_at[1] - world.heard.sent_at[0], 20ms) << "the first is not held: handshake and round trip";
  EXPECT_THAT(world.waits(), Each(1010ms)) << "the hold and a round trip";
}

TEST(Clients, BackOffFromAServerThatIsGoneAndComeBack) {
  World world;
  world.network.down();
  world.client = make_long_poll(world.loop, world.network, world.inbox, {});
  world.client->start();
  world.loop.advance(60s);
  const auto tries = world.heard.failures.size();
  EXPECT_GT(tries, 30u) << "one a second on average in the end, quicker at first";
  EXPECT_LT(tries, 120u);
  world.network.up(world.server);
  world.loop.advance(5s);
  EXPECT_EQ(world.heard.sent_at.size(), 1u);
}

TEST(Clients, StayAwayForAsLongAsAFullServerAsks) {
  for (const auto transport : messages::kTransports) {
    World world;
    world.server.drain();  // answers all with 503 and Retry-After: 1
    world.client = make_client(transport, world.loop, world.network, &world.network, world.inbox, {});
    world.client->start();
    world.loop.advance(10s);
    const auto tries = world.heard.failures.size();
    EXPECT_GE(tries, 5u) << messages::name(transport);
    EXPECT_LE(tries, 10u) << messages::name(transport) << " came back before the second was over";
  }
}

TEST(PollSchedule, FirstWaitIsARandomPhase) {
  net::Nanos sum{};
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    ClientOptions options;
    options.seed = seed;
    PollSchedule schedule(options);
    const auto phase = schedule.next(1000s) - 1000s;
    ASSERT_GE(phase, 0ns);
    ASSERT_LT(phase, options.poll_interval);
    sum += phase;
  }
  EXPECT_NEAR(static_cast<double>((sum / 1000).count()), 125e6, 8e6) << "uniform over the interval";
}

TEST(PollSchedule, KeepsTheBeatOverAnAnswerLongerThanTheInterval) {
  ClientOptions options;
  options.poll_interval = 100ms;
  PollSchedule schedule(options);
  const auto first = schedule.next(1000s);
  EXPECT_EQ(schedule.next(first + 30ms), first + 100ms);
  EXPECT_EQ(schedule.next(first + 350ms), first + 400ms) << "ticks at 200 and 300 are gone, not made up for";
  EXPECT_EQ(schedule.next(first + 500ms), first + 500ms) << "due this moment";
}

TEST(Backoff, GrowsToItsLimitAndStartsAnew) {
  net::Nanos longest{};
  Backoff backoff(1);
  for (int i = 0; i < 1000; ++i) longest = std::max(longest, backoff.next());
  EXPECT_LE(longest, Backoff::kLongest);
  EXPECT_GT(longest, Backoff::kLongest * 9 / 10);
  backoff.succeeded();
  EXPECT_LE(backoff.next(), Backoff::kFirst);
  EXPECT_GE(backoff.next(std::chrono::seconds(7)), 7s) << "never sooner than the server asked for";
}

}  // namespace
}  // namespace wirelab::clients
