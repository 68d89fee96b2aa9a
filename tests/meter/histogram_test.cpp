#include "meter/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>

namespace wirelab::meter {
namespace {

using namespace std::chrono_literals;

double relative_error(std::chrono::nanoseconds got, double expected_ns) {
  return std::abs(static_cast<double>(got.count()) - expected_ns) / expected_ns;
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(99), 0ns);
  EXPECT_EQ(histogram.mean_ns(), 0);
  EXPECT_TRUE(histogram.buckets().empty());
}

TEST(Histogram, KeepsThreeSignificantDigitsFromANanosecondToTwentyMinutes) {
  for (double ns = 1; ns < 1.1e12; ns *= 1.37) {
    Histogram histogram;
    histogram.record(std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
    histogram.record(20min);  // so that min and max do not help
    histogram.record(0ns);
    EXPECT_LT(relative_error(histogram.percentile(50), std::floor(ns)), 1e-3) << ns;
  }
}

TEST(Histogram, PercentilesOfAUniformRamp) {
  Histogram histogram;
  for (int us = 1; us <= 100'000; ++us) histogram.record(std::chrono::microseconds(us));
  for (const double percentile : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9})
    EXPECT_LT(relative_error(histogram.percentile(percentile), percentile * 1e6), 1.1e-3) << percentile;
  EXPECT_EQ(histogram.percentile(100), 100ms);
  EXPECT_EQ(histogram.min(), 1us);
  EXPECT_EQ(histogram.max(), 100ms);
  EXPECT_NEAR(histogram.mean_ns(), 50'000'500, 1);
  EXPECT_NEAR(histogram.stddev_ns(), 1e8 / std::sqrt(12.0), 1e4);
}

TEST(Histogram, ThePercentileIsAValueThatEnoughDoNotExceed) {
  Histogram histogram;
  for (int i = 1; i <= 4; ++i) histogram.record(std::chrono::nanoseconds(i));
  EXPECT_EQ(histogram.percentile(0), 1ns);
  EXPECT_EQ(histogram.percentile(25), 1ns);
  EXPECT_EQ(histogram.percentile(25.1), 2ns);
  EXPECT_EQ(histogram.percentile(50), 2ns);
  EXPECT_EQ(histogram.percentile(75), 3ns);
  EXPECT_EQ(histogram.percentile(99), 4ns);
}

TEST(Histogram, MergedIsAsIfRecordedInOne) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> draw(14, 2);
  Histogram a, b, both;
  for (int i = 0; i < 20'000; ++i) {
    const std::chrono::nanoseconds value(static_cast<std::int64_t>(draw(random)));
    (i % 3 == 0 ? a : b).record(value);
    both.record(value);
  }
  a.merge(b);
  a.merge(Histogram());
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.min(), both.min());
  EXPECT_EQ(a.max(), both.max());
  EXPECT_EQ(a.buckets(), both.buckets());
  EXPECT_NEAR(a.mean_ns(), both.mean_ns(), 1e-3 * both.mean_ns());
}

TEST(Histogram, ClampsWhatIsOutOfRangeAndCountsIt) {
  Histogram histogram;
  histogram.record(Histogram::highest());
  EXPECT_EQ(histogram.clamped(), 0u) << "at the limit";
  histogram.record(Histogram::highest() + 1ns);
  histogram.record(-1ns);
  EXPECT_EQ(histogram.clamped(), 2u);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), Histogram::highest());
}

TEST(Histogram, DrawsAPercentileOnlyWithTenSamplesBeyondIt) {
  Histogram histogram;
  histogram.record(1ms, 999);
  EXPECT_FALSE(histogram.supports(99));
  histogram.record(1ms);
  EXPECT_TRUE(histogram.supports(99));
  EXPECT_FALSE(histogram.supports(99.9));
  EXPECT_FALSE(histogram.supports(100));
}

TEST(Histogram, ComesBackFromItsBuckets) {
  Histogram original, copy;
  std::mt19937_64 random(2);
  for (int i = 0; i < 5'000; ++i) original.record(std::chrono::nanoseconds(random() % 1'000'000'000));
  for (const auto& [value, count] : original.buckets()) copy.add_bucket(value, count);
  EXPECT_EQ(copy.buckets(), original.buckets());
  for (const double percentile : {50.0, 90.0, 99.0})
    EXPECT_EQ(copy.percentile(percentile), original.percentile(percentile));
}

TEST(Histogram, WritesTheDistributionThatPlottersRead) {
  Histogram histogram;
  histogram.record(1us, 9);
  histogram.record(2us);
  std::ostringstream out;
  histogram.write_hgrm(out);
  std::istringstream in(out.str());
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "       Value     Percentile TotalCount 1/(1-Percentile)");
  std::getline(in, line);
  double value = 0, percentile = 0, one_over = 0;
  std::uint64_t count = 0;
  in >> value >> percentile >> count >> one_over;
  EXPECT_DOUBLE_EQ(value, 1);
  EXPECT_DOUBLE_EQ(percentile, 0.9);
  EXPECT_EQ(count, 9u);
  EXPECT_NEAR(one_over, 10, 0.01);
  in >> value >> percentile >> count;
  EXPECT_DOUBLE_EQ(value, 2);
  EXPECT_DOUBLE_EQ(percentile, 1);
  EXPECT_EQ(count, 10u);
}

}  // namespace
}  // namespace wirelab::meter
