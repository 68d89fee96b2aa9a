#pragma once
// A result for spreadsheets (RFC 4180): one line a run and, with "all" for its round, one line a transport. Units are
// in the column names. A percentile without ten samples beyond it is empty, as is what does not apply.
#include <string>

#include "lab/result/result.hpp"

namespace wirelab::lab {

std::string report_csv(const Result& result);

/// Words as RFC 4180, section 2, has them: in quotes, since they may have commas. Nothing stays nothing.
std::string csv_quoted(std::string text);

}  // namespace wirelab::lab
