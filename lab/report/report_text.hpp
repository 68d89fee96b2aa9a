#pragma once
// A result as a table for people: protocols in columns, at most 100 columns of text wide.
#include <string>

#include "lab/result/result.hpp"

namespace wirelab::lab {

std::string report_text(const Result& result);

}  // namespace wirelab::lab
