// The contract, where subscribers and publishers are on different threads of one server, and real sockets between them.
#include "servers/workers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "clients/client.hpp"
#include "net/curl_dialer.hpp"
#include "net/event_loop.hpp"
#include "net/lws_dialer.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;
using messages::Transport;
using servers::WorkersOptions;

constexpr std::chrono::milliseconds kGenerous = 60s;

WorkersOptions two_threads() {
  WorkersOptions options;
  options.threads = 2;
  options.epoch = 7;
  options.one_port = false;
  options.limits.drain = 50ms;  // at a test's end nobody is left to say goodbye to
  return options;
}

/// The workers, on a thread of their own and another of theirs.
class Running {
 public:
  explicit Running(const WorkersOptions& options) {
    std::promise<std::vector<std::uint16_t>> listening;
    auto listens = listening.get_future();
    thread_ = std::thread([this, options, listening = std::move(listening)]() mutable {
      servers::Workers workers(options);
      workers_ = &workers;
      std::vector<std::uint16_t> found;
      for (std::size_t i = 0; i < options.threads; ++i) found.push_back(workers.port(i));
      listening.set_value(found);
      workers.run();
    });
    ports = listens.get();
  }
  ~Running() { stop(); }

  /// As on SIGTERM; returns when all threads have ended.
  void stop() {
    if (!thread_.joinable()) return;
    workers_->loop().post([this] { workers_->drain(); });
    thread_.join();
  }

  std::vector<std::uint16_t> ports;

 private:
  std::thread thread_;
  servers::Workers* workers_ = nullptr;
};

struct Heard final : clients::Listener {
  void on_message(std::uint32_t, std::string_view text, net::Nanos) override { texts.emplace_back(text); }
  void on_gap(std::uint32_t) override { ++gaps; }
  void on_established(std::uint32_t, net::Nanos) override { established = true; }
  std::vector<std::string> texts;
  int gaps = 0;
  bool established = false;
};

/// A subscriber that may be moved to another thread, and goes on where it was.
struct Subscriber {
  Heard heard;
  clients::Inbox inbox{heard, 0};
  std::unique_ptr<clients::Client> client;
};

struct Reply {
  int status = 0;
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// Two dialers, to a thread each.
class Rig {
 public:
  explicit Rig(const WorkersOptions& options = two_threads()) : server(options) {
    for (const std::uint16_t port : server.ports) {
      net::DialerOptions to;
      to.url = "http://127.0.0.1:" + std::to_string(port);
      http_.push_back(std::make_unique<net::CurlDialer>(loop, to));
      sockets_.push_back(std::make_unique<net::LwsDialer>(loop, to));
    }
  }
  ~Rig() {
    hang_up();
    sockets_.clear();
    http_.clear();
  }

  void hang_up() {
    subscribers_.clear();
    standing_.clear();
    lines_.clear();
  }
  Subscriber& subscribe(Transport transport, std::size_t thread) {
    Subscriber& subscriber = subscribers_.emplace_back();
    move(subscriber, transport, thread);
    EXPECT_TRUE(until([&] { return subscriber.heard.established; }));
    return subscriber;
  }
  /// Cut off where it was; asks from where it was, there.
  void move(Subscriber& subscriber, Transport transport, std::size_t thread) {
    clients::ClientOptions options;
    options.channel = "news";
    options.poll_interval = 5ms;
    subscriber.client.reset();
    subscriber.client = make_client(transport, loop, *http_[thread], sockets_[thread].get(), subscriber.inbox, options);
    subscriber.client->start();
  }

  net::HttpLine& line(std::size_t thread) { return *lines_.emplace_back(http_[thread]->line(net::Reuse::keep_alive)); }

  static net::OnReply into(Reply& reply) {
    return [&reply](const net::HttpReply& got) { reply = {got.status, std::string(got.body)}; };
  }
  Reply wait_for(Reply& reply) {
    EXPECT_TRUE(until([&] { return reply.status != 0; }));
    return reply;
  }
  Reply get(std::size_t thread, const std::string& target) {
    Reply reply;
    standing(thread).get(target, into(reply));
    return wait_for(reply);
  }
  Reply publish(std::size_t thread, const std::string& text, const std::string& key = {}) {
    Reply reply;
    const net::Headers headers = key.empty() ? net::Headers{} : net::Headers{{"Idempotency-Key", key}};
    standing(thread).post("/publish/news", text, headers, into(reply));
    return wait_for(reply);
  }
  bool until(const std::function<bool()>& holds) { return loop.run_until(holds, kGenerous); }

  net::EventLoop loop;
  Running server;

 private:
  net::HttpLine& standing(std::size_t thread) {
    auto& line = standing_[thread];
    if (!line) line = &this->line(thread);
    return *line;
  }

  std::vector<std::unique_ptr<net::CurlDialer>> http_;
  std::vector<std::unique_ptr<net::LwsDialer>> sockets_;
  std::list<std::unique_ptr<net::HttpLine>> lines_;
  std::map<std::size_t, net::HttpLine*> standing_;
  std::list<Subscriber> subscribers_;
};

class AcrossThreads : public testing::TestWithParam<Transport> {};

std::string test_name(const testing::TestParamInfo<Transport>& transport) {
  std::string name(messages::name(transport.param));
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Transports, AcrossThreads, testing::ValuesIn(messages::kTransports), test_name);

/// Now on one thread, now on the other, as fast as each is answered; cut off and moved on the way.
TEST_P(AcrossThreads, EveryMessageComesOnceAndInOrder) {
  Rig rig;
  Subscriber &near = rig.subscribe(GetParam(), 0), &far = rig.subscribe(GetParam(), 1),
             &moving = rig.subscribe(GetParam(), 0);
  std::vector<std::string> published;
  for (std::size_t i = 0; i < 40; ++i) {
    published.push_back(std::to_string(i));
    EXPECT_EQ(rig.publish(i / 3 % 2, published.back()).status, 201);
    if (i % 8 == 7) rig.move(moving, GetParam(), i / 8 % 2);
  }
  for (const Subscriber* subscriber : {&near, &far, &moving}) {
    EXPECT_TRUE(rig.until([&] { return subscriber->heard.texts.size() >= published.size(); }));
    EXPECT_EQ(subscriber->heard.texts, published);
    EXPECT_EQ(subscriber->heard.gaps, 0);
  }
}

/// Nobody knows which of two messages published at once comes first; but all hear the same.
TEST_P(AcrossThreads, AllHearOneOrderWhenBothThreadsPublishAtOnce) {
  constexpr int kEach = 40;
  Rig rig;
  Subscriber &near = rig.subscribe(GetParam(), 0), &far = rig.subscribe(GetParam(), 1);
  std::array<int, 2> sent{};
  std::function<void(std::size_t)> next;
  std::array<net::HttpLine*, 2> lines = {&rig.line(0), &rig.line(1)};
  next = [&](std::size_t thread) {
    if (sent[thread] == kEach) return;
    const std::string text = std::to_string(thread) + ":" + std::to_string(sent[thread]++);
    lines[thread]->post("/publish/news", text, {}, [&next, thread](const net::HttpReply&) { next(thread); });
  };
  next(0), next(1);
  for (const Subscriber* subscriber : {&near, &far})
    EXPECT_TRUE(rig.until([&] { return subscriber->heard.texts.size() >= 2 * kEach; }));
  EXPECT_EQ(near.heard.texts, far.heard.texts);
  EXPECT_EQ(near.heard.texts.size(), 2u * kEach);
  std::array<int, 2> expected{};
  for (const std::string& text : near.heard.texts) {
    const std::size_t thread = text[0] == '0' ? 0 : 1;
    EXPECT_EQ(text, std::to_string(thread) + ":" + std::to_string(expected[thread]++));
  }
}

TEST(Workers, ACursorOfOneThreadIsNoGapOnTheOther) {
  Rig rig;
  for (std::size_t i = 0; i < 50; ++i) {
    const auto stored = rig.publish(i % 2, "x").json()["cursor"].get<std::string>();
    const auto asked = rig.get((i + 1) % 2, "/keep-alive/news?after=" + stored).json();
    EXPECT_EQ(asked["cursor"], stored) << "it has all there is";
    EXPECT_FALSE(asked.contains("gap"));
    EXPECT_TRUE(asked["messages"].empty());
  }
}

TEST(Workers, AMessageThatWasRepeatedOnTheOtherThreadIsStoredOnce) {
  Rig rig;
  const Reply first = rig.publish(0, "x", "key"), again = rig.publish(1, "x", "key");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(first.json(), again.json());
  EXPECT_EQ(rig.get(1, "/keep-alive/news?after=earliest").json()["messages"].size(), 1u);
}

TEST(Workers, TellTheLoadOfAllThreadsWhicheverIsAsked) {
  Rig rig;
  rig.subscribe(Transport::websocket, 0);
  rig.subscribe(Transport::websocket, 1);
  rig.publish(0, "x");
  rig.publish(1, "y");
  for (std::size_t thread : {0, 1}) {
    nlohmann::json load;
    EXPECT_TRUE(rig.until([&] {
      load = rig.get(thread, "/load").json();
      return load["messages_out"] == 4;
    }));
    EXPECT_EQ(load["messages_in"], 2);
    EXPECT_EQ(load["messages_kept"], 2) << "they are the same two on both threads";
    EXPECT_EQ(load["channels"], 1);
    EXPECT_EQ(load["parked"], 2);
    EXPECT_EQ(load["connections_open"], 4);
    EXPECT_GT(load["reading_cpu_us"], 0);
  }
  EXPECT_THAT(rig.get(1, "/metrics").body, testing::HasSubstr("wirelab_messages_delivered_total 4\n"));
}

TEST(Workers, CountTheConnectionsOfAllThreads) {
  WorkersOptions options = two_threads();
  options.limits.connections = options.host.connections = 3;
  Rig rig(options);
  const auto ask = [&](std::size_t thread) {
    Reply reply;
    rig.line(thread).get("/keep-alive/news", Rig::into(reply));
    return rig.wait_for(reply).status;
  };
  EXPECT_EQ(ask(0), 200);
  EXPECT_EQ(ask(1), 200);
  EXPECT_EQ(ask(1), 200) << "at the limit";
  EXPECT_EQ(ask(0), 503) << "one beyond";
  EXPECT_EQ(ask(1), 503);
}

TEST(Workers, AnswerWhoWaitsOnEveryThreadBeforeTheyEnd) {
  WorkersOptions options = two_threads();
  options.limits.drain = kGenerous;
  Rig rig(options);
  std::array<Reply, 2> held;
  for (std::size_t thread : {0, 1}) rig.line(thread).get("/long-poll/news?hold=50", Rig::into(held[thread]));
  EXPECT_TRUE(rig.until([&] { return rig.get(0, "/load").json()["parked"] == 2; }));
  std::atomic<bool> ended = false;
  const auto stopping = std::async(std::launch::async, [&] {
    rig.server.stop();
    ended = true;
    rig.loop.wake();
  });
  for (Reply& reply : held) EXPECT_EQ(rig.wait_for(reply).status, 200);
  rig.hang_up();
  EXPECT_TRUE(rig.until([&] { return ended.load(); }));
}

TEST(Workers, SharePortsWithNobodyElse) {
  WorkersOptions options = two_threads();
  options.one_port = true;
  Rig rig(options);
  EXPECT_EQ(rig.server.ports[0], rig.server.ports[1]);
  rig.publish(0, "x");
  EXPECT_EQ(rig.get(1, "/keep-alive/news?after=earliest").json()["messages"].size(), 1u);
  options.host.port = rig.server.ports[0];
  EXPECT_THROW(servers::Workers{options}, std::runtime_error);
}

}  // namespace
}  // namespace wirelab::tests
