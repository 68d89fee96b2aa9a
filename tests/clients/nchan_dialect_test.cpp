// How nchan's answers are read and its questions put. The answers are recorded: nginx 1.22.1, nchan 1.3.6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/board.hpp"
#include "clients/dialect.hpp"
#include "clients/generator.hpp"
#include "clients/inbox.hpp"
#include "clients/publisher.hpp"
#include "sim/network.hpp"
#include "sim/virtual_loop.hpp"

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// As the server wrote it: a header section, an empty line, a body.
struct Recorded304 : net::HttpReply {
  Recorded304() { status = 304, headers = {{"last-modified", "Sat, 21 Nov 2026 17:31:52 GMT"}, {"etag", "2"}}; }
};

net::HttpReply recorded(std::string_view type, std::string_view body) {
  net::HttpReply reply;
  reply.status = 200;
  reply.headers = {
      {"content-type", std::string(type)}, {"last-modified", "Sat, 21 Nov 2026 17:31:52 GMT"}, {"etag", "2"}};
  reply.body = body;
  return reply;
}

std::optional<Told> hear(const net::HttpReply& reply, std::string* wrong = nullptr) {
  std::string why;
  const auto told = nchan_dialect()->hear(reply, why);
  if (wrong != nullptr) *wrong = why;
  return told;
}

TEST(NchanDialect, AMessageAndTheIdToGoOnFrom) {
  const auto told = hear(recorded("text/plain", "two"));
  ASSERT_TRUE(told);
  EXPECT_THAT(told->envelope.messages, ElementsAre("two"));
  EXPECT_EQ(told->envelope.cursor, "1795282312:2");
  EXPECT_TRUE(told->established);
}

TEST(NchanDialect, NothingNewHasAnIdUnlessTheChannelIsEmpty) {
  const auto told = hear(Recorded304());
  ASSERT_TRUE(told);
  EXPECT_THAT(told->envelope.messages, ElementsAre());
  EXPECT_EQ(told->envelope.cursor, "1795282312:2");
  net::HttpReply empty_channel;
  empty_channel.status = 304;
  EXPECT_FALSE(hear(empty_channel)->established);
}

TEST(NchanDialect, SeveralMessagesInOneAnswer) {
  const auto told = hear(recorded("multipart/mixed; boundary=dhcM.U/q",
                                  "--dhcM.U/q\r\nContent-Type: text/plain\r\n\r\none\r\n--dhcM.U/q\r\n\r\n\r\n"
                                  "--dhcM.U/q\r\nContent-Type: text/plain\r\n\r\nthr\r\n\r\nee\r\n--dhcM.U/q--"));
  ASSERT_TRUE(told);
  EXPECT_THAT(told->envelope.messages, ElementsAre("one", "", "thr\r\n\r\nee"));
}

TEST(NchanDialect, AnAnswerThatIsCutOffIsNone) {
  std::string wrong;
  EXPECT_FALSE(hear(recorded("multipart/mixed; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\none\r\n"), &wrong));
  EXPECT_THAT(wrong, HasSubstr("without its end"));
  EXPECT_FALSE(hear(recorded("multipart/mixed; boundary=b", ""), &wrong));
}

TEST(NchanDialect, WithCompoundEtagsTheIdIsInOneField) {
  net::HttpReply reply = recorded("text/plain", "two");
  reply.headers = {{"etag", "1795282312:2"}};
  EXPECT_EQ(hear(reply)->envelope.cursor, "1795282312:2");
}

TEST(NchanDialect, WhatIsNotNchanIsSaidSo) {
  std::string wrong;
  net::HttpReply reply;
  reply.status = 200;
  EXPECT_FALSE(hear(reply, &wrong));
  EXPECT_THAT(wrong, HasSubstr("no message id"));
  reply.status = 403;
  EXPECT_FALSE(hear(reply, &wrong));
  EXPECT_EQ(wrong, "HTTP 403");
}

TEST(NchanDialect, AHoldThatIsOverIsAnEmptyAnswer) {
  net::HttpReply reply;
  reply.status = 408;
  const auto told = hear(reply);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->envelope.messages.empty());
}

TEST(NchanDialect, AsksWhereItIsTold) {
  const auto own = nchan_dialect();
  EXPECT_EQ(own->target("keep-alive", "c", "", ""), "/poll/c");
  EXPECT_EQ(own->target("long-poll", "c", "12:3", "hold=25"), "/sub/c?last_event_id=12:3");
  EXPECT_EQ(own->publication("c", "key").target, "/pub/c");
  const auto given = nchan_dialect({"/in?id={channel}", "/out?id={channel}"});
  EXPECT_EQ(given->target("websocket", "c", "12:3", ""), "/out?id=c&last_event_id=12:3");
  EXPECT_EQ(given->publication("c", "key").target, "/in?id=c");
  EXPECT_THROW(nchan_dialect({"/in", ""}), std::invalid_argument);
  EXPECT_THROW(nchan_dialect({"", "out/{channel}"}), std::invalid_argument);
}

TEST(NchanDialect, RefusesWhatItCannotDo) {
  LoadPlan plan;
  plan.transport = messages::Transport::keep_alive;
  plan.client.poll_interval = 250ms;
  plan.publish.rate_per_second = 4;
  EXPECT_NO_THROW(nchan_dialect()->check(plan));
  plan.publish.rate_per_second = 4.1;
  EXPECT_THROW(nchan_dialect()->check(plan), std::invalid_argument) << "a message a poll";
  plan.channels = 2;
  EXPECT_NO_THROW(nchan_dialect()->check(plan)) << "half of them in each";
  plan.channels = 1;
  plan.transport = messages::Transport::websocket;
  EXPECT_NO_THROW(nchan_dialect()->check(plan)) << "nobody polls";
  plan.publish.via = PublishVia::native;
  EXPECT_THROW(nchan_dialect()->check(plan), std::invalid_argument);
}

struct Ear final : Listener {
  void on_message(std::uint32_t, std::string_view text, net::Nanos) override { messages.emplace_back(text); }
  void on_reply(const net::HttpReply&, std::size_t count) override { counts.push_back(count); }
  void on_established(std::uint32_t, net::Nanos) override { ++established; }
  void on_failure(std::string_view reason) override { failures.emplace_back(reason); }
  std::vector<std::string> messages, failures;
  std::vector<std::size_t> counts;
  int established = 0;
};

TEST(NchanInbox, IsEstablishedByAnIdAndDoesNotCountThePrimer) {
  const auto dialect = nchan_dialect();
  Ear ear;
  Inbox inbox(ear, 0, *dialect);
  net::HttpReply empty_channel;
  empty_channel.status = 304;
  EXPECT_TRUE(inbox.take(empty_channel));
  EXPECT_FALSE(inbox.established());
  EXPECT_EQ(inbox.target("long-poll", "c", "hold=0"), "/sub/c");
  EXPECT_TRUE(inbox.take(recorded("text/plain", dialect->primer())));
  EXPECT_TRUE(inbox.take(Recorded304()));
  EXPECT_TRUE(inbox.take(recorded("text/plain", "two")));
  EXPECT_EQ(ear.established, 1);
  EXPECT_THAT(ear.messages, ElementsAre("two"));
  EXPECT_THAT(ear.counts, ElementsAre(0, 0, 0, 1));
  EXPECT_EQ(inbox.target("long-poll", "c", "hold=25"), "/sub/c?last_event_id=1795282312:2");
}

TEST(NchanInbox, ATimeOutOfAHoldKeepsThePlace) {
  const auto dialect = nchan_dialect();
  Ear ear;
  Inbox inbox(ear, 0, *dialect);
  inbox.take(recorded("text/plain", "two"));
  net::HttpReply over;
  over.status = 408;
  EXPECT_TRUE(inbox.take(over));
  EXPECT_EQ(inbox.target("long-poll", "c"), "/sub/c?last_event_id=1795282312:2");
}

/// A line to a server that says 202 to everything, and remembers it.
struct Publishing final : net::HttpDialer {
  struct Line final : net::HttpLine {
    explicit Line(Publishing& owner) : dialer(owner), timer(owner.loop) {}
    void get(std::string_view, net::OnReply) override {}
    void post(std::string_view target, std::string body, const net::Headers&, net::OnReply on_reply) override {
      dialer.posts.push_back(std::string(target) + " " + body);
      timer.set_at(dialer.loop.now() + 1ms, [this, answer = std::move(on_reply)] {
        net::HttpReply reply;
        reply.status = dialer.status;
        answer(reply);
      });
    }
    Publishing& dialer;
    net::Timer timer;
  };
  explicit Publishing(net::Loop& its_loop) : loop(its_loop) {}
  std::unique_ptr<net::HttpLine> line(net::Reuse) override { return std::make_unique<Line>(*this); }
  net::Loop& loop;
  int status = 202;
  std::vector<std::string> posts;
};

TEST(NchanPublisher, OpensEveryChannelBeforeAnybodySubscribes) {
  sim::VirtualLoop loop;
  Publishing server(loop);
  LoadPlan plan;
  plan.dialect = nchan_dialect();
  plan.channels = 2;
  plan.channel = "c";
  Board board(plan.channels);
  Publisher publisher(loop, server, nullptr, plan, 1, board);
  bool ready = false;
  publisher.prepare([&] { ready = true; });
  loop.advance(1s);
  const std::string primer(plan.dialect->primer());
  EXPECT_THAT(server.posts, ElementsAre("/pub/c-0 " + primer, "/pub/c-1 " + primer));
  EXPECT_TRUE(ready);
  EXPECT_EQ(publisher.failure(), "");
}

TEST(NchanPublisher, SaysWhyAChannelCouldNotBeOpened) {
  sim::VirtualLoop loop;
  Publishing server(loop);
  server.status = 404;
  LoadPlan plan;
  plan.dialect = nchan_dialect();
  Board board(plan.channels);
  Publisher publisher(loop, server, nullptr, plan, 1, board);
  bool ready = false;
  publisher.prepare([&] { ready = true; });
  loop.advance(1s);
  EXPECT_TRUE(ready) << "told, to look at failure()";
  EXPECT_THAT(publisher.failure(), HasSubstr("POST /pub/bench was answered with 404"));
}

}  // namespace
}  // namespace wirelab::clients
