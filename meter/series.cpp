#include "meter/series.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace wirelab::meter {
namespace {

// In microseconds: a bucket for each value below 2^7; above, each power of two is cut into 2^6 equal buckets.
constexpr int kSeriesSubBits = 6;
constexpr std::uint64_t kSeriesLinearEnd = std::uint64_t{1} << (kSeriesSubBits + 1);
constexpr std::uint64_t kSeriesHighestUs = 20ULL * 60 * 1'000'000;

constexpr std::size_t age_bucket_of(std::uint64_t us) {
  if (us < kSeriesLinearEnd) return us;
  const auto shift = static_cast<std::size_t>(std::bit_width(us)) - 1 - kSeriesSubBits;
  return (shift << kSeriesSubBits) + (us >> shift);
}

constexpr std::uint64_t highest_us_in(std::size_t bucket) {
  if (bucket < kSeriesLinearEnd) return bucket;
  const std::size_t shift = (bucket >> kSeriesSubBits) - 1;
  return ((bucket - (shift << kSeriesSubBits) + 1) << shift) - 1;
}

constexpr std::size_t kAgeBuckets = age_bucket_of(kSeriesHighestUs) + 1;

/// The highest of the coarse bucket that it is in: two bits behind the first tell four apart in each power of two.
/// Every bucket of above lies within one of these.
constexpr std::uint64_t coarse_highest_us(std::uint64_t us) {
  constexpr int kCoarseBits = 3;
  if (us < (std::uint64_t{1} << kCoarseBits)) return us;
  const auto shift = static_cast<std::size_t>(std::bit_width(us)) - kCoarseBits;
  return (((us >> shift) + 1) << shift) - 1;
}

}  // namespace

std::size_t Series::intervals_of(Nanos window, Nanos step) {
  return window <= Nanos::zero() ? 0 : static_cast<std::size_t>((window + step - Nanos(1)) / step);
}

Series::Series(Nanos step, std::size_t intervals)
    : step_(step), counts_(intervals), age_max_(intervals), ages_(intervals * kAgeBuckets) {}

std::size_t Series::at(Nanos time) const {
  const auto interval = static_cast<std::size_t>(std::max(time - begin_, Nanos::zero()) / step_);
  return std::min(interval, counts_.size() - 1);
}

void Series::published(Nanos due, std::uint64_t subscribers) {
  if (counts_.empty()) return;
  Counts& counts = counts_[at(due)];
  ++counts.published;
  counts.expected += subscribers;
}

void Series::delivered(Nanos due, Nanos age) {
  if (counts_.empty()) return;
  const std::size_t interval = at(due);
  ++counts_[interval].delivered;
  age_max_[interval] = std::max(age_max_[interval], age);
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 0)) / 1'000;
  ++ages_[interval * kAgeBuckets + age_bucket_of(std::min(us, kSeriesHighestUs))];
}

void Series::arrived(Nanos time) {
  if (!counts_.empty()) ++counts_[at(time)].arrived;
}

void Series::answered(Nanos time, std::uint64_t bytes_out, std::uint64_t bytes_in, bool empty) {
  if (counts_.empty()) return;
  Counts& counts = counts_[at(time)];
  ++counts.requests;
  counts.empty_answers += empty ? 1 : 0;
  counts.bytes_out += bytes_out;
  counts.bytes_in += bytes_in;
}

void Series::framed(Nanos time, std::uint64_t bytes_in) {
  if (counts_.empty()) return;
  Counts& counts = counts_[at(time)];
  ++counts.frames;
  counts.bytes_in += bytes_in;
}

void Series::connected(Nanos time) {
  if (!counts_.empty()) ++counts_[at(time)].connections_opened;
}

void Series::failed(Nanos time) {
  if (!counts_.empty()) ++counts_[at(time)].failures;
}

Series::Counts& Series::Counts::operator+=(const Counts& other) {
  published += other.published;
  expected += other.expected;
  delivered += other.delivered;
  arrived += other.arrived;
  requests += other.requests;
  empty_answers += other.empty_answers;
  frames += other.frames;
  connections_opened += other.connections_opened;
  failures += other.failures;
  bytes_out += other.bytes_out;
  bytes_in += other.bytes_in;
  return *this;
}

void Series::merge(const Series& other) {
  if (other.counts_.empty()) return;
  if (counts_.empty()) {
    *this = other;
    return;
  }
  end_ = std::min(end_, other.end_);  // not everyone need have been told that it was brought forward
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i] += other.counts_[i];
    age_max_[i] = std::max(age_max_[i], other.age_max_[i]);
  }
  std::transform(ages_.begin(), ages_.end(), other.ages_.begin(), ages_.begin(), std::plus<>{});
}

Series::Nanos Series::percentile(std::size_t interval, double percentile) const {
  const auto samples = static_cast<double>(counts_[interval].delivered);
  if (samples == 0) return {};
  const auto rank = static_cast<std::uint64_t>(std::ceil(percentile / 100 * samples - 1e-9));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < kAgeBuckets; ++bucket)
    if ((seen += ages_[interval * kAgeBuckets + bucket]) >= rank) break;
  return std::min<Nanos>(std::chrono::microseconds(highest_us_in(bucket) + 1), age_max_[interval]);
}

std::vector<std::pair<Series::Nanos, std::uint64_t>> Series::coarse_ages(std::size_t interval) const {
  std::vector<std::pair<Nanos, std::uint64_t>> coarse;
  if (counts_[interval].delivered == 0) return coarse;
  for (std::size_t bucket = 0; bucket < kAgeBuckets; ++bucket) {
    const std::uint64_t count = ages_[interval * kAgeBuckets + bucket];
    if (count == 0) continue;
    const Nanos highest = std::chrono::microseconds(coarse_highest_us(highest_us_in(bucket)));
    if (coarse.empty() || coarse.back().first != highest) coarse.emplace_back(highest, 0);
    coarse.back().second += count;
  }
  return coarse;
}

void Series::cut(std::size_t intervals) {
  for (std::size_t i = intervals; i < counts_.size(); ++i) {
    counts_[intervals - 1] += counts_[i];
    age_max_[intervals - 1] = std::max(age_max_[intervals - 1], age_max_[i]);
    for (std::size_t bucket = 0; bucket < kAgeBuckets; ++bucket)
      ages_[(intervals - 1) * kAgeBuckets + bucket] += ages_[i * kAgeBuckets + bucket];
  }
  counts_.resize(intervals);
}

std::vector<Series::Interval> Series::intervals() const {
  std::vector<Interval> rows;
  if (counts_.empty() || end_ <= begin_) return rows;
  const Nanos window = end_ - begin_;
  // Who was not told yet that the end was brought forward may have recorded something after it.
  Series its = *this;
  its.cut(std::min(intervals_of(window, step_), counts_.size()));
  for (std::size_t i = 0; i < its.counts_.size(); ++i) {
    const Nanos begin = static_cast<std::int64_t>(i) * step_;
    rows.push_back({begin, std::min(step_, window - begin), its.counts_[i], its.percentile(i, 50),
                    its.percentile(i, 90), its.percentile(i, 99), its.age_max_[i], its.coarse_ages(i)});
  }
  return rows;
}

}  // namespace wirelab::meter
