#pragma once
// The interval of a figure over a transport's runs, and which transports may be ranked by it.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/bootstrap.hpp"
#include "lab/figures.hpp"
#include "lab/result.hpp"

namespace wirelab::lab {

/// The runs of each transport, in the order of the file.
std::map<std::string, std::vector<const Run*>> runs_by_transport(const Result& result);

/// Of each of figures(), in their order. Draws whole runs, merges their histograms and takes the figures of that:
/// percentiles are never averaged.
std::vector<std::optional<Interval>> intervals(const std::vector<const Run*>& runs);

/// Best first. Two that stand in one group have overlapping intervals somewhere along it: no ranking is claimed.
/// Transports without the figure are left out.
std::vector<std::vector<std::string>> ranking(const Result& result, const Figure& figure);

}  // namespace wirelab::lab
