#pragma once
// Intervals by the bootstrap (B. Efron, "Bootstrap methods: another look at the jackknife", Ann. Statist. 7, 1979). The
// run is the unit: samples within a run share its weather, so only whole runs are drawn again. With few runs every
// possible draw is made, each with its probability, so that the interval is exact and needs no seed.
//
// With three runs the interval is the range of what three runs give. It is honest about that much and no more: to rank
// two close figures, take more rounds.
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "lab/result/interval.hpp"

namespace wirelab::lab {

inline constexpr double kConfidence = 0.95;

using Draw = std::vector<std::size_t>;  ///< the runs drawn, as indices, repeats included

/// The middle 95% of a statistic's values over all draws; null if no draw has one. One entry for each of the
/// statistics, which are had of a draw all at once.
std::vector<std::optional<Interval>> bootstrap(
    std::size_t runs, std::size_t statistics,
    const std::function<std::vector<std::optional<double>>(const Draw&)>& values_of);
}  // namespace wirelab::lab
