#pragma once
// The table that a result is shown as, transports in columns: what rows there are and what stands in them. The text
// (report_text.hpp) and the page (report_page.hpp) set it.
#include <string>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

struct TableRow {
  std::string label;
  std::size_t depth;  ///< 0: a heading, or a figure of its own; 1: of the heading above; 2: part of the row above
  std::vector<std::string> cells;  ///< of measured_transports(), in their order; empty: a heading
};

/// Other rows for a result in which nothing was published: what waiting costs.
std::vector<TableRow> result_table(const Result& result);

/// Those with a summary, in the order they are shown in.
std::vector<std::string> measured_transports(const Result& result);

bool nothing_published(const Result& result);

}  // namespace wirelab::lab
