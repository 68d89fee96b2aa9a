#pragma once
// The part of a report that holds what was measured against what theory says.
#include <string>

#include "lab/result/result.hpp"

namespace wirelab::lab {

/// A table, "theory (measured less theory)" in each cell, and what it assumes; empty when no transport has a theory.
std::string report_theory(const Result& result);

}  // namespace wirelab::lab
