#include "clients/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/own_temp.hpp"

namespace wirelab::clients {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class ReplayTest : public testing::Test {
 protected:
  /// A file of these bytes; its name.
  std::string file(const std::string& bytes) {
    const std::string name = tests::own_temp("replay.ndjson");
    std::ofstream(name, std::ios::binary) << bytes;
    return name;
  }
  void expect_refused(const std::string& bytes, const std::string& where, const std::string& why) {
    const std::string name = file(bytes);
    EXPECT_THAT([&] { read_replay(name); },
                ThrowsMessage<std::runtime_error>(AllOf(HasSubstr(name + where), HasSubstr(why))))
        << bytes;
  }
};

TEST_F(ReplayTest, IsOneMessageALine) {
  const auto stream =
      read_replay(file("{\"at_ms\": 0, \"from\": \"user1\", \"text\": \"hello\"}\n"
                       "\r\n"
                       "{\"at_ms\":1583,\"text\":\"gr\\u00fc\\u00df dich\"}\r\n"
                       "{\"at_ms\":1583,\"text\":\"\"}"));
  ASSERT_EQ(stream.size(), 3u);
  EXPECT_EQ(stream[0].text, "hello");
  EXPECT_EQ(stream[1].at, std::chrono::milliseconds(1583));
  EXPECT_EQ(stream[1].text, "grüß dich");
  EXPECT_EQ(stream[2].text, "");
}

TEST_F(ReplayTest, NamesFileLineAndFault) {
  const std::string good = "{\"at_ms\":5,\"text\":\"x\"}\n";
  expect_refused(good + "{\"at_ms\":5,\"text\":\"x\"\n", ":2: ", "parse error");
  expect_refused(good + "\n[5,\"x\"]\n", ":3: ", "not a JSON object");
  expect_refused("{\"text\":\"x\"}", ":1: ", "at_ms");
  expect_refused("{\"at_ms\":\"5\",\"text\":\"x\"}", ":1: ", "at_ms");
  expect_refused("{\"at_ms\":-1,\"text\":\"x\"}", ":1: ", "at_ms");
  expect_refused("{\"at_ms\":1e300,\"text\":\"x\"}", ":1: ", "at_ms");
  expect_refused("{\"at_ms\":5}", ":1: ", "text");
  expect_refused("{\"at_ms\":5,\"text\":7}", ":1: ", "text");
  expect_refused("{\"at_ms\":5,\"text\":\"\xff\"}", ":1: ", "UTF-8");
  expect_refused(good + "{\"at_ms\":4,\"text\":\"x\"}", ":2: ", "back in time");
  expect_refused("", ": ", "no message");
  EXPECT_THAT([] { read_replay("/no/such/file"); }, ThrowsMessage<std::runtime_error>(HasSubstr("/no/such/file")));
}

TEST_F(ReplayTest, IsRefusedBeyondItsLimit) {
  const std::string line = "{\"at_ms\":0,\"text\":\"\"}\n";
  const std::string name = file(line + line + line);
  EXPECT_EQ(read_replay(name, 3).size(), 3u);
  EXPECT_THAT([&] { read_replay(name, 2); },
              ThrowsMessage<std::runtime_error>(AllOf(HasSubstr(":3: "), HasSubstr("more than 2"))));
}

}  // namespace
}  // namespace wirelab::clients
