#include "messages/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "messages/envelope.hpp"

namespace wirelab::messages {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> literals(const Slice& slice) {
  std::vector<std::string> texts;
  for (auto message = slice.first; message != slice.last; ++message) texts.emplace_back(message->literal);
  return texts;
}

constexpr std::uint32_t kEpoch = 42;

TEST(Store, HandsOutWhatCameAfterTheCursor) {
  Store store({}, kEpoch);
  const auto first = store.append("a", "one");
  store.append("a", "two");
  EXPECT_EQ(first.outcome, Append::stored);
  EXPECT_EQ(first.cursor, (Cursor{kEpoch, 1}));
  const auto slice = store.after("a", first.cursor);
  EXPECT_THAT(literals(slice), ElementsAre("\"two\""));
  EXPECT_EQ(slice.to, (Cursor{kEpoch, 2}));
  EXPECT_FALSE(slice.gap);
  EXPECT_FALSE(store.after("a", slice.to).news());
}

TEST(Store, AnUnknownChannelIsEmptyAndIsNotMadeByAsking) {
  Store store({}, kEpoch);
  EXPECT_FALSE(store.after("a", store.newest("a")).news());
  EXPECT_EQ(store.newest("a"), (Cursor{kEpoch, 0}));
  EXPECT_EQ(store.channels(), 0u);
}

TEST(Store, KeepsSoManyMessagesAndAnnouncesWhatIsGone) {
  Limits limits;
  limits.kept_messages = 3;
  Store store(limits, kEpoch);
  for (const char* text : {"1", "2", "3"}) store.append("a", text);
  EXPECT_FALSE(store.after("a", {kEpoch, 0}).gap) << "at the limit";
  store.append("a", "4");
  EXPECT_TRUE(store.after("a", {kEpoch, 0}).gap) << "one beyond";
  EXPECT_THAT(literals(store.after("a", {kEpoch, 0})), ElementsAre("\"2\"", "\"3\"", "\"4\""));
  EXPECT_FALSE(store.after("a", {kEpoch, 1}).gap) << "whoever has message 1 misses nothing";
  EXPECT_FALSE(store.after("a", store.earliest("a")).gap);
  EXPECT_EQ(store.after("a", store.earliest("a")).count(), 3u);
}

TEST(Store, KeepsSoManyBytesButAlwaysTheNewest) {
  Limits limits;
  limits.kept_bytes = 24;
  Store store(limits, kEpoch);
  store.append("a", "0123456789");  // 12 bytes as a literal
  store.append("a", "0123456789");
  EXPECT_EQ(store.messages_kept(), 2u) << "at the limit";
  EXPECT_EQ(store.bytes_kept(), 24u);
  store.append("a", "");
  EXPECT_EQ(store.messages_kept(), 2u) << "two bytes beyond: the oldest left";
  store.append("a", std::string(100, 'x'));
  EXPECT_EQ(store.messages_kept(), 1u) << "longer than the limit by itself, and still kept";
}

TEST(Store, ACursorOfAnotherLifeGetsAllThatIsKeptAndAGap) {
  Store store({}, kEpoch);
  store.append("a", "one");
  const auto slice = store.after("a", {kEpoch + 1, 17});
  EXPECT_TRUE(slice.gap);
  EXPECT_THAT(literals(slice), ElementsAre("\"one\""));
  EXPECT_TRUE(store.after("never published on", {kEpoch + 1, 17}).gap) << "even when nothing is kept";
}

TEST(Store, ACursorAheadOfEverythingIsNotBelieved) {
  Store store({}, kEpoch);
  store.append("a", "one");
  EXPECT_FALSE(store.after("a", {kEpoch, 1}).gap);
  EXPECT_TRUE(store.after("a", {kEpoch, 2}).gap);
}

TEST(Store, RepeatsUnderOneKeyStoreNothing) {
  Store store({}, kEpoch);
  const auto first = store.append("a", "one", "key");
  const auto again = store.append("a", "one", "key");
  EXPECT_EQ(again.outcome, Append::repeated);
  EXPECT_EQ(again.cursor, first.cursor);
  EXPECT_EQ(store.messages_kept(), 1u);
  EXPECT_EQ(store.append("b", "one", "key").outcome, Append::stored) << "a key is its channel's own";
}

TEST(Store, ForgetsAKeyWithItsMessage) {
  Limits limits;
  limits.kept_messages = 1;
  Store store(limits, kEpoch);
  store.append("a", "one", "key");
  store.append("a", "two");
  EXPECT_EQ(store.append("a", "one", "key").outcome, Append::stored);
}

TEST(Store, RefusesWhatIsNotUtf8WithoutATrace) {
  Store store({}, kEpoch);
  EXPECT_EQ(store.append("a", "\xff").outcome, Append::not_utf8);
  EXPECT_EQ(store.append("a", "\xed\xa0\x80").outcome, Append::not_utf8) << "a surrogate";
  EXPECT_EQ(store.channels(), 0u);
  EXPECT_EQ(store.append("a", "fine").cursor.sequence, 1u);
}

TEST(Store, HasRoomForSoManyChannels) {
  Limits limits;
  limits.channels = 2;
  Store store(limits, kEpoch);
  EXPECT_EQ(store.append("a", "x").outcome, Append::stored);
  EXPECT_EQ(store.append("b", "x").outcome, Append::stored) << "at the limit";
  EXPECT_EQ(store.append("c", "x").outcome, Append::too_many_channels) << "one beyond";
  EXPECT_EQ(store.append("a", "x").outcome, Append::stored) << "the old ones go on";
}

TEST(Store, KeepsSoManyBytesInAllAndTheOldestOfAnyChannelLeavesFirst) {
  Limits limits;
  const std::size_t each = Store({}, kEpoch).message_bytes("\"x\"");
  limits.kept_total_bytes = 3 * each;
  Store store(limits, kEpoch);
  store.append("old", "1");
  store.append("new", "2");
  store.append("old", "3");
  EXPECT_EQ(store.messages_kept(), 3u) << "at the limit";
  store.append("new", "4");
  EXPECT_THAT(literals(store.after("old", {kEpoch, 0})), ElementsAre("\"3\"")) << "one beyond: the oldest of all left";
  EXPECT_TRUE(store.after("old", {kEpoch, 0}).gap);
  EXPECT_THAT(literals(store.after("new", {kEpoch, 0})), ElementsAre("\"2\"", "\"4\""));
  EXPECT_FALSE(store.after("new", {kEpoch, 0}).gap);
}

TEST(Store, AChannelWhoseEveryMessageLeftGoesOnWhereItWas) {
  Limits limits;
  limits.kept_total_bytes = 1;
  Store store(limits, kEpoch);
  store.append("a", "1", "key");
  store.append("b", "2");
  EXPECT_EQ(store.messages_kept(), 1u) << "the newest of all stays, however long it is";
  EXPECT_TRUE(store.after("a", {kEpoch, 0}).gap) << "news by itself";
  EXPECT_EQ(store.after("a", {kEpoch, 0}).to, (Cursor{kEpoch, 1}));
  EXPECT_FALSE(store.after("a", {kEpoch, 1}).news()) << "whoever had it misses nothing";
  EXPECT_FALSE(store.after("a", store.earliest("a")).news());
  const auto again = store.append("a", "3", "key");
  EXPECT_EQ(again.outcome, Append::stored) << "its key left with it";
  EXPECT_EQ(again.cursor, (Cursor{kEpoch, 2}));
  EXPECT_FALSE(store.after("a", {kEpoch, 1}).gap);
}

TEST(Store, CountsInAllWhatItsChannelsKeep) {
  Limits limits;
  limits.kept_messages = 2;
  limits.kept_total_bytes = 4 * Store({}, kEpoch).message_bytes("\"x\"");
  Store store(limits, kEpoch);
  for (int i = 0; i < 1000; ++i) store.append(i % 2 == 0 ? "a" : "b", "x", "key-" + std::to_string(i));
  EXPECT_EQ(store.messages_kept(), 4u) << "what a channel's own limit sent away is not counted any more";
  EXPECT_FALSE(store.after("a", {kEpoch, 498}).gap);
  EXPECT_FALSE(store.after("b", {kEpoch, 498}).gap);
}

TEST(Store, CutsAnEnvelopeAtItsLimit) {
  Limits limits;
  limits.envelope_bytes = 26;
  Store store(limits, kEpoch);
  for (int i = 0; i < 3; ++i) store.append("a", "0123456789");  // 13 bytes each with its comma
  const auto slice = store.after("a", {kEpoch, 0});
  EXPECT_EQ(slice.count(), 2u) << "at the limit";
  EXPECT_EQ(slice.to, (Cursor{kEpoch, 2})) << "the reader goes on from there";
  EXPECT_EQ(store.after("a", slice.to).count(), 1u);
  store.append("a", std::string(100, 'x'));
  EXPECT_EQ(store.after("a", {kEpoch, 3}).count(), 1u) << "one message at least";
}

TEST(Store, EpochNoughtIsNone) { EXPECT_THROW(Store({}, 0), std::invalid_argument); }

}  // namespace
}  // namespace wirelab::messages
