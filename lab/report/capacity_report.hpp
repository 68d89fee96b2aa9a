#pragma once
// What `wirelab capacity` found, for people and for spreadsheets.
#include <string>

#include "lab/result/capacity_result.hpp"

namespace wirelab::lab {

/// The answers, then every probe. At most 110 columns of text wide.
std::string capacity_text(const CapacityResult& result);

/// RFC 4180: one line a probe, in the order they ran.
std::string capacity_csv(const CapacityResult& result);

}  // namespace wirelab::lab
