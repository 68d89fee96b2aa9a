#include "lab/report/report_ahead.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lab/report/result_table.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/intervals.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/wrapped_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kFigureWidth = 36;
constexpr int kIntervalWidth = 16;

using Names = std::vector<std::string>;

std::uint64_t rounds_of(const Result& result) {
  std::uint64_t most = 0;
  for (const auto& [transport, summary] : result.summary) most = std::max(most, summary.runs);
  return most;
}

std::string interval_cell(const Summary& summary, const Figure& figure) {
  const auto interval = interval_of(summary, figure);
  if (!interval) return "-";
  return fmt::format("{} - {}", significant(interval->low / figure.shown_per_unit),
                     significant(interval->high / figure.shown_per_unit));
}

std::string intervals_table(const Result& result, std::uint64_t rounds) {
  const Names transports = measured_transports(result);
  std::string out = fmt::format("{:<{}}", fmt::format("95% intervals over {} rounds", rounds), kFigureWidth);
  for (const std::string& transport : transports) out += fmt::format("{:>{}}", transport, kIntervalWidth);
  for (const Figure* figure : ranked_figures()) {
    if (!is_known(*figure, result.summary)) continue;
    out += fmt::format("\n  {:<{}}", figure->title, kFigureWidth - 2);
    for (const std::string& transport : transports)
      out += fmt::format("{:>{}}", interval_cell(result.summary.at(transport), *figure), kIntervalWidth);
  }
  return out + '\n';
}

/// "websocket, then long-poll, then short-poll and keep-alive (not separable with 3 rounds)"
std::string order_of(const std::vector<Names>& groups, std::uint64_t rounds) {
  const std::string tie = fmt::format("not separable with {} rounds", rounds);
  if (groups.size() == 1) return fmt::format("{}: {}", listed(groups[0]), tie);
  std::string out;
  for (const Names& group : groups) {
    out += (out.empty() ? "" : ", then ") + listed(group);
    if (group.size() > 1) out += " (" + tie + ")";
  }
  return out;
}

/// "age p50, ms" without its unit.
std::string subject(const Figure& figure) { return std::string(figure.title.substr(0, figure.title.find(','))); }

std::string not_ranked(const Result& result) {
  std::string out;
  for (const std::string& transport : measured_transports(result)) {
    const Verdict verdict = result.summary.at(transport).verdict;
    if (verdict != Verdict::valid) out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", transport, name(verdict));
  }
  return out.empty() ? "" : fmt::format("  {:<{}}{}\n", "not ranked", kFigureWidth - 2, wrap(out, kFigureWidth));
}

std::string ahead(const Result& result, std::uint64_t rounds) {
  std::string out = "Who is ahead, where intervals do not overlap and their middles are 3% apart\n";
  const auto standings = who_is_ahead(result);
  for (const Standing& standing : standings)
    out += fmt::format("  {:<{}}{}\n", standing.subject, kFigureWidth - 2, wrap(standing.order, kFigureWidth));
  return out + not_ranked(result) + (standings.empty() ? "" : luck(rounds));
}

}  // namespace

std::vector<Standing> who_is_ahead(const Result& result) {
  std::vector<Standing> all;
  for (const Figure* figure : ranked_figures()) {
    const auto groups = ranking(result, *figure);
    if (groups.empty() || (groups.size() == 1 && groups[0].size() == 1)) continue;
    all.push_back({subject(*figure), order_of(groups, rounds_of(result))});
  }
  return all;
}

std::string luck(std::uint64_t rounds) {
  if (rounds > 3) return "";
  return fmt::format("  With {} rounds about one equal pair in {} looks apart by luck: --rounds 10 says more.\n",
                     rounds, rounds == 2 ? "three" : "ten");
}

std::string report_ahead(const Result& result) {
  const std::uint64_t rounds = rounds_of(result);
  const bool several = result.summary.size() > 1;
  if (rounds < 2)
    return several ? "Who is ahead: one round cannot show it, since nobody knows how much rounds differ; --rounds 3.\n"
                   : "";
  return intervals_table(result, rounds) + (several ? '\n' + ahead(result, rounds) : "");
}

}  // namespace wirelab::lab
