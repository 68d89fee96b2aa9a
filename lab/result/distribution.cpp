#include "lab/result/distribution.hpp"

#include <algorithm>
#include <cmath>

#include "lab/text/units.hpp"

namespace wirelab::lab {
namespace {

std::chrono::nanoseconds from_us(double us) { return std::chrono::nanoseconds(std::llround(us * 1000)); }

meter::Histogram add_up(const std::vector<const Distribution*>& distributions) {
  meter::Histogram together;
  for (const Distribution* one : distributions)
    for (const auto& [highest, count] : one->buckets) together.add_bucket(from_us(highest), count);
  return together;
}

/// A bucket's highest value may lie beyond the greatest sample in it.
void read_percentiles(const meter::Histogram& histogram, Percentiles& out) {
  const auto at = [&](double percentile) {
    return std::clamp(to_us(histogram.percentile(percentile)), out.min, out.max);
  };
  out.p50 = at(50);
  out.p90 = at(90);
  out.p99 = at(99);
  out.p999 = at(99.9);
}

}  // namespace

Distribution to_distribution(const meter::Histogram& histogram) {
  Distribution out;
  out.count = histogram.count();
  if (out.count == 0) return out;
  out.min = to_us(histogram.min());
  out.mean = histogram.mean_ns() / 1000;
  out.max = to_us(histogram.max());
  out.clamped = histogram.clamped();
  read_percentiles(histogram, out);
  for (const auto& [highest, count] : histogram.buckets()) out.buckets.emplace_back(to_us(highest), count);
  return out;
}

meter::Histogram to_histogram(const Distribution& distribution) { return add_up({&distribution}); }

Percentiles merge(const std::vector<const Distribution*>& distributions) {
  Percentiles out;
  double sum = 0;
  for (const Distribution* one : distributions) {
    if (one->count == 0) continue;
    out.min = out.count == 0 ? one->min : std::min(out.min, one->min);
    out.max = std::max(out.max, one->max);
    out.count += one->count;
    out.clamped += one->clamped;
    sum += one->mean * static_cast<double>(one->count);
  }
  if (out.count == 0) return out;
  out.mean = sum / static_cast<double>(out.count);
  read_percentiles(add_up(distributions), out);
  return out;
}

double percentile_us(const std::vector<const Distribution*>& distributions, double percentile) {
  double max = 0;
  for (const Distribution* one : distributions) max = std::max(max, one->max);
  return std::min(to_us(add_up(distributions).percentile(percentile)), max);
}

}  // namespace wirelab::lab
