#pragma once
// A sweep as a table for people, a block a figure with a row a point, and for spreadsheets.
#include <string>

#include "lab/result/sweep_result.hpp"

namespace wirelab::lab {

std::string sweep_text(const SweepResult& sweep);

/// RFC 4180: one line a point and transport. The columns are those of a result's CSV, with the point's value, under the
/// axis' key, and the number of runs that could not be carried out before them.
std::string sweep_csv(const SweepResult& sweep);

}  // namespace wirelab::lab
