#include "lab/result/distribution.hpp"

#include <gtest/gtest.h>

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

Distribution of(const std::vector<std::chrono::nanoseconds>& values) {
  meter::Histogram histogram;
  for (const auto value : values) histogram.record(value);
  return to_distribution(histogram);
}

TEST(Distribution, OfNothingIsZeros) {
  const Distribution none = to_distribution(meter::Histogram());
  EXPECT_EQ(none.count, 0U);
  EXPECT_EQ(none.max, 0);
  EXPECT_TRUE(none.buckets.empty());
}

TEST(Distribution, KeepsLeastGreatestAndMeanExactly) {
  const Distribution d = of({1ms, 2ms, 1'234'567us});
  EXPECT_EQ(d.count, 3U);
  EXPECT_EQ(d.min, 1'000);
  EXPECT_EQ(d.max, 1'234'567);
  EXPECT_NEAR(d.mean, (1'000 + 2'000 + 1'234'567) / 3.0, 1e-6);
  EXPECT_EQ(d.buckets.size(), 3U);
}

TEST(Distribution, NoPercentileLiesBeyondTheGreatestSample) {
  const Distribution d = of({1'000'001us});
  EXPECT_EQ(d.p50, d.max);
  EXPECT_EQ(d.p999, d.max);
  EXPECT_EQ(merge({&d}).p50, d.max);  // though its bucket reaches further
}

// Nine of ten samples are small in one run and large in the other: the average of the two medians is a value that was
// never measured.
TEST(Distribution, MergingAddsSamplesUpAndDoesNotAveragePercentiles) {
  std::vector<std::chrono::nanoseconds> small(900, 1ms), large(300, 100ms);
  const Distribution a = of(small), b = of(large);
  const Percentiles both = merge({&a, &b});
  EXPECT_EQ(both.count, 1'200U);
  EXPECT_NEAR(both.p50, 1'000, 1);
  EXPECT_NEAR(both.p90, 100'000, 100);
  EXPECT_EQ(both.min, 1'000);
  EXPECT_EQ(both.max, 100'000);
  EXPECT_NEAR(both.mean, (900 * 1'000.0 + 300 * 100'000.0) / 1'200, 1e-6);
}

TEST(Distribution, MergingOneGivesItBack) {
  meter::Histogram histogram;
  for (int i = 1; i <= 5'000; ++i) histogram.record(i * 37us);
  const Distribution one = to_distribution(histogram);
  const Percentiles again = merge({&one});
  EXPECT_EQ(again.count, one.count);
  EXPECT_EQ(again.p50, one.p50);
  EXPECT_EQ(again.p90, one.p90);
  EXPECT_EQ(again.p99, one.p99);
  EXPECT_EQ(again.p999, one.p999);
  EXPECT_EQ(again.max, one.max);
  EXPECT_NEAR(again.mean, one.mean, 1e-6);
}

TEST(Distribution, MergingSkipsEmptyOnesAndCountsClampedOnes) {
  meter::Histogram histogram;
  histogram.record(-5ms);
  histogram.record(2ms);
  const Distribution some = to_distribution(histogram), none = to_distribution(meter::Histogram());
  const Percentiles both = merge({&none, &some, &none, &some});
  EXPECT_EQ(both.count, 4U);
  EXPECT_EQ(both.clamped, 2U);
  EXPECT_EQ(both.min, some.min);
}

TEST(Percentiles, AreWorthDrawingWithTenSamplesBeyond) {
  const auto with = [](std::uint64_t count) {
    Percentiles p;
    p.count = count;
    return p;
  };
  EXPECT_TRUE(with(20).supports(50));
  EXPECT_FALSE(with(19).supports(50));
  EXPECT_TRUE(with(1'000).supports(99));
  EXPECT_FALSE(with(999).supports(99));
  EXPECT_TRUE(with(10'000).supports(99.9));
  EXPECT_FALSE(with(9'999).supports(99.9));
  EXPECT_FALSE(with(0).supports(50));
}

}  // namespace
}  // namespace wirelab::lab
