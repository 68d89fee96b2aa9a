// A slow WebSocket costs the server a cursor that lags, not a queue that grows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/client.hpp"
#include "servers/server.hpp"
#include "sim/network.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct Frames final : net::SocketListener {
  void on_open(std::uint64_t) override {}
  void on_text(std::string_view text, net::Nanos, net::FrameBytes) override { texts.emplace_back(text); }
  void on_close(std::string_view reason) override { closed = reason; }
  std::vector<std::string> texts;
  std::string closed;
};

struct Bench {
  explicit Bench(messages::Limits limits = {})
      : store(limits, 7), network(loop, 1ms), server(store, loop, limits, {messages::Transport::websocket}) {
    network.up(server);
  }
  ~Bench() {
    network.down();
    loop.advance(1s);
  }
  sim::VirtualLoop loop;
  messages::Store store;
  sim::Network network;
  servers::Server server;
};

TEST(SlowReader, GetsWhatItLacksInOneEnvelopeOnceItReads) {
  Bench bench;
  Frames frames;
  const auto line = bench.network.dial("/websocket/news", frames);
  bench.loop.advance(10ms);
  bench.network.stall_sockets(true);
  for (const char* text : {"a", "b", "c"}) bench.server.publish("news", text, {});
  bench.loop.advance(10ms);
  EXPECT_THAT(frames.texts, ElementsAre(R"({"cursor":"7-0","messages":[]})", R"({"cursor":"7-1","messages":["a"]})"));
  bench.network.stall_sockets(false);
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.texts.back(), R"({"cursor":"7-3","messages":["b","c"]})");
  EXPECT_EQ(frames.texts.size(), 3u);
}

TEST(SlowReader, IsToldOfAGapWhenItLaggedBeyondWhatIsKept) {
  messages::Limits limits;
  limits.kept_messages = 2;
  Bench bench(limits);
  Frames frames;
  const auto line = bench.network.dial("/websocket/news", frames);
  bench.loop.advance(10ms);
  bench.network.stall_sockets(true);
  for (const char* text : {"a", "b", "c", "d"}) bench.server.publish("news", text, {});
  bench.network.stall_sockets(false);
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.texts.back(), R"({"cursor":"7-4","messages":["c","d"],"gap":true})");
}

TEST(SlowReader, DoesNotHoldUpTheOthers) {
  Bench bench;
  Frames slow, quick;
  const auto slow_line = bench.network.dial("/websocket/news", slow);
  bench.loop.advance(10ms);
  bench.network.stall_sockets(true);
  bench.server.publish("news", "a", {});  // from here on the slow one is not ready
  bench.network.stall_sockets(false);
  const auto quick_line = bench.network.dial("/websocket/news", quick);
  bench.loop.advance(10ms);
  bench.server.publish("news", "b", {});
  bench.loop.advance(10ms);
  EXPECT_EQ(quick.texts.back(), R"({"cursor":"7-2","messages":["b"]})");
}

TEST(Together, MessagesOfOneTurnLeaveInOneEnvelopeASubscriber) {
  Bench bench;
  Frames one, other;
  const auto line = bench.network.dial("/websocket/news", one);
  const auto other_line = bench.network.dial("/websocket/sport", other);
  bench.loop.advance(10ms);
  bench.loop.call_at(bench.loop.now(), [&] {
    for (const char* text : {"a", "b", "c"}) bench.server.publish("news", text, {});
    bench.server.publish("sport", "d", {});
  });
  bench.loop.advance(10ms);
  EXPECT_THAT(one.texts,
              ElementsAre(R"({"cursor":"7-0","messages":[]})", R"({"cursor":"7-3","messages":["a","b","c"]})"));
  EXPECT_EQ(other.texts.back(), R"({"cursor":"7-1","messages":["d"]})");
}

TEST(Together, WhatIsNotSentYetGoesOutBeforeTheServerStops) {
  Bench bench;
  Frames frames;
  const auto line = bench.network.dial("/websocket/news", frames);
  bench.loop.advance(10ms);
  bench.loop.call_at(bench.loop.now(), [&] {
    bench.server.publish("news", "a", {});
    bench.server.drain();
  });
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.texts.back(), R"({"cursor":"7-1","messages":["a"]})");
  EXPECT_EQ(frames.closed, "closed 1001");
}

/// Each behind the one before it, in turns of their own.
void publish_apart(Bench& bench, std::initializer_list<const char*> texts, net::Nanos pause) {
  for (const char* text : texts) {
    bench.server.publish("news", text, {});
    bench.loop.advance(pause);
  }
}

TEST(Together, MessagesWaitForOneAnotherOnceTheyCameTogether) {
  Bench bench;
  Frames frames;
  const auto line = bench.network.dial("/websocket/news", frames);
  bench.loop.advance(10ms);
  publish_apart(bench, {"a", "b"}, 100us);  // alone, both
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.texts.size(), 3u);
  bench.loop.call_at(bench.loop.now(), [&] {
    for (const char* text : {"c", "d"}) bench.server.publish("news", text, {});
  });
  bench.loop.advance(10ms);
  publish_apart(bench, {"e", "f", "g"}, 100us);
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.texts.back(), R"({"cursor":"7-7","messages":["e","f","g"]})");
  publish_apart(bench, {"h"}, 10ms);  // waits in vain, so that the next does not
  publish_apart(bench, {"i", "j"}, 100us);
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.texts.back(), R"({"cursor":"7-10","messages":["j"]})");
}

TEST(Together, NothingWaitsWithoutATimeForIt) {
  messages::Limits limits;
  limits.gather = 0us;
  Bench bench(limits);
  Frames frames;
  const auto line = bench.network.dial("/websocket/news", frames);
  bench.loop.advance(10ms);
  bench.loop.call_at(bench.loop.now(), [&] {
    for (const char* text : {"a", "b"}) bench.server.publish("news", text, {});
  });
  bench.loop.advance(10ms);
  publish_apart(bench, {"c", "d"}, 100us);
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.texts.back(), R"({"cursor":"7-4","messages":["d"]})");
}

TEST(Drain, ClosesWebSocketsAsGoingAway) {
  Bench bench;
  Frames frames;
  const auto line = bench.network.dial("/websocket/news", frames);
  bench.loop.advance(10ms);
  bench.server.drain();
  bench.loop.advance(10ms);
  EXPECT_EQ(frames.closed, "closed 1001");
  EXPECT_TRUE(bench.server.drained());
}

/// A thread that never looks at what this one publishes.
TEST(SlowThread, HasPublishersComeBackLater) {
  messages::Limits limits;
  limits.thread_lag_messages = 1;
  messages::Replicas threads(limits, 7, 2);
  sim::VirtualLoop loop;
  sim::Network network(loop, 1ms);
  servers::Server server(threads.at(0), loop, limits, {messages::Transport::websocket},
                         [] { return net::HostReading{}; }, messages::header_sets().front(), {});
  network.up(server);
  std::vector<int> statuses;
  std::optional<std::chrono::seconds> retry_after;
  const auto line = network.line(net::Reuse::keep_alive);
  const auto publish = [&] {
    line->post("/publish/news", "x", {}, [&](const net::HttpReply& reply) {
      statuses.push_back(reply.status);
      retry_after = reply.retry_after;
    });
    loop.advance(10ms);
  };
  publish();
  publish();
  EXPECT_THAT(statuses, ElementsAre(201, 503)) << "at the limit and one beyond";
  EXPECT_EQ(retry_after, 1s);

  Frames frames;
  const auto socket = network.dial("/websocket/news", frames);
  loop.advance(10ms);
  socket->send_text("x");
  loop.advance(10ms);
  EXPECT_EQ(frames.closed, "closed 1013");
  network.down();
  loop.advance(1s);
}

}  // namespace
}  // namespace wirelab::tests
