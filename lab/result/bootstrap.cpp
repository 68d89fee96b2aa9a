#include "lab/result/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace wirelab::lab {
namespace {

/// All draws of n out of n with repeats are this many for 6 runs: 462; beyond, so many are made at random.
constexpr std::size_t kExhaustiveRuns = 6;
constexpr int kRandomDraws = 1'000;

struct Weighted {
  double value, weight;
};

double factorial(std::size_t n) { return std::tgamma(static_cast<double>(n) + 1); }

/// Every multiset of n runs, in ascending order of indices, with the number of ways to draw it.
template <typename Visit>
void visit_draws(std::size_t runs, Draw& picks, const Visit& visit) {
  if (picks.size() == runs) {
    double ways = factorial(runs);
    for (std::size_t run = 0; run < runs; ++run)
      ways /= factorial(static_cast<std::size_t>(std::count(picks.begin(), picks.end(), run)));
    return visit(picks, ways);
  }
  for (std::size_t run = picks.empty() ? 0 : picks.back(); run < runs; ++run) {
    picks.push_back(run);
    visit_draws(runs, picks, visit);
    picks.pop_back();
  }
}

template <typename Visit>
void visit_random_draws(std::size_t runs, const Visit& visit) {
  std::mt19937_64 random(runs);  // the same for the same number of runs: a report is a function of its result
  std::uniform_int_distribution<std::size_t> any(0, runs - 1);
  Draw picks(runs);
  for (int draw = 0; draw < kRandomDraws; ++draw) {
    for (auto& pick : picks) pick = any(random);
    visit(picks, 1.0);
  }
}

double quantile(const std::vector<Weighted>& sorted, double share) {
  double total = 0, seen = 0;
  for (const auto& one : sorted) total += one.weight;
  for (const auto& one : sorted) {
    seen += one.weight;
    if (seen >= share * total - 1e-9) return one.value;
  }
  return sorted.back().value;
}

}  // namespace

std::vector<std::optional<Interval>> bootstrap(
    std::size_t runs, std::size_t statistics,
    const std::function<std::vector<std::optional<double>>(const Draw&)>& values_of) {
  std::vector<std::vector<Weighted>> drawn(statistics);
  const auto visit = [&](const Draw& draw, double ways) {
    const auto values = values_of(draw);
    for (std::size_t i = 0; i < statistics; ++i)
      if (values[i]) drawn[i].push_back({*values[i], ways});
  };
  if (runs > 0) {
    Draw none;
    runs <= kExhaustiveRuns ? visit_draws(runs, none, visit) : visit_random_draws(runs, visit);
  }
  std::vector<std::optional<Interval>> intervals(statistics);
  const double tail = (1 - kConfidence) / 2;
  for (std::size_t i = 0; i < statistics; ++i) {
    auto& values = drawn[i];
    if (values.empty()) continue;
    std::sort(values.begin(), values.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
    intervals[i] = Interval{quantile(values, tail), quantile(values, 1 - tail)};
  }
  return intervals;
}

}  // namespace wirelab::lab
