#include "clients/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::vector<net::Nanos> offsets(const LoadPlan& plan) {
  Schedule schedule(plan);
  std::vector<net::Nanos> all;
  while (const auto due = schedule.next()) all.push_back(due->offset);
  return all;
}

LoadPlan plan_of(double rate, net::Nanos warm_up, net::Nanos duration) {
  LoadPlan plan;
  plan.publish.rate_per_second = rate;
  plan.warm_up = warm_up;
  plan.duration = duration;
  return plan;
}

TEST(Schedule, IsEvenlySpacedFromTheFirstAndEndsWithTheWindow) {
  EXPECT_THAT(offsets(plan_of(4, 500ms, 1s)),
              ElementsAre(0ms, 250ms, 500ms, 750ms, 1000ms, 1250ms));  // 1500 is too late
}

TEST(Schedule, DoesNotDrift) {
  const auto all = offsets(plan_of(30'000, 0ms, 100s));  // 33,333.3 ns: every rounding counts
  ASSERT_EQ(all.size(), 3'000'000u);
  for (const std::size_t n : {1u, 2u, 1'000'000u, 2'999'999u})
    EXPECT_EQ(all[n].count(), std::llround(static_cast<double>(n) * 1e9 / 30'000)) << n;
}

TEST(Schedule, IsEmptyForARateOfZero) { EXPECT_THAT(offsets(plan_of(0, 1s, 1s)), ElementsAre()); }

TEST(Schedule, StopsAtTheMostMessagesAsked) {
  auto plan = plan_of(10, 0ms, 10s);
  plan.publish.messages_max = 3;
  EXPECT_THAT(offsets(plan), ElementsAre(0ms, 100ms, 200ms));
}

TEST(Schedule, PoissonIsSeededAndHasTheRightMeanAndShape) {
  auto plan = plan_of(1'000, 0ms, 100s);
  plan.publish.arrivals = Arrivals::poisson;
  const auto once = offsets(plan);
  EXPECT_EQ(once, offsets(plan));
  plan.seed = 2;
  EXPECT_NE(once, offsets(plan));

  // 100,000 draws: the count's standard deviation is 316, that of the share of long gaps 0.0011.
  EXPECT_NEAR(static_cast<double>(once.size()), 100'000, 5 * 316);
  std::size_t long_gaps = 0;
  for (std::size_t i = 1; i < once.size(); ++i) {
    ASSERT_GE(once[i], once[i - 1]);
    long_gaps += once[i] - once[i - 1] > 2ms ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(long_gaps) / static_cast<double>(once.size()), std::exp(-2), 5 * 0.0011);
}

std::vector<std::size_t> channels(const LoadPlan& plan) {
  Schedule schedule(plan);
  std::vector<std::size_t> all;
  while (const auto due = schedule.next()) all.push_back(due->channel);
  return all;
}

TEST(Schedule, DealsChannelsInTurn) {
  auto plan = plan_of(5, 0ms, 1s);
  plan.channels = 3;
  EXPECT_THAT(channels(plan), ElementsAre(0, 1, 2, 0, 1));
}

TEST(Schedule, EachChannelOfAPoissonStreamGetsAPoissonStream) {
  auto plan = plan_of(1'000, 0ms, 100s);
  plan.publish.arrivals = Arrivals::poisson;
  const auto of_one_channel = offsets(plan);
  plan.channels = 4;
  EXPECT_EQ(offsets(plan), of_one_channel) << "when messages come does not depend on who gets them";
  EXPECT_EQ(channels(plan), channels(plan));
  const auto drawn = channels(plan);
  plan.seed = 2;
  EXPECT_NE(channels(plan), drawn);

  for (std::size_t channel = 0; channel < 4; ++channel) {
    std::vector<net::Nanos> its;
    for (std::size_t i = 0; i < drawn.size(); ++i)
      if (drawn[i] == channel) its.push_back(of_one_channel[i]);
    // 25,000 draws: the count's standard deviation is 158, that of the share of long gaps 0.0022.
    EXPECT_NEAR(static_cast<double>(its.size()), 25'000, 5 * 158);
    std::size_t long_gaps = 0;
    for (std::size_t i = 1; i < its.size(); ++i) long_gaps += its[i] - its[i - 1] > 8ms ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(long_gaps) / static_cast<double>(its.size()), std::exp(-2), 5 * 0.0022);
  }
}

TEST(Schedule, ABurstComesAtOnceAndTheMeanRateIsKept) {
  auto plan = plan_of(40, 0ms, 2s);
  plan.publish.arrivals = Arrivals::burst;
  const auto all = offsets(plan);
  ASSERT_EQ(all.size(), 80u);
  EXPECT_EQ(kBurstMessages, 20u);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i / 20 * 500ms) << i;
}

LoadPlan replay_of(std::vector<Recorded> replay, double speed) {
  LoadPlan plan = plan_of(1, 2s, 0s);
  plan.publish.replay = std::move(replay);
  plan.publish.speed = speed;
  return plan;
}

TEST(Schedule, AReplayIsWhollyInTheWindowAtItsSpeed) {
  const auto plan = replay_of({{0ms, "a"}, {600ms, "b"}, {60'000ms, "c"}}, 60);
  EXPECT_THAT(offsets(plan), ElementsAre(2s, 2s + 10ms, 3s));
  EXPECT_GT(Schedule::window(plan), 1s);
  EXPECT_LT(Schedule::window(plan), 1010ms);
  Schedule schedule(plan);
  EXPECT_EQ(schedule.next()->text, "a");
  EXPECT_EQ(schedule.next()->text, "b");
  EXPECT_EQ(schedule.next()->text, "c");
}

TEST(Schedule, AReplayIsDealtInTurnWhateverTheArrivals) {
  auto plan = replay_of({{0ms, "a"}, {1ms, "b"}, {2ms, "c"}, {3ms, "d"}, {4ms, "e"}, {5ms, "f"}}, 1);
  plan.publish.arrivals = Arrivals::poisson;
  plan.channels = 2;
  EXPECT_THAT(channels(plan), ElementsAre(0, 1, 0, 1, 0, 1));
}

TEST(Schedule, AReplayIsCutAtTheDurationAsked) {
  auto plan = replay_of({{0ms, "a"}, {500ms, "b"}, {1000ms, "c"}}, 1);
  plan.duration = 1s;
  EXPECT_EQ(Schedule::window(plan), 1s);
  EXPECT_THAT(offsets(plan), ElementsAre(2s, 2500ms));
}

}  // namespace
}  // namespace wirelab::clients
