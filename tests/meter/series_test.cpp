#include "meter/series.hpp"

#include <gtest/gtest.h>

#include "meter/histogram.hpp"

namespace wirelab::meter {
namespace {

using namespace std::chrono_literals;
using Nanos = Series::Nanos;
using Counts = Series::Counts;

constexpr Nanos kStart = 1000s, kStep = 100ms;

/// With a window as long as all of them.
Series series_of(std::size_t intervals) {
  Series series(kStep, intervals);
  series.set_window(kStart, kStart + static_cast<std::int64_t>(intervals) * kStep);
  return series;
}

TEST(Series, AgesAreByWhenAMessageWasDue) {
  Series series = series_of(3);
  series.published(kStart, 2);
  series.delivered(kStart, 5ms);
  series.delivered(kStart + 99'999us, 7s);  // it came long after the window
  series.delivered(kStart + 100ms, 9ms);
  const auto rows = series.intervals();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].counts, (Counts{.published = 1, .expected = 2, .delivered = 2}));
  EXPECT_EQ(rows[0].age_max, 7s);
  EXPECT_EQ(rows[1].begin, 100ms);
  EXPECT_EQ(rows[1].counts, Counts{.delivered = 1});
  EXPECT_EQ(rows[1].age_p50, 9ms) << "no further than the greatest";
  EXPECT_EQ(rows[2].counts, Counts());
  EXPECT_EQ(rows[2].age_max, 0ms);
}

TEST(Series, WhatWentOnIsByWhenItHappened) {
  Series series = series_of(5);
  series.arrived(kStart + 100ms);
  series.answered(kStart + 250ms, 100, 200, false);
  series.answered(kStart + 299ms, 100, 50, true);
  series.framed(kStart + 200ms, 20);
  series.connected(kStart + 399ms);
  series.failed(kStart + 400ms);
  const auto rows = series.intervals();
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0].counts, Counts());
  EXPECT_EQ(rows[1].counts, Counts{.arrived = 1});
  EXPECT_EQ(rows[2].counts,
            (Counts{.requests = 2, .empty_answers = 1, .frames = 1, .bytes_out = 200, .bytes_in = 270}));
  EXPECT_EQ(rows[3].counts, Counts{.connections_opened = 1});
  EXPECT_EQ(rows[4].counts, Counts{.failures = 1});
}

TEST(Series, CoversTheWindowAndNoMore) {
  Series series(kStep, Series::intervals_of(250ms, kStep));
  EXPECT_TRUE(series.intervals().empty()) << "it has not begun";
  series.set_window(kStart, kStart + 250ms);
  const auto rows = series.intervals();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].length, 100ms);
  EXPECT_EQ(rows[2].begin, 200ms);
  EXPECT_EQ(rows[2].length, 50ms);
  EXPECT_EQ(Series::intervals_of(300ms, kStep), 3u);
  EXPECT_EQ(Series::intervals_of(0ms, kStep), 0u);
  series.set_window(kStart, kStart - 1ms);
  EXPECT_TRUE(series.intervals().empty()) << "interrupted before it began";
}

TEST(Series, WhatIsJustBesideTheWindowIsInTheNearestInterval) {
  Series series = series_of(3);
  series.arrived(kStart - 1ns);
  series.arrived(kStart + 300ms);
  series.arrived(kStart + 1h);
  const auto rows = series.intervals();
  EXPECT_EQ(rows[0].counts.arrived, 1u);
  EXPECT_EQ(rows[1].counts.arrived, 0u);
  EXPECT_EQ(rows[2].counts.arrived, 2u);
}

TEST(Series, AnInterruptedWindowEndsWhereItWasInterrupted) {
  Series series = series_of(10);
  series.arrived(kStart + 120ms);
  series.set_window(kStart, kStart + 130ms);
  auto rows = series.intervals();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].length, 30ms);
  // Of a thread that had not been told yet.
  series.arrived(kStart + 170ms);
  series.arrived(kStart + 210ms);
  series.delivered(kStart + 210ms, 7ms);
  rows = series.intervals();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].counts.arrived, 3u);
  EXPECT_EQ(rows[1].counts.delivered, 1u);
  EXPECT_EQ(rows[1].age_p50, 7ms);
  EXPECT_EQ(rows[1].age_max, 7ms);
  EXPECT_EQ(rows[1].length, 30ms);
}

TEST(Series, PercentilesAreThoseOfTheHistogramWithinItsPrecision) {
  Series series = series_of(1);
  Histogram exact;
  for (int i = 1; i <= 20'000; ++i) {
    const Nanos age = i * 37us + Nanos(i);
    series.delivered(kStart, age);
    exact.record(age);
  }
  const auto row = series.intervals().at(0);
  EXPECT_EQ(row.age_max, exact.max());
  for (const auto& [found, percentile] : {std::pair(row.age_p50, 50.0), {row.age_p90, 90.0}, {row.age_p99, 99.0}}) {
    const auto truth = static_cast<double>(exact.percentile(percentile).count());
    EXPECT_GE(static_cast<double>(found.count()), 0.999 * truth) << percentile;
    EXPECT_LE(static_cast<double>(found.count()), 1.016 * truth) << percentile;
  }
}

TEST(Series, CoarseBucketsAreFourAPowerOfTwoAndHoldEveryDelivery) {
  Series series = series_of(1);
  for (const Nanos age :
       std::initializer_list<Nanos>{0ns, 7us, 8us, 9us, 10us, 127us, 128us, 159us, 160us, 1s, 1'179'647us, 1'179'648us})
    series.delivered(kStart, age);
  using Bucket = std::pair<Nanos, std::uint64_t>;
  const std::vector<Bucket> expected = {{0us, 1},   {7us, 1},   {9us, 2},         {11us, 1},       {127us, 1},
                                        {159us, 2}, {191us, 1}, {1'048'575us, 1}, {1'310'719us, 2}};
  EXPECT_EQ(series.intervals().at(0).age_buckets, expected);
}

TEST(Series, ThreadsAreMerged) {
  Series one = series_of(2), other = series_of(2), all;
  one.delivered(kStart, 1ms);
  other.delivered(kStart, 3ms);
  other.published(kStart, 5);
  other.answered(kStart + 100ms, 7, 50, true);
  other.framed(kStart + 100ms, 3);
  for (Series* series : {&one, &other}) series->arrived(kStart + 100ms);
  other.connected(kStart + 100ms);
  other.failed(kStart + 100ms);
  all.merge(Series());
  all.merge(one);
  all.merge(other);
  const auto rows = all.intervals();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].counts, (Counts{.published = 1, .expected = 5, .delivered = 2}));
  EXPECT_NEAR(static_cast<double>(rows[0].age_p50.count()), 1e6, 16e3);
  EXPECT_EQ(rows[0].age_max, 3ms);
  EXPECT_EQ(rows[1].counts, (Counts{.arrived = 2,
                                    .requests = 1,
                                    .empty_answers = 1,
                                    .frames = 1,
                                    .connections_opened = 1,
                                    .failures = 1,
                                    .bytes_out = 7,
                                    .bytes_in = 53}));
  one.set_window(kStart, kStart + 150ms);  // only this one was told
  all.merge(one);
  EXPECT_EQ(all.intervals()[1].length, 50ms);
}

TEST(Series, OneThatIsOffRecordsNothing) {
  Series off;
  off.set_window(kStart, kStart + 1s);
  off.published(kStart, 1);
  off.delivered(kStart, 1ms);
  off.arrived(kStart);
  off.answered(kStart, 1, 1, true);
  off.framed(kStart, 1);
  off.connected(kStart);
  off.failed(kStart);
  EXPECT_TRUE(off.intervals().empty());
}

TEST(Series, OddAgesDoNoHarm) {
  Series series = series_of(1);
  series.delivered(kStart, -5ms);
  series.delivered(kStart, 30min);
  const auto row = series.intervals().at(0);
  EXPECT_EQ(row.counts.delivered, 2u);
  EXPECT_EQ(row.age_max, 30min);
  EXPECT_LE(row.age_p50, 1us);
  EXPECT_LE(row.age_p99, 30min);
}

}  // namespace
}  // namespace wirelab::meter
