#pragma once
// An experiment as a table for people, a row a point with theory beside it, and for spreadsheets.
#include <string>

#include "lab/result/experiment_result.hpp"

namespace wirelab::lab {

/// 110 columns at most, but for long titles.
std::string experiment_text(const ExperimentResult& result);

/// RFC 4180: one line a point. Values are in the figure's own unit.
std::string experiment_csv(const ExperimentResult& result);

}  // namespace wirelab::lab
