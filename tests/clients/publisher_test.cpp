// The open-loop publisher on a clock that stands still, against a server that answers when the test says so.
#include "clients/publisher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include <set>

#include "sim/virtual_loop.hpp"

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kPublisherRun = 0xabcd;

struct Post {
  std::size_t line;
  net::Nanos at;
  std::string target, body, key;
  net::OnReply on_reply;
  Stamp stamp() const { return read_stamp(body).value(); }
};

/// Notes every POST and answers none by itself.
class ManualHttp final : public net::HttpDialer {
 public:
  explicit ManualHttp(net::Loop& loop) : loop_(loop) {}
  std::unique_ptr<net::HttpLine> line(net::Reuse reuse) override {
    EXPECT_EQ(reuse, net::Reuse::keep_alive);
    return std::make_unique<Line>(*this, lines++);
  }
  void answer(std::size_t post, int status, std::string_view body = "", std::optional<std::chrono::seconds> wait = {}) {
    net::HttpReply reply;
    reply.status = status;
    reply.body = body;
    reply.sent_at = posts[post].at;
    reply.received_at = loop_.now();
    reply.retry_after = wait;
    busy_.erase(posts[post].line);
    const auto on_reply = std::move(posts[post].on_reply);
    on_reply(reply);
  }
  std::vector<Post> posts;
  std::size_t lines = 0;

 private:
  struct Line final : net::HttpLine {
    Line(ManualHttp& http, std::size_t number) : http_(http), number_(number) {}
    void get(std::string_view, net::OnReply) override { FAIL() << "a publisher only posts"; }
    void post(std::string_view target, std::string body, const net::Headers& headers, net::OnReply on_reply) override {
      EXPECT_TRUE(http_.busy_.insert(number_).second) << "two requests at once on a line";
      std::string key;
      for (const auto& [name, value] : headers)
        if (name == "Idempotency-Key") key = value;
      http_.posts.push_back(
          {number_, http_.loop_.now(), std::string(target), std::move(body), key, std::move(on_reply)});
    }
    ManualHttp& http_;
    std::size_t number_;
  };
  net::Loop& loop_;
  std::set<std::size_t> busy_;
};

/// Sockets that open when told to, and note what is sent.
class ManualSockets final : public net::SocketDialer {
 public:
  std::unique_ptr<net::SocketLine> dial(std::string_view target, net::SocketListener& listener) override {
    targets.emplace_back(target);
    listeners.push_back(&listener);
    sent.emplace_back();
    return std::make_unique<Line>(*this, targets.size() - 1);
  }
  std::vector<std::string> targets;
  std::vector<net::SocketListener*> listeners;
  std::vector<std::vector<std::string>> sent;

 private:
  struct Line final : net::SocketLine {
    Line(ManualSockets& sockets, std::size_t number) : sockets_(sockets), number_(number) {}
    net::FrameBytes send_text(std::string_view text) override {
      sockets_.sent[number_].emplace_back(text);
      return {};
    }
    ManualSockets& sockets_;
    std::size_t number_;
  };
};

/// As kPublisherRun is written in keys.
const std::string kKey = [] {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(kPublisherRun));
  return std::string(text);
}();

class PublisherTest : public testing::Test {
 protected:
  PublisherTest() {
    plan.publish.rate_per_second = 10;
    plan.publish.payload_bytes = 100;
    plan.warm_up = 0ms;
    plan.duration = 1s;
  }

  /// Starts now: message n is due at start + n/10 s.
  void begin(net::Nanos late = {}) {
    board.emplace(plan.channels);
    publisher.emplace(loop, http, &sockets, plan, kPublisherRun, *board);
    start = loop.now();
    board->window_begin_ns = (start + plan.warm_up).count();
    board->window_end_ns = (start + plan.warm_up + plan.duration).count();
    publisher->prepare([this] { ++ready; });
    if (!Publisher::is_native(plan)) loop.advance(0ms);
    publisher->start(start - late, [this] { ++done; });
    loop.advance(0ms);
  }
  std::vector<Post>& posts() { return http.posts; }
  /// Accepts every POST as soon as it comes, until nothing more happens.
  void run_accepting() {
    std::size_t answered = 0;
    do {
      while (answered < posts().size()) http.answer(answered++, 201);
    } while (loop.step());
  }
  /// However often it is dialled again, until the publisher gives up.
  void lose_the_socket_for_good() {
    for (std::size_t dial = 0; dial < sockets.listeners.size() && publisher->failure().empty(); ++dial) {
      sockets.listeners[dial]->on_close("cannot connect");
      loop.advance(2s);
    }
  }

  sim::VirtualLoop loop;
  ManualHttp http{loop};
  ManualSockets sockets;
  LoadPlan plan;
  std::optional<Board> board;
  net::Nanos start{};
  int ready = 0, done = 0;
  std::optional<Publisher> publisher;
};

TEST_F(PublisherTest, SendsEachWhenItIsDueHoweverSlowTheServer) {
  begin();
  loop.advance(10s);  // no answer ever
  ASSERT_EQ(posts().size(), 10u);
  for (std::size_t i = 0; i < posts().size(); ++i) {
    EXPECT_EQ(posts()[i].at, start + i * 100ms);
    EXPECT_EQ(posts()[i].stamp().due, start + i * 100ms);
    EXPECT_EQ(posts()[i].stamp().sent, posts()[i].at);
    EXPECT_EQ(posts()[i].target, "/publish/bench");
    EXPECT_EQ(posts()[i].body.size(), 100u);
    EXPECT_EQ(posts()[i].stamp().run, kPublisherRun);
  }
  EXPECT_EQ(http.lines, 10u) << "each on a lane of its own";
  EXPECT_EQ(publisher->planned, 10u);
  EXPECT_EQ(publisher->published[0], 0u);
  EXPECT_EQ(done, 0) << "ten are under way";
}

TEST_F(PublisherTest, TheSeriesHasWhatTheServerTookByWhenItWasDue) {
  plan.subscribers = 7;
  plan.channels = 2;
  plan.warm_up = 200ms;
  plan.series_step = 250ms;
  begin();
  loop.advance(10s);  // all are sent, none is answered yet
  for (std::size_t i = 0; i + 1 < posts().size(); ++i) http.answer(i, 201);
  const auto rows = publisher->series.intervals();
  ASSERT_EQ(rows.size(), 4u);
  // Due at 0, 100 … 900 ms of the window, the first one with an even number; the last one was not taken.
  EXPECT_EQ(rows[0].counts, (meter::Series::Counts{.published = 3, .expected = 4 + 3 + 4}));
  EXPECT_EQ(rows[1].counts, (meter::Series::Counts{.published = 2, .expected = 3 + 4}));
  EXPECT_EQ(rows[2].counts, (meter::Series::Counts{.published = 3, .expected = 3 + 4 + 3}));
  EXPECT_EQ(rows[3].counts, (meter::Series::Counts{.published = 1, .expected = 4}));
}

TEST_F(PublisherTest, UsesALaneAgainWhenItIsIdle) {
  begin();
  run_accepting();
  EXPECT_EQ(posts().size(), 10u);
  EXPECT_EQ(http.lines, 1u);
  EXPECT_EQ(publisher->published[0], 10u);
  EXPECT_EQ(board->accepted[0], 10u);
  EXPECT_EQ(publisher->schedule_lag.max(), 0ms);
  EXPECT_EQ(done, 1);
}

TEST_F(PublisherTest, WaitsForALaneWhenAllAreBusyAndTheAgeRunsOn) {
  plan.publish.lanes_max = 2;
  begin();
  loop.advance(450ms);  // 5 are due
  ASSERT_EQ(posts().size(), 2u);
  http.answer(0, 201);
  ASSERT_EQ(posts().size(), 3u);
  EXPECT_EQ(posts()[2].stamp().due, start + 200ms);
  EXPECT_EQ(posts()[2].stamp().sent, start + 450ms);
  EXPECT_EQ(publisher->schedule_lag.max(), 250ms);
  http.answer(1, 201);
  EXPECT_EQ(posts()[3].stamp().due, start + 300ms) << "first come, first served";
}

TEST_F(PublisherTest, NumbersMessagesByLaneAndChannel) {
  plan.channels = 2;
  plan.publish.lanes_max = 3;  // odd, so that each lane carries both channels
  begin();
  loop.advance(2s);
  for (std::size_t i = 0; i < 10; ++i) http.answer(i, 201);
  ASSERT_EQ(posts().size(), 10u);
  std::map<std::uint16_t, std::uint32_t> next;
  std::map<std::uint16_t, std::pair<std::size_t, std::string>> carrier;
  for (std::size_t i = 0; i < posts().size(); ++i) {
    const Stamp stamp = posts()[i].stamp();
    EXPECT_EQ(stamp.sequence, next[stamp.publisher]++);
    const std::pair lane_and_channel(posts()[i].line, posts()[i].target);
    EXPECT_EQ(carrier.try_emplace(stamp.publisher, lane_and_channel).first->second, lane_and_channel);
    EXPECT_EQ(posts()[i].target, "/publish/bench-" + std::to_string(i % 2));
  }
  EXPECT_EQ(carrier.size(), 6u);
  EXPECT_THAT(publisher->published, ElementsAre(5, 5));
  EXPECT_EQ(board->accepted[1], 5u);
}

TEST_F(PublisherTest, EachMessageHasAKeyOfItsOwn) {
  plan.channels = 3;
  begin();
  loop.advance(2s);
  std::set<std::string> keys;
  for (const Post& post : posts()) keys.insert(post.key);
  EXPECT_EQ(keys.size(), posts().size());
}

TEST_F(PublisherTest, TriesAgainUnderTheSameKeyBeforeTheLaneGoesOn) {
  plan.publish.lanes_max = 1;
  begin();
  const std::vector<int> transient = {0, 500, 503, 429, 408};
  for (std::size_t i = 0; i < transient.size(); ++i) {
    http.answer(i, transient[i]);
    loop.advance(3s);
    ASSERT_EQ(posts().size(), i + 2) << transient[i];
    EXPECT_EQ(posts()[i + 1].key, posts()[0].key);
    EXPECT_EQ(posts()[i + 1].body, posts()[0].body);
  }
  EXPECT_EQ(publisher->failures, transient.size());
  EXPECT_EQ(publisher->published[0], 0u);
  http.answer(5, 200);  // it had it after all
  EXPECT_EQ(publisher->published[0], 1u);
  EXPECT_EQ(board->accepted[0], 1u);
  EXPECT_NE(posts()[6].key, posts()[0].key);
  EXPECT_EQ(publisher->failure(), "");
}

TEST_F(PublisherTest, WaitsAsLongAsTheServerAsks) {
  plan.publish.lanes_max = 1;
  begin();
  http.answer(0, 503, "", 4s);
  loop.advance(4s - 1ns);
  EXPECT_EQ(posts().size(), 1u);
  loop.advance(1ns);
  EXPECT_EQ(posts().size(), 2u);
}

TEST_F(PublisherTest, ARefusalEndsTheRunInTheServersWords) {
  plan.publish.lanes_max = 2;
  for (const int status : {400, 404, 413}) {
    begin();
    loop.advance(450ms);
    const std::size_t first = posts().size() - 2;
    http.answer(first, status, "{\"error\":\"bad channel\"}" + std::string(10'000, '.'));
    http.answer(first + 1, 201);
    loop.advance(10s);
    EXPECT_THAT(publisher->failure(), HasSubstr(std::to_string(status)));
    EXPECT_THAT(publisher->failure(), HasSubstr("bad channel"));
    EXPECT_LT(publisher->failure().size(), 500u);
    EXPECT_EQ(posts().size(), first + 2) << "and nothing more is sent";
    EXPECT_EQ(std::exchange(done, 0), 1);
  }
}

TEST_F(PublisherTest, WhatItIsLateForIsSentAtOnceAndKnowsWhenItWasDue) {
  begin(250ms);
  ASSERT_EQ(posts().size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(posts()[i].stamp().due, start - 250ms + i * 100ms);
    EXPECT_EQ(posts()[i].stamp().sent, start);
  }
}

TEST_F(PublisherTest, CountsWhatIsDueInTheWindow) {
  plan.warm_up = 300ms;
  begin();
  run_accepting();
  EXPECT_EQ(posts().size(), 13u);
  EXPECT_EQ(publisher->planned, 10u);
  EXPECT_EQ(publisher->published[0], 10u);
  EXPECT_EQ(board->accepted[0], 13u) << "subscribers get those of the warm-up too";
  EXPECT_EQ(publisher->schedule_lag.count(), 10u);
  EXPECT_EQ(publisher->publish_time.count(), 10u);
}

TEST_F(PublisherTest, IsDoneWhenTheLastOneIsAnswered) {
  begin();
  loop.advance(5s);
  for (std::size_t i = 0; i < 9; ++i) http.answer(i, 201);
  loop.advance(1s);
  EXPECT_EQ(done, 0);
  http.answer(9, 201);
  loop.advance(1s);
  EXPECT_EQ(done, 1);
}

TEST_F(PublisherTest, IsDoneAtOnceWhenNothingIsPublished) {
  plan.publish.rate_per_second = 0;
  begin();
  loop.advance(1s);
  EXPECT_EQ(posts().size(), 0u);
  EXPECT_EQ(done, 1);
}

TEST_F(PublisherTest, StoppedSendsNothingMoreAndWaitsForWhatIsUnderWay) {
  plan.publish.lanes_max = 2;
  begin();
  loop.advance(450ms);
  publisher->stop();
  loop.advance(5s);
  EXPECT_EQ(posts().size(), 2u);
  EXPECT_EQ(done, 0);
  http.answer(0, 201);
  http.answer(1, 201);
  loop.advance(1s);
  EXPECT_EQ(posts().size(), 2u) << "what waited for a lane is dropped";
  EXPECT_EQ(done, 1);
  publisher->stop();
  loop.advance(1s);
  EXPECT_EQ(done, 1);
}

TEST_F(PublisherTest, AReplayIsAsLongAsItsTexts) {
  plan.publish.replay = {{0ms, "hello"}, {100ms, ""}};
  plan.duration = 0ms;
  begin();
  loop.advance(1s);
  ASSERT_EQ(posts().size(), 2u);
  EXPECT_EQ(posts()[0].body.substr(kStampBytes), "hello");
  EXPECT_EQ(posts()[1].body.size(), kStampBytes);
}

TEST_F(PublisherTest, NativeSendsFramesOnASocketPerChannel) {
  plan.publish.via = PublishVia::native;
  plan.transport = messages::Transport::websocket;
  plan.channels = 2;
  begin();
  EXPECT_THAT(sockets.targets, ElementsAre("/websocket/bench-0?key=" + kKey + "-0&from=0",
                                           "/websocket/bench-1?key=" + kKey + "-1&from=0"));
  EXPECT_EQ(ready, 0);
  sockets.listeners[0]->on_open(0);
  EXPECT_EQ(ready, 0) << "one is not all";
  sockets.listeners[1]->on_open(0);
  EXPECT_EQ(ready, 1);
  loop.advance(2s);
  EXPECT_EQ(posts().size(), 0u);
  ASSERT_EQ(sockets.sent[0].size(), 5u);
  ASSERT_EQ(sockets.sent[1].size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(read_stamp(sockets.sent[1][i])->publisher, 1);
    EXPECT_EQ(read_stamp(sockets.sent[1][i])->sequence, i);
    EXPECT_EQ(read_stamp(sockets.sent[1][i])->due, start + 100ms + i * 200ms);
  }
  EXPECT_THAT(publisher->published, ElementsAre(5, 5));
  EXPECT_EQ(done, 1);
}

TEST_F(PublisherTest, ANativeSocketThatClosesBeforeTheOthersOpenEndsTheRun) {
  plan.publish.via = PublishVia::native;
  plan.transport = messages::Transport::websocket;
  plan.channels = 2;
  board.emplace(plan.channels);
  publisher.emplace(loop, http, &sockets, plan, kPublisherRun, *board);
  publisher->prepare([this] { ++ready; });
  sockets.listeners[0]->on_open(0);
  sockets.listeners[0]->on_close("full");
  sockets.listeners[1]->on_open(0);
  loop.advance(1s);
  EXPECT_THAT(publisher->failure(), HasSubstr("full"));
  EXPECT_EQ(ready, 1);
}

TEST_F(PublisherTest, ANativeSocketThatClosesIsDialledAgainAndSendsWhatItDidNotHear) {
  plan.publish.via = PublishVia::native;
  plan.transport = messages::Transport::websocket;
  begin();
  sockets.listeners[0]->on_open(0);
  loop.advance(210ms);
  ASSERT_EQ(sockets.sent[0].size(), 3u);
  const auto envelope = R"({"cursor":"k3f9-1","messages":[")" + sockets.sent[0][0] + R"("]})";
  sockets.listeners[0]->on_text(envelope, loop.now(), {});
  sockets.listeners[0]->on_close("closed by the server: 1001");
  loop.advance(50ms);
  ASSERT_EQ(sockets.targets.size(), 2u);
  EXPECT_EQ(sockets.targets[1], "/websocket/bench?after=k3f9-1&key=" + kKey + "-0&from=1");
  sockets.listeners[1]->on_open(0);
  EXPECT_THAT(sockets.sent[1], ElementsAre(sockets.sent[0][1], sockets.sent[0][2]));
  loop.advance(2s);
  EXPECT_EQ(sockets.sent[1].size(), 9u);
  EXPECT_EQ(publisher->failure(), "");
  EXPECT_EQ(publisher->failures, 1u);
  EXPECT_EQ(done, 1);
}

TEST_F(PublisherTest, ANativeSocketThatCannotBeOpenedAgainEndsTheRun) {
  plan.publish.via = PublishVia::native;
  plan.transport = messages::Transport::websocket;
  plan.duration = 60s;
  begin();
  sockets.listeners[0]->on_open(0);
  lose_the_socket_for_good();
  EXPECT_THAT(publisher->failure(), HasSubstr("cannot connect"));
  EXPECT_EQ(sockets.targets.size(), 11u);
  EXPECT_EQ(done, 1);
}

TEST_F(PublisherTest, ANativeSocketThatIsLostForGoodAfterTheLastMessageTellsNobodyAgain) {
  plan.publish.via = PublishVia::native;
  plan.transport = messages::Transport::websocket;
  begin();
  sockets.listeners[0]->on_open(0);
  loop.advance(2s);
  ASSERT_EQ(done, 1);
  lose_the_socket_for_good();
  EXPECT_THAT(publisher->failure(), HasSubstr("cannot connect"));
  EXPECT_EQ(ready, 1);
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace wirelab::clients
