#include "lab/intervals.hpp"

#include <algorithm>

#include "lab/summary.hpp"

namespace wirelab::lab {

std::map<std::string, std::vector<const Run*>> runs_by_transport(const Result& result) {
  std::map<std::string, std::vector<const Run*>> runs;
  for (const Run& run : result.runs) runs[run.transport].push_back(&run);
  return runs;
}

std::vector<std::optional<Interval>> intervals(const std::vector<const Run*>& runs) {
  return bootstrap(runs.size(), figures().size(), [&](const Draw& draw) {
    std::vector<const Run*> drawn;
    for (const std::size_t pick : draw) drawn.push_back(runs[pick]);
    const Summary summary = summarize(drawn);
    std::vector<std::optional<double>> values;
    for (const Figure& figure : figures()) values.push_back(figure.value(summary));
    return values;
  });
}

std::vector<std::vector<std::string>> ranking(const Result& result, const Figure& figure) {
  struct Entry {
    std::string transport;
    Interval interval;
  };
  std::vector<Entry> entries;
  for (const auto& [transport, runs] : runs_by_transport(result))
    if (const auto its = intervals(runs)[static_cast<std::size_t>(&figure - figures().data())])
      entries.push_back({transport, *its});
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.interval.low + a.interval.high < b.interval.low + b.interval.high;
  });
  if (figure.name == "delivered") std::reverse(entries.begin(), entries.end());

  std::vector<std::vector<std::string>> groups;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool tied = i > 0 && overlap(entries[i - 1].interval, entries[i].interval);
    if (!tied) groups.emplace_back();
    groups.back().push_back(entries[i].transport);
  }
  return groups;
}

}  // namespace wirelab::lab
