#include "ladder/stream_items.hpp"

#include <gmock/gmock.h>

namespace wirelab::tests {
namespace {

using ladder::Conversation;
using ladder::Item;
using ladder::read_conversation;
using testing::ElementsAre;
using testing::Field;

const std::string kUpgrade = "GET /websocket/news HTTP/1.1\r\nupgrade: websocket\r\n\r\n";
const std::string kSwitched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

auto named(const char* name) { return Field(&Item::name, name); }

std::vector<Item> frames(std::string_view bytes) {
  auto items = read_conversation(kUpgrade, kSwitched + std::string(bytes)).from_server;
  items.erase(items.begin());
  return items;
}

std::vector<Item> answers(std::string_view bytes) { return read_conversation("", bytes).from_server; }

TEST(StreamItems, RequestsByTheirLineAndInTheirPlaces) {
  const std::string first = "GET /long-poll/news?after=k3f9-1 HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string second = "POST /publish/news HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
  const auto items = read_conversation(first + second, "").from_client;
  ASSERT_THAT(items, ElementsAre(named("GET /long-poll/news?after=k3f9-1"), named("POST /publish/news")));
  EXPECT_EQ(items[0].end, first.size());
  EXPECT_EQ(items[1].begin, first.size());
  EXPECT_EQ(items[1].end, first.size() + second.size());
  EXPECT_THAT(items[1].messages, ElementsAre("hello"));
}

TEST(StreamItems, AnswersWithAndWithoutABody) {
  EXPECT_THAT(answers("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nhi"
                      "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
              ElementsAre(named("204 No Content"), named("200 OK"), named("404 Not Found")));
}

TEST(StreamItems, EnvelopesAreOpened) {
  const std::string body = R"({"cursor":"k3f9-2","messages":["a","b"]})";
  const auto items = answers("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_TRUE(items[0].is_envelope);
  EXPECT_THAT(items[0].messages, ElementsAre("a", "b"));
}

TEST(StreamItems, ChunksEndWhereTheyEnd) {
  EXPECT_THAT(
      answers(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
      ElementsAre(named("200 OK"), named("204 No Content")));
}

TEST(StreamItems, WithoutALengthTheBodyGoesOnToTheEnd) {
  EXPECT_THAT(answers("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), ElementsAre(named("200 OK")));
}

TEST(StreamItems, WhatIsCutShortSaysSo) {
  EXPECT_THAT(read_conversation("GET /x HT", "HTTP/1.1 200").from_client, ElementsAre(named("request, cut short")));
  EXPECT_THAT(answers("HTTP/1.1 200"), ElementsAre(named("answer, cut short")));
  EXPECT_THAT(answers("SSH-2.0\r\n\r\n"), ElementsAre(named("no HTTP")));
  EXPECT_THAT(answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhi"), ElementsAre(named("200 OK")));
}

TEST(StreamItems, FramesByTheirOpcode) {
  using namespace std::string_view_literals;
  EXPECT_THAT(frames("\x81\x02hi\x89\x00\x8a\x00\x82\x01x\x01\x01y\x80\x01z\x88\x00\x8b\x00"sv),
              ElementsAre(named("text frame"), named("ping"), named("pong"), named("binary frame"),
                          named("text frame, to be continued"), named("continuation frame"), named("close"),
                          named("frame of unknown opcode 11")));
  EXPECT_THAT(frames("\x88\x02\x03\xe8"sv), ElementsAre(named("close 1000")));
}

TEST(StreamItems, FramesOfEveryLength) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  const std::string medium = "\x81\x7e\x01\x00"s + std::string(256, 'a');
  const std::string large = "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65'536, 'b');
  const auto items = frames(medium + large + "\x89\x00"s);
  ASSERT_THAT(items, ElementsAre(named("text frame"), named("text frame"), named("ping")));
  EXPECT_EQ(items[0].end - items[0].begin, 260u);
  EXPECT_EQ(items[1].end - items[1].begin, 65'546u);
  EXPECT_THAT(frames("\x81\x7e\x01"sv), ElementsAre(named("frame, cut short")));
  EXPECT_THAT(frames("\x81\x05hi"sv), ElementsAre(named("frame, cut short")));
}

TEST(StreamItems, ClientsFramesAreUnmasked) {
  using namespace std::string_literals;
  const std::string masked_close = "\x88\x82\x01\x02\x03\x04\x02\xea"s;  // 03 e8 under the mask 01 02 03 04
  const Conversation conversation = read_conversation(kUpgrade + masked_close, kSwitched);
  EXPECT_THAT(conversation.from_client, ElementsAre(named("GET /websocket/news"), named("close 1000, masked")));
}

TEST(StreamItems, AMaskGoesRound) {
  const std::string mask = "\x11\x22\x33\x44", envelope = R"({"cursor":"k-1","messages":["a"]})";
  std::string frame = std::string("\x81") + static_cast<char>(0x80 | envelope.size()) + mask;
  for (std::size_t i = 0; i < envelope.size(); ++i) frame += static_cast<char>(envelope[i] ^ mask[i % 4]);
  const auto items = read_conversation(kUpgrade + frame, kSwitched).from_client;
  ASSERT_EQ(items.size(), 2u);
  EXPECT_THAT(items[1].messages, ElementsAre("a"));
}

TEST(StreamItems, AnUpgradeThatWasRefusedStaysHttp) {
  const std::string refused = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n";
  const std::string next = "GET /short-poll/news HTTP/1.1\r\n\r\n";
  EXPECT_THAT(read_conversation(kUpgrade + next, refused).from_client,
              ElementsAre(named("GET /websocket/news"), named("GET /short-poll/news")));
}

}  // namespace
}  // namespace wirelab::tests
