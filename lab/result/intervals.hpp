#pragma once
// The interval of a figure over a transport's runs, and which transports may be ranked by it.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/result/bootstrap.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

/// The runs of each transport, in the order of the file.
std::map<std::string, std::vector<const Run*>> runs_by_transport(const Result& result);

/// Of each of figures(), in their order. Draws whole runs, merges their histograms and takes the figures of that:
/// percentiles are never averaged. All null with one run, which says nothing of how much runs differ.
std::vector<std::optional<Interval>> intervals(const std::vector<const Run*>& runs);

/// As the summary has it.
std::optional<Interval> interval_of(const Summary& summary, const Figure& figure);

/// Best first, by the intervals in the summaries. The transports of one group cannot be told apart: each has another in
/// it from which it is not separate(). Left out are those without the figure, and those whose verdict is not VALID.
std::vector<std::vector<std::string>> ranking(const Result& result, const Figure& figure);

}  // namespace wirelab::lab
