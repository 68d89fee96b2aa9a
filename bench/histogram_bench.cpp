// The meter must cost next to nothing beside what it measures.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "meter/histogram.hpp"

namespace {

using wirelab::meter::Histogram;

std::vector<std::chrono::nanoseconds> draws() {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> draw(14, 2);
  std::vector<std::chrono::nanoseconds> values(4096);
  for (auto& value : values) value = std::chrono::nanoseconds(static_cast<std::int64_t>(draw(random)));
  return values;
}

void HistogramRecord(benchmark::State& state) {
  Histogram histogram;
  const auto values = draws();
  std::size_t i = 0;
  for (auto _ : state) histogram.record(values[i++ % values.size()]);
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(HistogramRecord);

void HistogramMerge(benchmark::State& state) {
  Histogram sum, part;
  for (const auto value : draws()) part.record(value);
  for (auto _ : state) sum.merge(part);
  benchmark::DoNotOptimize(sum.count());
}
BENCHMARK(HistogramMerge);

void HistogramPercentile(benchmark::State& state) {
  Histogram histogram;
  for (const auto value : draws()) histogram.record(value);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.percentile(99));
}
BENCHMARK(HistogramPercentile);

}  // namespace
