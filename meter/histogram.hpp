#pragma once
// A log-linear histogram after HdrHistogram (Gil Tene, hdrhistogram.org): fixed memory, every value kept to three
// significant digits, from 1 ns to 20 minutes. One per thread; merge them at the end. Percentiles are never averaged.
//
// Layout: values below 2^11 ns have a bucket each; above, each power of two is cut into 2^10 equal buckets, so a bucket
// is never wider than 1/1024 of its values.
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <utility>
#include <vector>

namespace wirelab::meter {

class Histogram {
 public:
  using Nanos = std::chrono::nanoseconds;

  Histogram();

  /// A value below 0 or above highest() is counted at the nearer end, and in clamped().
  void record(Nanos value, std::uint64_t count = 1);
  void merge(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  std::uint64_t clamped() const { return clamped_; }
  Nanos min() const;  ///< exact; 0 when empty
  Nanos max() const;  ///< exact; 0 when empty
  double mean_ns() const;
  double stddev_ns() const;

  /// The smallest recorded value (to the histogram's precision) that at least `percentile` per cent of all do not
  /// exceed; 0 when empty. Precondition: 0 <= percentile <= 100.
  Nanos percentile(double percentile) const;
  /// Whether ten samples at least lie beyond it: only then is a percentile worth drawing.
  bool supports(double percentile) const;

  /// The non-empty buckets, ascending: highest value equivalent to the bucket, and its count.
  std::vector<std::pair<Nanos, std::uint64_t>> buckets() const;
  /// Adds a bucket as buckets() gave it: how a histogram is read back from a result file.
  void add_bucket(Nanos highest_equivalent, std::uint64_t count) { record(highest_equivalent, count); }

  static Nanos highest();

  /// The percentile distribution in the text form that HdrHistogram's plotter reads; values in microseconds.
  void write_hgrm(std::ostream& out) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t clamped_ = 0;
  std::int64_t min_ = 0, max_ = 0;
  double sum_ = 0, sum_squares_ = 0;
};

}  // namespace wirelab::meter
