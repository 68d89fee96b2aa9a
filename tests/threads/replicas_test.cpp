#include "messages/replicas.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "messages/envelope.hpp"

namespace wirelab::tests {
namespace {

using messages::Append;
using messages::Cursor;
using messages::Limits;
using messages::Replica;
using messages::Replicas;
using messages::Store;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kEpoch = 7;

std::vector<std::string> texts(const Store& store, std::string_view channel) {
  return messages::decode(messages::encode(store.after(channel, store.earliest(channel))))->messages;
}

TEST(Replicas, HaveTheSameCursorsAndTheSameOrderWhereverAMessageWasPublished) {
  Replicas all({}, kEpoch, 2);
  EXPECT_EQ(all.at(0).publish("a", "one", {}).cursor, (Cursor{kEpoch, 1}));
  EXPECT_EQ(all.at(1).publish("a", "two", {}).cursor, (Cursor{kEpoch, 2}));
  EXPECT_EQ(all.at(1).publish("b", "else", {}).cursor, (Cursor{kEpoch, 1}));
  for (std::size_t i : {0, 1}) {
    Replica& replica = all.at(i);
    EXPECT_TRUE(replica.behind());
    EXPECT_THAT(replica.catch_up(), ElementsAre("a", "b")) << "each once";
    EXPECT_FALSE(replica.behind());
    EXPECT_THAT(replica.catch_up(), IsEmpty());
    EXPECT_THAT(texts(replica.store(), "a"), ElementsAre("one", "two"));
    EXPECT_THAT(texts(replica.store(), "b"), ElementsAre("else"));
    EXPECT_EQ(replica.store().newest("a"), (Cursor{kEpoch, 2}));
  }
}

TEST(Replicas, KnowAnIdempotencyKeyThatAnotherThreadWasGiven) {
  Replicas all({}, kEpoch, 2);
  ASSERT_EQ(all.at(0).publish("a", "one", "key").outcome, Append::stored);
  const auto again = all.at(1).publish("a", "one", "key");
  EXPECT_EQ(again.outcome, Append::repeated);
  EXPECT_EQ(again.cursor, (Cursor{kEpoch, 1}));
  all.at(1).catch_up();
  EXPECT_EQ(all.at(1).store().messages_kept(), 1u);
}

TEST(Replicas, RefuseWhatAStoreRefusesOnBehalfOfAllThreads) {
  Limits limits;
  limits.channels = 2;
  Replicas all(limits, kEpoch, 2);
  EXPECT_EQ(all.at(0).publish("a", "\xff", {}).outcome, Append::not_utf8);
  EXPECT_EQ(all.at(0).publish("a", "x", {}).outcome, Append::stored);
  EXPECT_EQ(all.at(1).publish("b", "x", {}).outcome, Append::stored) << "at the limit";
  EXPECT_EQ(all.at(0).publish("c", "x", {}).outcome, Append::too_many_channels) << "one beyond";
  EXPECT_EQ(all.at(1).publish("c", "\xff", {}).outcome, Append::too_many_channels);
}

TEST(Replicas, AnnounceTheSameGap) {
  Limits limits;
  limits.kept_messages = 2;
  Replicas all(limits, kEpoch, 2);
  for (const char* text : {"1", "2", "3"}) all.at(0).publish("a", text, {});
  for (std::size_t i : {0, 1}) {
    all.at(i).catch_up();
    EXPECT_TRUE(all.at(i).store().after("a", {kEpoch, 0}).gap);
    EXPECT_FALSE(all.at(i).store().after("a", {kEpoch, 1}).gap);
  }
}

TEST(Replicas, RefuseToPublishWhileOneThreadIsTooFarBehind) {
  Limits limits;
  limits.thread_lag_messages = 3;
  Replicas all(limits, kEpoch, 2);
  const auto publish = [&] {
    const Append outcome = all.at(0).publish("a", "x", {}).outcome;
    all.at(0).catch_up();
    return outcome;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(publish(), Append::stored) << "at the limit";
  EXPECT_EQ(publish(), Append::too_far_behind) << "one beyond";
  all.at(1).catch_up();
  EXPECT_EQ(publish(), Append::stored);
  EXPECT_EQ(all.at(0).store().newest("a"), (Cursor{kEpoch, 4})) << "nothing of what was refused is there";
}

TEST(Replicas, CountTheBytesThatAThreadIsBehind) {
  Limits limits;
  limits.thread_lag_bytes = 20;
  Replicas all(limits, kEpoch, 2);
  const auto publish = [&](std::size_t bytes) {
    const Append outcome = all.at(0).publish("a", std::string(bytes, 'x'), {}).outcome;
    all.at(0).catch_up();
    return outcome;
  };
  EXPECT_EQ(publish(100), Append::stored) << "one message, however long";
  EXPECT_EQ(publish(1), Append::too_far_behind);
  all.at(1).catch_up();
  EXPECT_EQ(publish(8), Append::stored);
  EXPECT_EQ(publish(8), Append::stored) << "with their quotes, at the limit";
  EXPECT_EQ(publish(1), Append::too_far_behind) << "beyond";
}

TEST(Replicas, DoNotWaitForAThreadThatLeft) {
  Limits limits;
  limits.thread_lag_messages = 1;
  Replicas all(limits, kEpoch, 2);
  all.at(1).leave();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(all.at(0).publish("a", "x", {}).outcome, Append::stored);
    all.at(0).catch_up();
  }
}

TEST(Replicas, WakeTheThreadsOnWhichSomebodyWaits) {
  Replicas all({}, kEpoch, 3);
  std::array<int, 3> wakes{};
  for (std::size_t i : {0, 1, 2}) all.at(i).on_news([&wakes, i] { ++wakes[i]; });
  all.at(0).publish("a", "x", {});
  EXPECT_THAT(wakes, ElementsAre(0, 0, 0));

  all.at(1).somebody_waits("a");
  all.at(1).somebody_waits("a");  // on another transport
  all.at(0).publish("a", "x", {});
  EXPECT_THAT(wakes, ElementsAre(0, 1, 0));
  all.at(1).publish("a", "x", {});
  EXPECT_THAT(wakes, ElementsAre(0, 1, 0)) << "it was awake when it published";
  all.at(0).publish("a", "x", {});
  EXPECT_THAT(wakes, ElementsAre(0, 1, 0)) << "it has not looked since it was woken";
  all.at(1).awake();

  all.at(1).nobody_waits("a");
  all.at(0).publish("a", "x", {});
  EXPECT_THAT(wakes, ElementsAre(0, 2, 0));
  all.at(1).awake();
  all.at(1).nobody_waits("a");
  all.at(0).publish("a", "x", {});
  EXPECT_THAT(wakes, ElementsAre(0, 2, 0));
}

TEST(Replicas, MissNobodyOfMoreChannelsThanThereAreWords) {
  Limits limits;
  limits.channels = 3'000;
  Replicas all(limits, kEpoch, 2);
  int wakes = 0;
  all.at(1).on_news([&wakes] { ++wakes; });
  const auto name = [](int i) { return "channel-" + std::to_string(i); };
  for (int i = 0; i < 3'000; ++i) all.at(1).somebody_waits(name(i));
  for (int i = 0; i < 3'000; i += 2) all.at(1).nobody_waits(name(i));
  for (int i = 1; i < 1'000; i += 2) {
    wakes = 0;
    all.at(1).awake();
    all.at(0).publish(name(i), "x", {});
    EXPECT_GE(wakes, 1) << name(i);
  }
}

TEST(Replicas, WakeAThreadThatLagsThoughNobodyWaitsThere) {
  Limits limits;
  limits.thread_lag_messages = 16;
  Replicas all(limits, kEpoch, 2);
  int wakes = 0;
  all.at(1).on_news([&wakes] { ++wakes; });
  for (int i = 0; i < 8; ++i) {
    all.at(0).publish("a", "x", {});
    all.at(0).catch_up();
  }
  EXPECT_GT(wakes, 0);
}

TEST(Replicas, TakeOnlyNumbersThatCanBe) {
  EXPECT_THROW(Replicas({}, kEpoch, 0), std::invalid_argument);
  EXPECT_THROW(Replicas({}, kEpoch, Replicas::kThreads + 1), std::invalid_argument);
  EXPECT_NO_THROW(Replicas({}, kEpoch, Replicas::kThreads));
  Limits limits;
  limits.thread_lag_messages = 0;
  EXPECT_THROW(Replicas(limits, kEpoch, 2), std::invalid_argument);
  limits.thread_lag_messages = Replicas::kSlotsMax + 1;
  EXPECT_THROW(Replicas(limits, kEpoch, 2), std::invalid_argument);
}

/// Each thread publishes on two channels, every message twice under one key, and reads as it goes; a small log goes
/// round many times, so that slots are emptied and filled again while others read theirs.
TEST(Replicas, AreAlikeWhenAllThreadsPublishAtOnce) {
  constexpr int kThreads = 4, kMessages = 150;
  Limits limits;
  limits.thread_lag_messages = 32;
  Replicas all(limits, kEpoch, kThreads);
  std::array<Cursor, kThreads> read{};
  std::array<std::vector<std::string>, kThreads> heard;
  read.fill({kEpoch, 0});

  std::atomic<int> done{0};
  const auto hear = [&](std::size_t me) {
    const auto slice = all.at(me).store().after("both", read[me]);
    EXPECT_FALSE(slice.gap);
    for (auto message = slice.first; message != slice.last; ++message) heard[me].emplace_back(message->literal);
    read[me] = slice.to;
  };
  const auto publish = [&](std::size_t me, const std::string& channel, const std::string& text) {
    Store::Appended appended;
    do {
      appended = all.at(me).publish(channel, text, text);
      all.at(me).catch_up();
      hear(me);
      if (appended.outcome == Append::too_far_behind) std::this_thread::yield();
    } while (appended.outcome == Append::too_far_behind);
    return appended;
  };
  const auto work = [&](std::size_t me) {
    for (int i = 0; i < kMessages; ++i) {
      const std::string text = std::to_string(me) + "-" + std::to_string(i);
      const auto first = publish(me, "both", text), again = publish(me, "both", text);
      EXPECT_EQ(first.outcome, Append::stored);
      EXPECT_EQ(again.outcome, Append::repeated);
      EXPECT_EQ(again.cursor, first.cursor);
      EXPECT_GE(read[me], first.cursor) << "whoever was told that it is stored finds it";
      publish(me, "of-" + std::to_string(me), text);
    }
    for (++done; done < kThreads || all.at(me).behind(); std::this_thread::yield()) all.at(me).catch_up(), hear(me);
  };
  std::vector<std::thread> threads;
  for (std::size_t me = 0; me < kThreads; ++me) threads.emplace_back(work, me);
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(heard[0].size(), static_cast<std::size_t>(kThreads * kMessages));
  for (const auto& one : heard) EXPECT_EQ(one, heard[0]) << "the same, in the same order";
  for (std::size_t me = 0; me < kThreads; ++me)
    EXPECT_EQ(all.at(me).store().messages_kept(), static_cast<std::size_t>(2 * kThreads * kMessages));
}

}  // namespace
}  // namespace wirelab::tests
