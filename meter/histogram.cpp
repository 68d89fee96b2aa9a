#include "meter/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <ostream>

namespace wirelab::meter {
namespace {

constexpr int kSubBits = 10;  // 2^10 buckets for each power of two: a bucket spans less than 0.1% of its values
constexpr std::int64_t kLinearEnd = std::int64_t{1} << (kSubBits + 1);
constexpr int kTopBit = 40;  // values below 2^41 ns = 36 minutes
constexpr std::int64_t kHighest = 20LL * 60 * 1'000'000'000;
static_assert(kHighest < (std::int64_t{1} << (kTopBit + 1)));

std::size_t bucket_of(std::int64_t value) {
  if (value < kLinearEnd) return static_cast<std::size_t>(value);
  const int shift = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value))) - 1 - kSubBits;
  const auto sub = static_cast<std::size_t>(value >> shift);  // in [2^kSubBits, 2^(kSubBits+1))
  return (static_cast<std::size_t>(shift) << kSubBits) + sub;
}

std::int64_t highest_equivalent(std::size_t bucket) {
  if (bucket < static_cast<std::size_t>(kLinearEnd)) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const auto sub = static_cast<std::int64_t>(bucket - (shift << kSubBits));
  return ((sub + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(bucket_of(kHighest) + 1) {}

Histogram::Nanos Histogram::highest() { return Nanos(kHighest); }

void Histogram::record(Nanos value, std::uint64_t count) {
  if (count == 0) return;
  const std::int64_t ns = std::clamp<std::int64_t>(value.count(), 0, kHighest);
  if (ns != value.count()) clamped_ += count;
  counts_[bucket_of(ns)] += count;
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  count_ += count;
  const auto weight = static_cast<double>(count), x = static_cast<double>(ns);
  sum_ += weight * x;
  sum_squares_ += weight * x * x;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>{});
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  clamped_ += other.clamped_;
  sum_ += other.sum_;
  sum_squares_ += other.sum_squares_;
}

void Histogram::clear() { *this = Histogram(); }

Histogram::Nanos Histogram::min() const { return Nanos(min_); }
Histogram::Nanos Histogram::max() const { return Nanos(max_); }

double Histogram::mean_ns() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

double Histogram::stddev_ns() const {
  if (count_ == 0) return 0;
  const double mean = mean_ns();
  return std::sqrt(std::max(0.0, sum_squares_ / static_cast<double>(count_) - mean * mean));
}

Histogram::Nanos Histogram::percentile(double percentile) const {
  if (count_ == 0) return Nanos(0);
  const double exact = percentile / 100.0 * static_cast<double>(count_);
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact - 1e-9)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) return Nanos(std::clamp(highest_equivalent(bucket), min_, max_));
  }
  return max();
}

bool Histogram::supports(double percentile) const {
  return static_cast<double>(count_) * (1.0 - percentile / 100.0) >= 10.0 - 1e-9;
}

std::vector<std::pair<Histogram::Nanos, std::uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<Nanos, std::uint64_t>> filled;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket)
    if (counts_[bucket] > 0) filled.emplace_back(Nanos(highest_equivalent(bucket)), counts_[bucket]);
  return filled;
}

void Histogram::write_hgrm(std::ostream& out) const {
  char line[160];
  const auto print = [&](const char* format, auto... values) {
    std::snprintf(line, sizeof line, format, values...);
    out << line;
  };
  const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1000.0; };

  print("%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  std::uint64_t seen = 0;
  for (const auto& [value, count] : buckets()) {
    seen += count;
    const double fraction = static_cast<double>(seen) / static_cast<double>(count_);
    const double shown = us(std::min(value.count(), max_));
    if (seen < count_)
      print("%12.3f %2.12f %10llu %14.2f\n", shown, fraction, static_cast<unsigned long long>(seen),
            1 / (1 - fraction));
    else
      print("%12.3f %2.12f %10llu\n", shown, 1.0, static_cast<unsigned long long>(seen));
  }
  print("#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean_ns() / 1000, stddev_ns() / 1000);
  print("#[Max     = %12.3f, Total count    = %12llu]\n", us(max_), static_cast<unsigned long long>(count_));
  print("#[Buckets = %12d, SubBuckets     = %12d]\n", kTopBit - kSubBits + 1, 1 << (kSubBits + 1));
}

}  // namespace wirelab::meter
