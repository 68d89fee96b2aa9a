// The meter must cost next to nothing beside what it measures.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "meter/histogram.hpp"
#include "meter/series.hpp"

namespace {

using wirelab::meter::Histogram;
using wirelab::meter::Series;

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

/// What a series adds to each delivery: once by when it was due, once by when it came.
void SeriesRecord(benchmark::State& state) {
  using namespace std::chrono_literals;
  Series series(100ms, 600);
  series.set_window(0s, 60s);
  const auto values = draws();
  std::size_t i = 0;
  for (auto _ : state) {
    const auto due = (i % 60'000) * 1ms;
    const auto age = values[i++ % values.size()];
    series.arrived(due + age);
    series.delivered(due, age);
  }
  benchmark::DoNotOptimize(series);
}
BENCHMARK(SeriesRecord);

}  // namespace
