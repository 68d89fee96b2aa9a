#include "link/impairment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace wirelab::link {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Nanos kStart = 100s;

/// Decides for packets of 1,000 bytes with data.
struct Line {
  explicit Line(const Impairments& impairments) : impairer(impairments) {}
  Decision down(Nanos after, std::size_t bytes = 1'000, bool has_data = true) {
    return impairer.decide(Direction::down, kStart + after, bytes, has_data);
  }
  Decision up(Nanos after, std::size_t bytes = 1'000, bool has_data = true) {
    return impairer.decide(Direction::up, kStart + after, bytes, has_data);
  }
  Impairer impairer;
};

TEST(Impairer, DelaysByHalfARoundTripEachWay) {
  Impairments impairments;
  impairments.round_trip = 50ms;
  Line line(impairments);
  EXPECT_EQ(line.up(0ms).due, kStart + 25ms);
  EXPECT_EQ(line.down(7ms).due, kStart + 32ms);
  EXPECT_EQ(line.down(7ms).fate, Fate::delivered);
}

TEST(Impairer, JitterStaysWithinItsBoundsAndUsesThem) {
  Impairments impairments;
  impairments.round_trip = 50ms;
  impairments.jitter = 5ms;
  Line line(impairments);
  Nanos least = 1h, most{}, sum{};
  for (int i = 0; i < 1'000; ++i) {
    const Nanos sent = i * 20ms, delay = line.down(sent).due - kStart - sent;
    least = std::min(least, delay), most = std::max(most, delay), sum += delay;
  }
  EXPECT_GE(least, 20ms);
  EXPECT_LE(most, 30ms);
  EXPECT_LT(least, 20'200us);
  EXPECT_GT(most, 29'800us);
  EXPECT_NEAR(static_cast<double>(sum.count()) / 1e9, 25.0, 0.3);
}

/// How often a packet leaves before the one that entered before it.
int overtakings(const Impairments& impairments) {
  Line line(impairments);
  int count = 0;
  for (Nanos sent{}, last{}; sent < 1s; sent += 1ms) {
    const Nanos due = line.down(sent).due;
    count += due < last ? 1 : 0;
    last = due;
  }
  return count;
}

TEST(Impairer, JitterReordersOnlyIfToldTo) {
  Impairments impairments;
  impairments.round_trip = 50ms;
  impairments.jitter = 5ms;
  EXPECT_EQ(overtakings(impairments), 0);
  impairments.reorder = true;
  EXPECT_GT(overtakings(impairments), 300);
}

std::string losses(const Impairments& impairments, Direction direction = Direction::down) {
  Impairer impairer(impairments);
  std::string all;
  for (int i = 0; i < 10'000; ++i) all += impairer.decide(direction, kStart, 100, true).fate == Fate::lost ? 'x' : '.';
  return all;
}

TEST(Impairer, LosesItsShareAsTheSeedSays) {
  Impairments impairments;
  impairments.loss = 0.05;
  const std::string once = losses(impairments);
  EXPECT_NEAR(static_cast<double>(std::count(once.begin(), once.end(), 'x')), 500, 66);  // three standard deviations
  EXPECT_EQ(once, losses(impairments));
  EXPECT_NE(once, losses(impairments, Direction::up)) << "both ways lose the same packets";
  Impairments other = impairments;
  other.round_trip = 50ms, other.jitter = 5ms;
  EXPECT_EQ(once, losses(other)) << "jitter changes which packets are lost";
  other.seed = 2;
  EXPECT_NE(once, losses(other));
}

TEST(Impairer, BandwidthTakesEachBitsTime) {
  Impairments impairments;
  impairments.round_trip = 50ms;
  impairments.bandwidth_bits_per_second = 8'000'000;  // 1,000 bytes take 1 ms
  Line line(impairments);
  EXPECT_EQ(line.down(0ms).due, kStart + 26ms);
  EXPECT_EQ(line.down(0ms).due, kStart + 27ms) << "it waits for the one before it";
  EXPECT_EQ(line.up(0ms).due, kStart + 26ms) << "the other way has a line of its own";
  EXPECT_EQ(line.down(1500us, 500).due, kStart + 27'500us);
  EXPECT_EQ(line.down(10ms, 1'500).due, kStart + 36'500us) << "an empty line starts at once";
}

TEST(Impairer, TheQueueHoldsItsBytesAndNotOneMore) {
  Impairments impairments;
  impairments.bandwidth_bits_per_second = 8'000'000;
  impairments.queue_bytes = 3'000;
  Line line(impairments);
  EXPECT_EQ(line.down(0ms).fate, Fate::delivered);
  EXPECT_EQ(line.down(0ms).fate, Fate::delivered);
  EXPECT_EQ(line.down(0ms, 1'001).fate, Fate::queue_full);
  EXPECT_EQ(line.down(0ms).fate, Fate::delivered);
  EXPECT_EQ(line.down(0ms, 1).fate, Fate::queue_full);
  EXPECT_EQ(line.down(999'999ns, 1).fate, Fate::queue_full) << "the first one's last bit is not yet sent";
  EXPECT_EQ(line.down(1ms).fate, Fate::delivered);
  EXPECT_EQ(line.up(1ms).fate, Fate::delivered);
}

TEST(Impairer, DropsTheSegmentsThatWerePicked) {
  Impairments impairments;
  impairments.drop_segments = {2, 3};
  Line line(impairments);
  EXPECT_EQ(line.up(0ms).fate, Fate::delivered) << "up is not counted";
  EXPECT_EQ(line.down(0ms, 60, false).fate, Fate::delivered) << "nor is what has no data";
  EXPECT_EQ(line.down(0ms).fate, Fate::delivered);
  EXPECT_EQ(line.down(0ms, 52, false).fate, Fate::delivered);
  EXPECT_EQ(line.down(0ms).fate, Fate::drop_segment);
  EXPECT_EQ(line.down(0ms).fate, Fate::drop_segment);
  EXPECT_EQ(line.down(0ms).fate, Fate::delivered);
}

TEST(Impairer, NothingLeavesACutLink) {
  Impairments impairments;
  impairments.round_trip = 50ms;
  impairments.cut_at = 3s;
  Line line(impairments);
  EXPECT_EQ(line.up(0ms).fate, Fate::delivered);  // time counts from here
  EXPECT_EQ(line.down(2'974'999us).fate, Fate::delivered);
  EXPECT_EQ(line.down(2'975ms).fate, Fate::cut) << "it would leave just then";
  EXPECT_EQ(line.up(3s).fate, Fate::cut);
  EXPECT_EQ(line.down(1h).fate, Fate::cut);
}

/// What is refused, and the flag that is named.
void refuses(const std::function<void(Impairments&)>& change, const char* flag) {
  Impairments impairments;
  impairments.round_trip = 50ms;
  check(impairments);
  change(impairments);
  try {
    check(impairments);
    ADD_FAILURE() << flag << " was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr(flag));
  }
}

TEST(Impairments, BeyondTheirLimitsAreRefusedByName) {
  refuses([](Impairments& i) { i.round_trip = kRoundTripMax + 1ns; }, "--rtt");
  refuses([](Impairments& i) { i.jitter = 25ms + 1ns; }, "--jitter");
  refuses([](Impairments& i) { i.reorder = true; }, "--reorder");
  refuses([](Impairments& i) { i.loss = 1; }, "--loss");
  refuses([](Impairments& i) { i.loss = -0.01; }, "--loss");
  refuses([](Impairments& i) { i.bandwidth_bits_per_second = kBandwidthMin - 1; }, "--bandwidth");
  refuses([](Impairments& i) { i.queue_bytes = kPacketBytesMax - 1; }, "--queue");
  refuses([](Impairments& i) { i.drop_segments = {1, 0}; }, "--drop-segment");
  refuses([](Impairments& i) { i.cut_at = -1ns; }, "--cut-at");
}

TEST(Impairments, AtTheirLimitsAreAccepted) {
  Impairments i;
  i.round_trip = kRoundTripMax, i.jitter = kRoundTripMax / 2, i.reorder = true, i.loss = 0.99;
  i.bandwidth_bits_per_second = kBandwidthMin, i.queue_bytes = kPacketBytesMax, i.cut_at = 0ns;
  check(i);
}

}  // namespace
}  // namespace wirelab::link
