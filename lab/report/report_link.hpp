#pragma once
// What the report says of the emulated link: what it was, and by transport what went over it.
#include <string>

#include "lab/result/result.hpp"

namespace wirelab::lab {

/// Empty without a link.
std::string report_link(const Result& result);

}  // namespace wirelab::lab
