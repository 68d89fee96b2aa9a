#include "lab/report/sweep_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>

#include "lab/report/caption.hpp"
#include "lab/report/report_ahead.hpp"
#include "lab/report/report_csv.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/intervals.hpp"
#include "lab/result/verdict.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kValueWidth = 44;
constexpr int kCellWidth = 13;

/// One figure along the axis, for every transport.
struct Block {
  std::string title;
  std::function<std::optional<double>(const SweepPoint&, const std::string& transport)> value;
};

Block of_figure(std::string_view which) {
  const Figure& figure = *find_figure(which);
  return {std::string(figure.title), [&figure](const SweepPoint& point, const std::string& transport) {
            const auto value = figure.value(point.summary.at(transport));
            return value ? std::optional(*value / figure.shown_per_unit) : std::nullopt;
          }};
}

std::optional<double> requests_per_second(const SweepPoint& point, const std::string& transport) {
  double requests = 0, duration_s = 0;
  for (const Run& run : point.runs) {
    if (run.transport != transport) continue;
    requests += static_cast<double>(run.window.requests);
    duration_s += run.window.duration_s;
  }
  return duration_s > 0 ? std::optional(requests / duration_s) : std::nullopt;
}

std::vector<Block> blocks() {
  return {
      of_figure("p50"),
      of_figure("p99"),
      of_figure("server_cpu"),
      {"server CPU, % of one core",
       [](const SweepPoint& point, const std::string& transport) {
         const auto share = point.summary.at(transport).server_cpu_share_of_core;
         return share ? std::optional(*share * 100) : std::nullopt;
       }},
      {"requests per second", requests_per_second},
      of_figure("bytes"),
      of_figure("wire_bytes"),
      of_figure("idle_bytes"),
      of_figure("idle_cpu"),
      of_figure("idle_memory"),
      {"load generator CPU, % of one core",
       [](const SweepPoint& point, const std::string& transport) {
         return std::optional(point.summary.at(transport).generator_cpu_share_of_core * 100);
       }},
  };
}

bool is_valid(const SweepPoint& point, const std::string& transport) {
  return point.summary.at(transport).verdict == Verdict::valid;
}

/// With room for the mark of a point that is not VALID.
std::string cell(const Block& block, const SweepPoint& point, const std::string& transport) {
  if (!point.summary.contains(transport)) return fmt::format("{:>{}} ", "none", kCellWidth - 1);
  const auto value = block.value(point, transport);
  return fmt::format("{:>{}}{}", value ? significant(*value) : "-", kCellWidth - 1,
                     is_valid(point, transport) ? ' ' : '*');
}

std::string without_trailing_space(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

/// Those that were measured at one point at least.
std::vector<std::string> columns_of(const SweepResult& sweep) {
  std::vector<std::string> measured = sweep.configuration.transports;
  std::erase_if(measured, [&](const std::string& transport) {
    return std::none_of(sweep.points.begin(), sweep.points.end(),
                        [&](const SweepPoint& point) { return point.summary.contains(transport); });
  });
  return measured;
}

/// Whether a point has it, of any transport.
bool is_there(const Block& block, const SweepResult& sweep) {
  return std::any_of(sweep.points.begin(), sweep.points.end(), [&](const SweepPoint& point) {
    return std::any_of(point.summary.begin(), point.summary.end(),
                       [&](const auto& entry) { return block.value(point, entry.first).has_value(); });
  });
}

std::string table(const SweepResult& sweep) {
  const Axis axis = parse_axis(sweep.over.axis);
  const auto transports = columns_of(sweep);
  std::string header = fmt::format("{:<{}}", "", kValueWidth);
  for (const std::string& transport : transports) header += fmt::format("{:>{}} ", transport, kCellWidth - 1);
  std::string out = without_trailing_space(header);
  for (const Block& block : blocks()) {
    if (!is_there(block, sweep)) continue;
    out += block.title + '\n';
    for (const SweepPoint& point : sweep.points) {
      std::string line = fmt::format("  {:<{}}", value_words(axis, point.value), kValueWidth - 2);
      for (const std::string& transport : transports) line += cell(block, point, transport);
      out += without_trailing_space(line);
    }
  }
  return out;
}

/// "websocket, long-poll = keep-alive, short-poll"
std::string order_at(const Result& result, const Figure& figure) {
  std::string out;
  for (const auto& group : ranking(result, figure))
    for (std::size_t i = 0; i < group.size(); ++i) out += (out.empty() ? "" : i == 0 ? ", " : " = ") + group[i];
  return out.empty() ? "-" : out;
}

/// Rankings change along an axis: where, is what a sweep is for. Empty when one round or one transport cannot show it.
std::string who_is_ahead(const SweepResult& sweep) {
  if (sweep.configuration.rounds < 2 || sweep.configuration.transports.size() < 2) return "";
  std::string out = "Best first, by 95% intervals over the rounds ('=': not separable; only what is VALID)\n";
  for (const Figure* figure : ranked_figures()) {
    if (std::none_of(sweep.points.begin(), sweep.points.end(),
                     [&](const SweepPoint& point) { return is_known(*figure, point.summary); }))
      continue;
    out += fmt::format("{}\n", figure->title.substr(0, figure->title.find(',')));
    for (const SweepPoint& point : sweep.points)
      out += fmt::format("  {:<{}}{}\n", value_words(parse_axis(sweep.over.axis), point.value), kValueWidth - 2,
                         order_at(result_at(sweep, point), *figure));
  }
  return out + luck(sweep.configuration.rounds) + '\n';
}

/// "1 to 5,000 subscribers"
Varied varied(const SweepResult& sweep) {
  const Axis axis = parse_axis(sweep.over.axis);
  const auto [least, most] = std::minmax_element(sweep.over.values.begin(), sweep.over.values.end());
  const std::string unit = axis == Axis::clients ? " subscribers" : axis == Axis::rate ? " messages/s" : "";
  return {sweep.over.key, fmt::format("{} to {}{}", value_text(axis, *least), value_text(axis, *most), unit)};
}

std::string verdicts_at(const SweepResult& sweep, const SweepPoint& point) {
  const std::string where = value_words(parse_axis(sweep.over.axis), point.value);
  std::string out;
  for (const std::string& transport : sweep.configuration.transports) {
    if (!point.summary.contains(transport) || is_valid(point, transport)) continue;
    const Summary& summary = point.summary.at(transport);
    out += fmt::format("* {} at {}: {}\n", transport, where, name(summary.verdict));
    for (const std::string& reason : summary.reasons) out += fmt::format("    {}\n", reason);
  }
  for (const NotCarriedOut& missing : point.not_carried_out)
    out += fmt::format("! {} at {}: {} not carried out\n    {}\n", missing.transport, where,
                       plural(missing.runs, "run"), missing.reason);
  return out;
}

std::string verdicts_of_points(const SweepResult& sweep) {
  std::string out;
  for (const SweepPoint& point : sweep.points) out += verdicts_at(sweep, point);
  if (sweep.points.size() < sweep.over.values.size())
    out += fmt::format("! stopped after {} of {} points\n", sweep.points.size(), sweep.over.values.size());
  return out.empty() ? "verdict: VALID at every point\n" : out;
}

constexpr const char* kSweepLegend =
    "Age: from when a message was due by the schedule until a subscriber had it, over all rounds. Bytes: both\n"
    "directions, subscribers only. Server CPU includes taking in what is published. '-': not applicable, or\n"
    "fewer than ten samples beyond. '*': not VALID, for the reason given. 'none': not carried out.\n";

}  // namespace

std::string sweep_text(const SweepResult& sweep) {
  return caption(sweep.configuration, sweep, varied(sweep)) + '\n' + table(sweep) + '\n' + who_is_ahead(sweep) +
         verdicts_of_points(sweep) + reservations(sweep) + kSweepLegend;
}

std::string sweep_csv(const SweepResult& sweep) {
  std::string out;
  for (const SweepPoint& point : sweep.points) {
    Result result = result_at(sweep, point);
    result.runs.clear();  // without their buckets they have no percentiles
    std::istringstream lines(report_csv(result));
    std::string line;
    std::getline(lines, line);
    if (out.empty()) out = fmt::format("{},not_carried_out_runs,{}\n", sweep.over.key, line);
    const auto commas = static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
    const auto missing = [&](const std::string& transport) {
      std::uint64_t runs = 0;
      for (const NotCarriedOut& its : point.not_carried_out) runs += its.transport == transport ? its.runs : 0;
      return runs;
    };
    for (const std::string& transport : sweep.configuration.transports) {
      if (point.summary.contains(transport))
        std::getline(lines, line);
      else if (missing(transport) > 0)
        line = transport + ",all" + std::string(commas - 1, ',') + '\r';
      else
        continue;
      out += fmt::format("{},{},{}\n", point.value, missing(transport), line);
    }
  }
  return out;
}

}  // namespace wirelab::lab
