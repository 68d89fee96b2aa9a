#include "ladder/ladder.hpp"

#include <gmock/gmock.h>

#include "ladder/recorder.hpp"
#include "tests/ladder/script.hpp"

namespace wirelab::tests {
namespace {

using ladder::Arrow;
using ladder::Ladder;
using ladder::ladders_of;
using ladder::Message;
using ladder::Span;
using testing::ElementsAre;

const std::string kAsk = "GET /long-poll/news HTTP/1.1\r\n\r\n";
const std::string kAskAgain = "GET /long-poll/news?after=k-1 HTTP/1.1\r\n\r\n";
const std::string kNothing = answer(R"({"cursor":"k-1","messages":[]})");
const std::string kNews = answer(R"({"cursor":"k-2","messages":["news"]})");

/// Asks on a new connection, is answered at once, asks again, and hears of what is published at 275 ms.
Script long_poll() {
  Script script;
  script.connect(0).say(Side::client, 50, kAsk).say(Side::server, 75, kNothing);
  script.say(Side::client, 100, kAskAgain).say(Side::server, 275, kNews);
  return script;
}

Ladder only(const std::vector<Passage>& passages) {
  auto ladders = ladders_of(passages, kRoundTrip);
  EXPECT_EQ(ladders.size(), 1u);
  return ladders.at(0);
}

std::vector<std::string> texts(const Ladder& ladder) {
  std::vector<std::string> all;
  for (const Arrow& arrow : ladder.arrows) all.push_back(arrow.from + " " + arrow.kind + ": " + arrow.text);
  return all;
}

const Span& span(const Ladder& ladder, const std::string& what) {
  for (const Span& candidate : ladder.spans)
    if (candidate.what == what) return candidate;
  throw std::runtime_error("no span " + what);
}

TEST(Ladder, NamesEveryPacket) {
  const Ladder ladder = only(long_poll().passages + publisher(200, "news", 40'001).passages);
  EXPECT_EQ(ladder.transport, "long-poll");
  EXPECT_EQ(ladder.connections_left_out, 1u);
  EXPECT_THAT(texts(ladder),
              ElementsAre("client syn: SYN", "server syn: SYN ACK", "client ack: ACK",
                          "client data: GET /long-poll/news", "server data: 200 OK: no message",
                          "client data: GET /long-poll/news?after=k-1", "server data: 200 OK: message 1"));
  const Arrow& question = ladder.arrows[3];
  EXPECT_DOUBLE_EQ(question.sent_us, 50'000);
  EXPECT_DOUBLE_EQ(question.arrives_us.value(), 75'000);
  EXPECT_EQ(question.payload_bytes, kAsk.size());
  EXPECT_EQ(question.packet_bytes, kAsk.size() + 40);
}

TEST(Ladder, WhatTakesHowManyRoundTrips) {
  const Ladder ladder = only(long_poll().passages + publisher(200, "news", 40'001).passages);
  EXPECT_DOUBLE_EQ(span(ladder, "connect").round_trips, 1);
  EXPECT_DOUBLE_EQ(span(ladder, "connect").theory_round_trips, 1);
  EXPECT_DOUBLE_EQ(span(ladder, "first answer").round_trips, 2);
  EXPECT_DOUBLE_EQ(span(ladder, "first answer").theory_round_trips, 2);
  const Span& held = span(ladder, "answer");
  EXPECT_DOUBLE_EQ(held.server_us, 150'000);
  EXPECT_DOUBLE_EQ(held.round_trips, 1);
  EXPECT_DOUBLE_EQ(held.theory_round_trips, 1);
  const Span& message = span(ladder, "message 1");
  EXPECT_DOUBLE_EQ(message.to_us - message.from_us, 25'000);
  EXPECT_DOUBLE_EQ(message.round_trips, 0.5);
  EXPECT_DOUBLE_EQ(message.theory_round_trips, 0.5);
}

TEST(Ladder, AMessageWaitsAtTheServerFromWhenItIsThereToTheAnswerThatHasIt) {
  const Ladder ladder = only(long_poll().passages + publisher(180, "news", 40'001).passages);
  ASSERT_EQ(ladder.messages.size(), 1u);
  const Message& message = ladder.messages[0];
  EXPECT_DOUBLE_EQ(message.published_us.value(), 255'000);
  EXPECT_DOUBLE_EQ(message.answered_us.value(), 275'000);
  EXPECT_DOUBLE_EQ(message.delivered_us.value(), 300'000);
  EXPECT_DOUBLE_EQ(span(ladder, "message 1").server_us, 20'000);
}

TEST(Ladder, TwoMessagesOfTheSameTextAreTwo) {
  const Ladder ladder = only(long_poll().say(Side::client, 300, kAskAgain).say(Side::server, 325, kNews).passages +
                             publisher(200, "news", 40'001).passages + publisher(210, "news", 40'002).passages);
  ASSERT_EQ(ladder.messages.size(), 2u);
  EXPECT_EQ(ladder.arrows.back().text, "200 OK: message 2");
  EXPECT_DOUBLE_EQ(ladder.messages[1].published_us.value(), 285'000);
}

TEST(Ladder, AnotherChannelsMessagesAreNotThisSubscribers) {
  auto elsewhere = publisher(200, "news", 40'001);
  const std::size_t at = elsewhere.passages.back().packet.find("/news");
  elsewhere.passages.back().packet.replace(at, 5, "/else");
  const Ladder ladder = only(long_poll().passages + elsewhere.passages);
  ASSERT_EQ(ladder.messages.size(), 1u);
  EXPECT_FALSE(ladder.messages[0].published_us.has_value());  // it came, from nobody who was seen
}

TEST(Ladder, WhereNobodyIsSeenToPublishThePayloadMayKnow) {
  const auto published_at = [](std::string_view payload) {
    return payload == "news" ? std::optional(ms(260)) : std::nullopt;
  };
  const Ladder ladder = ladders_of(long_poll().passages, kRoundTrip, published_at).at(0);
  EXPECT_DOUBLE_EQ(ladder.messages.at(0).published_us.value(), 260'000);
  EXPECT_DOUBLE_EQ(span(ladder, "message 1").server_us, 15'000);
}

TEST(Ladder, WhatIsSentAgainIsMarkedAndWhatIsLostHasNoArrival) {
  Script script = Script().connect(0).say(Side::client, 50, kAsk).lost().again(300).say(Side::server, 325, kNothing);
  const Ladder ladder = only(script.passages);
  EXPECT_FALSE(ladder.arrows[3].arrives_us.has_value());
  EXPECT_FALSE(ladder.arrows[3].retransmission);
  EXPECT_TRUE(ladder.arrows[4].retransmission);
  EXPECT_EQ(ladder.arrows[4].text, "GET /long-poll/news");
  EXPECT_FALSE(ladder.arrows[5].retransmission);
}

TEST(Ladder, ASynIsSentAgainToo) {
  Script script = Script().send(Side::client, 0, kSyn).lost().again(1000).send(Side::server, 1025, kSyn | kAck);
  script.send(Side::client, 1050, kAck).say(Side::client, 1050, kAsk);
  const Ladder ladder = only(script.passages);
  EXPECT_TRUE(ladder.arrows[1].retransmission);
  EXPECT_DOUBLE_EQ(span(ladder, "connect").round_trips, 21);
}

TEST(Ladder, BehindALostSegmentEverythingWaits) {
  const std::size_t half = kNews.size() / 2;
  Script script = long_poll();
  script.say(Side::client, 300, kAskAgain).say(Side::server, 325, kNews.substr(0, half)).lost();
  Script later = script;
  later.say(Side::server, 326, kNews.substr(half));
  const auto overtaking = later.passages.back();
  const Ladder ladder = only(script.again(600).passages + std::vector{overtaking} +
                             publisher(200, "news", 40'001).passages + publisher(205, "news", 40'002).passages);
  EXPECT_DOUBLE_EQ(ladder.messages.at(1).delivered_us.value(), 625'000);
  EXPECT_DOUBLE_EQ(ladder.messages.at(1).answered_us.value(), 325'000);
}

TEST(Ladder, ASegmentThatGoesOnNamesWhatItIsPartOf) {
  const std::size_t half = kNothing.size() / 2;
  Script script = Script().connect(0).say(Side::client, 50, kAsk);
  script.say(Side::server, 75, kNothing.substr(0, half)).say(Side::server, 75.1, kNothing.substr(half));
  const Ladder ladder = only(script.passages);
  EXPECT_EQ(ladder.arrows[4].text, "200 OK: no message");
  EXPECT_EQ(ladder.arrows[5].text, "more of 200 OK: no message");
}

TEST(Ladder, AWebSocketsFirstFrameBehindItsUpgrade) {
  const std::string upgrade = "GET /websocket/news HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
  const std::string envelope = R"({"cursor":"k-1","messages":[]})";
  const std::string frame = std::string("\x81") + static_cast<char>(envelope.size()) + envelope;
  Script script = Script().connect(0).say(Side::client, 50, upgrade);
  script.say(Side::server, 75, "HTTP/1.1 101 Switching Protocols\r\n\r\n" + frame).send(Side::server, 80, kFin | kAck);
  const Ladder ladder = only(script.passages);
  EXPECT_EQ(ladder.arrows[4].text, "101 Switching Protocols, text frame: no message");
  EXPECT_EQ(ladder.arrows[5].kind, "fin");
  EXPECT_DOUBLE_EQ(span(ladder, "upgrade").round_trips, 2);
}

TEST(Ladder, OneForEachTransportAndEachFromItsOwnFirstSyn) {
  Script poll(40'005);
  poll.connect(500).say(Side::client, 550, "GET /short-poll/news HTTP/1.1\r\n\r\n");
  const auto ladders = ladders_of(long_poll().passages + poll.passages, kRoundTrip);
  ASSERT_EQ(ladders.size(), 2u);
  EXPECT_EQ(ladders[0].transport, "short-poll");
  EXPECT_DOUBLE_EQ(ladders[0].arrows[0].sent_us, 0);
  EXPECT_EQ(ladders[1].transport, "long-poll");
}

TEST(Ladder, AConnectionWhoseBeginningIsMissingIsLeftOut) {
  auto passages = long_poll().passages;
  passages.erase(passages.begin());
  EXPECT_THROW(ladders_of(passages, kRoundTrip), std::runtime_error);
}

TEST(Ladder, TooLongIsRefused) {
  Script script = long_poll();
  for (int i = 0; i <= static_cast<int>(ladder::kArrows); ++i) script.send(Side::client, 400 + i, kAck);
  EXPECT_THROW(ladders_of(script.passages, kRoundTrip), std::runtime_error);
}

TEST(Recorder, RemembersBothMomentsAndTheBytesAndWhatWasLost) {
  ladder::Recorder recorder;
  const auto bytes = tcp_packet(kSyn, 1);
  link::Packet packet{.number = 1, .entered = ms(3), .due = ms(28), .bytes = bytes};
  recorder.on_entered(packet);
  recorder.on_entered({.fate = link::Fate::lost, .number = 2, .entered = ms(4), .bytes = bytes});
  recorder.on_entered({.number = 3, .entered = ms(5), .due = ms(30), .bytes = bytes});
  packet.left = ms(28.1);
  recorder.on_left(packet);
  ASSERT_EQ(recorder.passages().size(), 3u);
  EXPECT_EQ(recorder.passages()[0].sent, ms(3));
  EXPECT_EQ(recorder.passages()[0].arrives, ms(28.1));
  EXPECT_EQ(recorder.passages()[0].packet.size(), bytes.size());
  EXPECT_FALSE(recorder.passages()[1].arrives.has_value());
  EXPECT_EQ(recorder.passages()[2].arrives, ms(30));  // under way when the link ended
}

}  // namespace
}  // namespace wirelab::tests
