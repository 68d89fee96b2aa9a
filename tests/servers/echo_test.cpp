#include "servers/echo.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace wirelab::servers {
namespace {

/// Writes down what is sent; ready as the test says.
class EchoedSocket final : public net::Socket {
 public:
  bool ready() const override { return is_ready; }
  void send_text(const net::SharedText& text) override { sent.push_back("text " + std::string(text.text())); }
  void send_binary(const net::SharedText& bytes) override { sent.push_back("binary " + std::string(bytes.text())); }
  void close(std::uint16_t code, std::string_view) override { closed_with = code; }

  bool is_ready = true;
  std::vector<std::string> sent;
  std::uint16_t closed_with = 0;
};

TEST(EchoTest, SendsBackWhatItGetsAsWhatItIs) {
  EchoedSocket socket;
  Echo echo(socket, 1'000);
  EXPECT_TRUE(socket.takes_binary);
  echo.on_text("a");
  echo.on_binary("b");
  echo.on_text("");
  EXPECT_EQ(socket.sent, (std::vector<std::string>{"text a", "binary b", "text "}));
}

TEST(EchoTest, KeepsTheOrderForOneThatIsSlow) {
  EchoedSocket socket;
  Echo echo(socket, 1'000);
  socket.is_ready = false;
  echo.on_text("1");
  echo.on_binary("2");
  EXPECT_TRUE(socket.sent.empty());
  socket.is_ready = true;
  echo.on_ready();
  EXPECT_EQ(socket.sent, (std::vector<std::string>{"text 1", "binary 2"}));
}

TEST(EchoTest, ClosesOneThatDoesNotRead) {
  EchoedSocket socket;
  Echo echo(socket, 1'000);
  socket.is_ready = false;
  echo.on_text(std::string(900, 'x'));
  EXPECT_EQ(socket.closed_with, 0);
  echo.on_text(std::string(100, 'x'));
  EXPECT_EQ(socket.closed_with, 1008);
}

TEST(EchoTest, EmptyMessagesThatNobodyReadsAreNotFree) {
  EchoedSocket socket;
  Echo echo(socket, 1'000);
  socket.is_ready = false;
  for (int i = 0; i < 1'000; ++i) echo.on_text("");
  EXPECT_EQ(socket.closed_with, 1008);
}

}  // namespace
}  // namespace wirelab::servers
