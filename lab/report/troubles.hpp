#pragma once
// What to know before a figure is believed: what should not have happened, and each transport's verdict with its
// reasons.
#include <string>

#include "lab/result/result.hpp"

namespace wirelab::lab {

/// A line for each transport of which something was lost, came twice, failed...; empty if nothing was.
std::string troubles(const Result& result);

/// One line for each transport that is not VALID, and a line a reason; one for all when all are.
std::string verdicts(const Result& result);

}  // namespace wirelab::lab
