#include "lab/result/series_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "lab/result/result.hpp"
#include "lab/text/json_fields.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using SeriesInterval = meter::Series::Interval;

struct SeriesLine {
  std::string schema = "wirelab.series/1";
  std::string transport;
  std::uint64_t round = 1;
  double start_ms = 0, length_ms = 0;
  std::uint64_t published = 0, expected = 0, delivered = 0;
  std::optional<double> age_p50_us, age_p90_us, age_p99_us, age_max_us;
  std::vector<std::pair<double, std::uint64_t>> age_us_buckets;
  std::uint64_t arrived = 0, requests = 0, empty_answers = 0, frames = 0, connections_opened = 0, failures = 0;
  std::uint64_t bytes_out = 0, bytes_in = 0;
};

constexpr auto fields(Of<SeriesLine>) {
  using L = SeriesLine;
  return std::tuple(Field{"schema", &L::schema},                          //
                    Field{"transport", &L::transport},                    //
                    Field{"round", &L::round},                            //
                    Field{"start_ms", &L::start_ms},                      //
                    Field{"length_ms", &L::length_ms},                    //
                    Field{"published", &L::published},                    //
                    Field{"expected", &L::expected},                      //
                    Field{"delivered", &L::delivered},                    //
                    Field{"age_p50_us", &L::age_p50_us},                  //
                    Field{"age_p90_us", &L::age_p90_us},                  //
                    Field{"age_p99_us", &L::age_p99_us},                  //
                    Field{"age_max_us", &L::age_max_us},                  //
                    Field{"age_us_buckets", &L::age_us_buckets},          //
                    Field{"arrived", &L::arrived},                        //
                    Field{"requests", &L::requests},                      //
                    Field{"empty_answers", &L::empty_answers},            //
                    Field{"frames", &L::frames},                          //
                    Field{"connections_opened", &L::connections_opened},  //
                    Field{"failures", &L::failures},                      //
                    Field{"bytes_out", &L::bytes_out},                    //
                    Field{"bytes_in", &L::bytes_in});
}

SeriesLine line_of(const SeriesInterval& interval) {
  const meter::Series::Counts& counts = interval.counts;
  Percentiles samples;
  samples.count = counts.delivered;
  const auto supported = [&](double percentile, Nanos age) {
    return samples.supports(percentile) ? std::optional(to_us(age)) : std::nullopt;
  };
  SeriesLine line;
  line.start_ms = to_us(interval.begin) / 1000;
  line.length_ms = to_us(interval.length) / 1000;
  line.published = counts.published;
  line.expected = counts.expected;
  line.delivered = counts.delivered;
  line.age_p50_us = supported(50, interval.age_p50);
  line.age_p90_us = supported(90, interval.age_p90);
  line.age_p99_us = supported(99, interval.age_p99);
  if (counts.delivered > 0) line.age_max_us = to_us(interval.age_max);
  for (const auto& [highest, count] : interval.age_buckets) line.age_us_buckets.emplace_back(to_us(highest), count);
  line.arrived = counts.arrived;
  line.requests = counts.requests;
  line.empty_answers = counts.empty_answers;
  line.frames = counts.frames;
  line.connections_opened = counts.connections_opened;
  line.failures = counts.failures;
  line.bytes_out = counts.bytes_out;
  line.bytes_in = counts.bytes_in;
  return line;
}

}  // namespace

Nanos default_series_step(Nanos window) {
  for (Nanos decade = 100ms;; decade *= 10)
    for (const int digit : {1, 2, 5})
      if (meter::Series::intervals_of(window, decade * digit) <= meter::Series::kIntervalsMax) return decade * digit;
}

void check_series_step(Nanos window, Nanos step) {
  if (step <= 0ns) throw std::invalid_argument("--series-step 0: give a duration above 0, like 100ms");
  const std::size_t intervals = meter::Series::intervals_of(window, step);
  if (intervals > meter::Series::kIntervalsMax)
    throw std::invalid_argument(
        fmt::format("--series-step {}: that would be {} intervals, and {} are the most; give {}", to_duration(step),
                    intervals, meter::Series::kIntervalsMax, to_duration(default_series_step(window))));
}

std::string series_text(const meter::Series& series, std::string_view transport, std::uint64_t round) {
  std::string text;
  for (const SeriesInterval& interval : series.intervals()) {
    SeriesLine line = line_of(interval);
    line.transport = transport;
    line.round = round;
    text += write_json(line).dump() + '\n';
  }
  return text;
}

void move_series(const fs::path& one_run, const fs::path& all, std::uint64_t round) {
  std::ifstream in(one_run);
  if (!in) throw std::runtime_error("cannot read " + one_run.string());
  std::ofstream out(all, std::ios::app);
  for (std::string text; std::getline(in, text);) {
    Json line = Json::parse(text);
    line["round"] = round;
    out << line.dump() << '\n';
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + all.string());
  fs::remove(one_run);
}

}  // namespace wirelab::lab
