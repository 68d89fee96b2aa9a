#include "lab/result/intervals.hpp"

#include <algorithm>

#include "lab/result/summary.hpp"

namespace wirelab::lab {
namespace {

struct Ranked {
  std::string transport;
  Interval interval;
};
using Group = std::vector<Ranked>;

std::vector<Ranked> candidates(const Result& result, const Figure& figure) {
  std::vector<Ranked> found;
  for (const auto& [transport, summary] : result.summary)
    if (const auto interval = interval_of(summary, figure); interval && summary.verdict == Verdict::valid)
      found.push_back({transport, *interval});
  return found;
}

bool tied(const Group& a, const Group& b) {
  return std::any_of(a.begin(), a.end(), [&](const Ranked& one) {
    return std::any_of(b.begin(), b.end(),
                       [&](const Ranked& other) { return !separate(one.interval, other.interval); });
  });
}

}  // namespace

std::map<std::string, std::vector<const Run*>> runs_by_transport(const Result& result) {
  std::map<std::string, std::vector<const Run*>> runs;
  for (const Run& run : result.runs) runs[run.transport].push_back(&run);
  return runs;
}

std::vector<std::optional<Interval>> intervals(const std::vector<const Run*>& runs) {
  if (runs.size() < 2) return std::vector<std::optional<Interval>>(figures().size());
  return bootstrap(runs.size(), figures().size(), [&](const Draw& draw) {
    std::vector<const Run*> drawn;
    for (const std::size_t pick : draw) drawn.push_back(runs[pick]);
    const Summary summary = pool(drawn);
    std::vector<std::optional<double>> values;
    for (const Figure& figure : figures()) values.push_back(figure.value(summary));
    return values;
  });
}

std::optional<Interval> interval_of(const Summary& summary, const Figure& figure) {
  const auto found = summary.intervals.find(std::string(figure.key));
  return found == summary.intervals.end() ? std::nullopt : found->second;
}

std::vector<std::vector<std::string>> ranking(const Result& result, const Figure& figure) {
  auto entries = candidates(result, figure);
  std::sort(entries.begin(), entries.end(),
            [](const Ranked& a, const Ranked& b) { return a.interval.middle() < b.interval.middle(); });
  if (figure.name == "delivered") std::reverse(entries.begin(), entries.end());

  std::vector<Group> groups;
  for (const Ranked& entry : entries) {
    Group group = {entry};
    for (; !groups.empty() && tied(groups.back(), group); groups.pop_back())
      group.insert(group.begin(), groups.back().begin(), groups.back().end());
    groups.push_back(std::move(group));
  }
  std::vector<std::vector<std::string>> names;
  for (const Group& group : groups) {
    names.emplace_back();
    for (const Ranked& one : group) names.back().push_back(one.transport);
  }
  return names;
}

}  // namespace wirelab::lab
