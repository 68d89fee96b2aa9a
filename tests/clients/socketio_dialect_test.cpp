// What Socket.IO's server says, and what it must be told. Recorded: socket.io 4.8.1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/dialect.hpp"
#include "clients/generator.hpp"
#include "clients/inbox.hpp"

namespace wirelab::clients {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct SocketIoEar final : Listener {
  void on_message(std::uint32_t, std::string_view text, net::Nanos) override { messages.emplace_back(text); }
  void on_established(std::uint32_t, net::Nanos) override { ++established; }
  void on_failure(std::string_view reason) override { failures.emplace_back(reason); }
  std::vector<std::string> messages, failures;
  int established = 0;
};

struct SocketIoWorld {
  bool hear(std::string_view text) { return inbox.take(text, "news", {}, {}); }
  std::shared_ptr<const Dialect> dialect = socketio_dialect();
  SocketIoEar ear;
  Inbox inbox{ear, 0, *dialect};
};

TEST(SocketIoDialect, IsGreetedJoinsAndListens) {
  SocketIoWorld world;
  EXPECT_TRUE(
      world.hear(R"(0{"sid":"Xb","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})"));
  EXPECT_EQ(world.inbox.answer(), "40");
  EXPECT_TRUE(world.hear(R"(40{"sid":"Cq"})"));
  EXPECT_EQ(world.inbox.answer(), R"(420["subscribe","news"])");
  EXPECT_EQ(world.ear.established, 0);
  EXPECT_TRUE(world.hear("430[]"));
  EXPECT_EQ(world.inbox.answer(), "");
  EXPECT_EQ(world.ear.established, 1);
  EXPECT_TRUE(world.hear(R"(42["message","a \"b\" c"])"));
  EXPECT_TRUE(world.hear(R"(42["other",1])")) << "an event that is not for us";
  EXPECT_THAT(world.ear.messages, ElementsAre(R"(a "b" c)"));
}

TEST(SocketIoDialect, AnswersAPing) {
  SocketIoWorld world;
  EXPECT_TRUE(world.hear("2"));
  EXPECT_EQ(world.inbox.answer(), "3");
}

TEST(SocketIoDialect, ARefusalIsAFailureThatSaysWhat) {
  SocketIoWorld world;
  EXPECT_FALSE(world.hear(R"(44{"message":"go away"})"));
  EXPECT_FALSE(world.hear("41"));
  EXPECT_FALSE(world.hear("42[not JSON"));
  EXPECT_FALSE(world.hear(""));
  EXPECT_THAT(world.ear.failures.at(0), HasSubstr("go away"));
  EXPECT_EQ(world.ear.failures.size(), 4u);
}

TEST(SocketIoDialect, SpeaksWebSocketAndNothingElse) {
  LoadPlan plan;
  EXPECT_NO_THROW(socketio_dialect()->check(plan));
  EXPECT_EQ(socketio_dialect()->target("websocket", "news", "", ""), "/socket.io/?EIO=4&transport=websocket");
  EXPECT_EQ(socketio_dialect({"/in/{channel}", ""})->publication("news", "").target, "/in/news");
  plan.transport = messages::Transport::long_poll;
  EXPECT_THROW(socketio_dialect()->check(plan), std::invalid_argument);
  EXPECT_THROW(socketio_dialect({"", "/sub/{channel}"}), std::invalid_argument);
}

}  // namespace
}  // namespace wirelab::clients
