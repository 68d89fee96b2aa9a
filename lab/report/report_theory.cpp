#include "lab/report/report_theory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/result_table.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/theory.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kTheoryLabel = 36;
constexpr int kTheoryColumn = 16;

std::string signed_text(double difference) { return (difference < 0 ? "-" : "+") + significant(std::abs(difference)); }

std::string theory_cell(const Summary& summary, const TheoryFigure& of) {
  const Figure& figure = *find_figure(of.figure);
  if (!summary.predicted) return "-";
  const double theory = (*summary.predicted).*of.value;
  const auto measured = figure.value(summary);
  const std::string value = significant(theory / figure.shown_per_unit);
  if (!measured || figure.at_least(summary)) return value + " (-)";
  return fmt::format("{} ({})", value, signed_text((*measured - theory) / figure.shown_per_unit));
}

}  // namespace

std::string report_theory(const Result& result) {
  const std::vector<std::string> transports = measured_transports(result);
  std::vector<const Summary*> summaries;
  for (const std::string& transport : transports) summaries.push_back(&result.summary.at(transport));
  const auto known = std::find_if(summaries.begin(), summaries.end(), [](const Summary* s) { return s->predicted; });
  if (known == summaries.end()) return "";
  std::string out = fmt::format("{:<{}}", "Theory (measured less theory)", kTheoryLabel);
  for (const std::string& transport : transports) out += fmt::format("{:>{}}", transport, kTheoryColumn);
  for (const TheoryFigure& of : theory_figures()) {
    out += fmt::format("\n  {:<{}}", find_figure(of.figure)->title, kTheoryLabel - 2);
    for (const Summary* summary : summaries) out += fmt::format("{:>{}}", theory_cell(*summary, of), kTheoryColumn);
  }
  const double round_trip_us = (*known)->predicted->round_trip_us;
  return out + fmt::format("\n  for a round trip of {} ms{}; processing takes no time, nothing is lost\n",
                           significant(round_trip_us / 1e3), round_trip_us > 0 ? "" : " (loopback)");
}

}  // namespace wirelab::lab
