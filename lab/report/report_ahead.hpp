#pragma once
// The part of the report that compares: how sure the figures are, and who is ahead where that can be said.
#include <string>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

/// Of the figures that a choice is made by (ranked_figures()): each transport's 95% interval over its rounds, then the
/// ranking, with ties said plainly. Empty when there was one transport and one round only. 100 columns at most.
std::string report_ahead(const Result& result);

struct Standing {
  std::string subject;  ///< "age p50"
  std::string order;    ///< "websocket, then short-poll and keep-alive (not separable with 3 rounds)"
};

/// Of each figure that a choice is made by and that two transports at least can be ranked by.
std::vector<Standing> who_is_ahead(const Result& result);

/// A line of what a ranking by so few rounds is worth: with the range of them for an interval, two equal transports
/// look apart in 2 of C(2n, n) ways. Empty from four rounds on.
std::string luck(std::uint64_t rounds);

}  // namespace wirelab::lab
