// What one lost segment costs, against values worked out by hand and against adding up every message that waits.
#include "model/repair.hpp"

#include <gtest/gtest.h>

namespace wirelab::model {
namespace {

double in_ms(Seconds time) { return time.count() * 1e3; }
double repeat_ms(double gap_ms, double round_trip_ms) {
  return in_ms(time_to_repeat(Seconds(gap_ms / 1e3), Seconds(round_trip_ms / 1e3)));
}

TEST(Repair, BeginsWithTheFirstNewsOfALaterSegmentOnceTheLostOneIsOldEnough) {
  EXPECT_NEAR(repeat_ms(100, 50), 150, 1e-9);
  EXPECT_NEAR(repeat_ms(10, 20), 30, 1e-9);
}

TEST(Repair, WaitsForTheReorderingTimerOrForThreeLaterSegments) {
  EXPECT_NEAR(repeat_ms(10, 50), 72.5, 1e-9) << "a round trip and a quarter, and the timer's lag";
  EXPECT_NEAR(repeat_ms(10, 200), 230, 1e-9) << "three gaps and a round trip";
}

TEST(Repair, EndsWithTheTimeoutWhenNothingFollows) {
  EXPECT_NEAR(repeat_ms(5'000, 50), 252, 1e-9);
  EXPECT_NEAR(in_ms(time_to_repeat_alone(Seconds(0.1))), 316, 1e-9) << "of a timer that goes off every 32 ms";
}

TEST(Repair, IsOfALossThatComesAlone) {
  const auto meeting = [](double loss_share) { return meeting_share(loss_share, Seconds(0.1), Seconds(0.05)); };
  EXPECT_EQ(meeting(0), 0);
  EXPECT_NEAR(meeting(0.02), 1 - 0.98 * 0.98 * 0.98, 1e-12) << "the next message, its acknowledgement, the repeat";
  EXPECT_GT(meeting(0.05), kMeetingShareMax);
}

TEST(Repair, DelaysAllThatComesBehindTheHole) {
  for (const double gap_ms : {3.0, 10.0, 100.0, 5'000.0}) {
    const double repair_ms = repeat_ms(gap_ms, 50);
    double all_ms = 0;
    for (double behind_ms = 0; behind_ms < repair_ms; behind_ms += gap_ms) all_ms += repair_ms - behind_ms;
    EXPECT_NEAR(in_ms(delay_of_a_loss(Seconds(gap_ms / 1e3), Seconds(0.05))), all_ms, 1e-6) << gap_ms;
  }
}

}  // namespace
}  // namespace wirelab::model
