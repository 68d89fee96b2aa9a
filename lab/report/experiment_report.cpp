#include "lab/report/experiment_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/caption.hpp"
#include "lab/result/verdict.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kWhereWidth = 26;
constexpr int kNumberWidth = 11;

double shown_per_unit(const ExperimentResult& result) {
  return result.look.against ? 1 : figure_of(result).shown_per_unit;
}

/// "age mean, ms", "age mean, times the websocket's"
std::string title_of(const ExperimentResult& result) {
  const std::string title(figure_of(result).title);
  if (!result.look.against) return title;
  return fmt::format("{}, times {}'s", title.substr(0, title.find(',')), *result.look.against);
}

std::string shown(const ExperimentResult& result, const std::optional<double>& value) {
  return value ? significant(*value / shown_per_unit(result)) : "-";
}

std::string shown(const ExperimentResult& result, const std::optional<Interval>& interval) {
  if (!interval) return "-";
  return fmt::format("{} to {}", shown(result, interval->low), shown(result, interval->high));
}

std::string difference(const ExperimentResult& result, const ExperimentPoint& point) {
  if (!point.measured || !point.predicted) return "-";
  const double apart = *point.measured - *point.predicted;
  return (apart < 0 ? "-" : "+") + shown(result, std::abs(apart));
}

std::string verdict_words(const ExperimentPoint& point) {
  if (!point.measured) return "not measured";
  const std::string theory = !point.within ? "-" : *point.within ? "within" : "MISSED";
  return point.verdict == Verdict::valid ? theory : fmt::format("{} *", theory);
}

std::string heading(const ExperimentSeries& series) {
  return series.variant.empty() ? series.transport : fmt::format("{} ({})", series.transport, series.variant);
}

std::string rows_of(const ExperimentResult& result, const ExperimentSeries& series) {
  std::string out = heading(series) + '\n';
  for (const ExperimentPoint& point : series.points) {
    const std::string where = value_words(parse_axis(result.over.axis), point.value);
    out += fmt::format("  {:<{}}{:>{}}{:>21}{:>{}}{:>{}}  {}\n", where, kWhereWidth - 2, shown(result, point.measured),
                       kNumberWidth, shown(result, point.interval), shown(result, point.predicted), kNumberWidth,
                       difference(result, point), kNumberWidth, verdict_words(point));
  }
  return out;
}

std::string reasons_of(const ExperimentResult& result) {
  std::string out;
  for (const ExperimentSeries& series : result.series)
    for (const ExperimentPoint& point : series.points) {
      if (point.verdict == Verdict::valid) continue;
      out += fmt::format("* {} at {}: {}\n", heading(series), value_words(parse_axis(result.over.axis), point.value),
                         name(point.verdict));
      for (const std::string& reason : point.reasons) out += fmt::format("    {}\n", reason);
    }
  return out;
}

/// "websocket at round trip 20ms    10.5  10.5  40.6  30.6  20.6  10.5", of the first round.
std::string strips_of(const ExperimentResult& result) {
  constexpr std::ptrdiff_t kShownBefore = 2, kShown = 14;
  if (!result.strips) return "";
  std::string out = "\nage of the oldest message, ms, and of those before and behind it, in order (first round)\n";
  for (const Strip& strip : *result.strips) {
    out += fmt::format("  {:<{}}",
                       fmt::format("{} at {}", strip.transport, value_text(parse_axis(result.over.axis), strip.value)),
                       kWhereWidth - 2);
    if (strip.rounds.empty()) out += "  nothing was dropped";
    const MessageAges none;
    const MessageAges& ages = strip.rounds.empty() ? none : strip.rounds.front();
    const auto oldest = std::find_if(ages.begin(), ages.end(), [](const auto& age) { return age.first >= 0; });
    auto age = oldest - std::min(kShownBefore, oldest - ages.begin());
    for (std::ptrdiff_t shown = 0; shown < kShown && age != ages.end(); ++shown, ++age)
      out += fmt::format("{:>6.0f}", age->second / 1e3);
    out += '\n';
  }
  return out;
}

std::string outcome(const ExperimentResult& result) {
  std::size_t compared = 0, missed = 0;
  for (const ExperimentSeries& series : result.series)
    for (const ExperimentPoint& point : series.points) {
      compared += point.within ? 1 : 0;
      missed += point.within && !*point.within ? 1 : 0;
    }
  if (compared == 0) return "theory: nothing to hold against it\n";
  return fmt::format("theory: {} at {} of {}\n", missed == 0 ? "met" : "MISSED", missed == 0 ? compared : missed,
                     plural(compared, "point"));
}

/// What is near enough, as tolerance_of() has it.
std::string tolerance_words(const ExperimentResult& result) {
  const FigureKind kind = figure_of(result).kind;
  const std::string least = kind == FigureKind::time_us ? (result.look.against ? ", or 2 ms of age" : ", or 2 ms")
                            : kind == FigureKind::share ? ", or 2 points"
                                                        : "";
  return fmt::format("within: no farther from theory than {:.3g}% of it{}, whichever is more\n",
                     result.tolerance_share * 100, least);
}

/// "20ms to 300ms"
Varied varied_in(const ExperimentResult& result) {
  const Axis axis = parse_axis(result.over.axis);
  const std::string unit = axis == Axis::clients ? " subscribers" : axis == Axis::rate ? " messages/s" : "";
  return {result.over.key, fmt::format("{} to {}{}", value_text(axis, result.over.values.front()),
                                       value_text(axis, result.over.values.back()), unit)};
}

std::string csv_number(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }

}  // namespace

std::string experiment_text(const ExperimentResult& result) {
  std::string out = fmt::format("{}\n{}\n\n", result.title, result.question);
  out += caption(result.configuration, result, varied_in(result));
  out += fmt::format("\n{:<{}}{:>{}}{:>21}{:>{}}{:>{}}\n", title_of(result), kWhereWidth, "measured", kNumberWidth,
                     "95% interval", "theory", kNumberWidth, "difference", kNumberWidth);
  for (const ExperimentSeries& series : result.series) out += rows_of(result, series);
  return out + strips_of(result) + '\n' + outcome(result) + reasons_of(result) + reservations(result) +
         tolerance_words(result);
}

std::string experiment_csv(const ExperimentResult& result) {
  std::string out = fmt::format(
      "transport,variant,{},measured,interval_low,interval_high,predicted,tolerance,within,runs,verdict\r\n",
      result.over.key);
  for (const ExperimentSeries& series : result.series)
    for (const ExperimentPoint& p : series.points)
      out +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", series.transport, series.variant, p.value,
                      csv_number(p.measured), csv_number(p.interval ? std::optional(p.interval->low) : std::nullopt),
                      csv_number(p.interval ? std::optional(p.interval->high) : std::nullopt), csv_number(p.predicted),
                      csv_number(p.tolerance), p.within ? (*p.within ? "yes" : "no") : "", p.runs, name(p.verdict));
  return out;
}

}  // namespace wirelab::lab
