#pragma once
// A result as one page for a browser: what it means in words, verdicts, the table, the charts, what was asked for and
// where. Self-contained: no network, no script, the charts within it, so that it can be mailed and read from a file.
#include <filesystem>
#include <string>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

struct PageChart {
  std::string alternative;  ///< what it shows, for who cannot see it
  std::string svg;          ///< the picture itself
};

/// The charts of a result that lie in its folder, in the order a page has them. Throws std::runtime_error for one that
/// cannot be read.
std::vector<PageChart> charts_in(const std::filesystem::path& folder, const Result& result);

/// The page, as HTML. Light or dark as the reader has it; on paper light.
std::string report_page(const Result& result, const std::vector<PageChart>& charts);

}  // namespace wirelab::lab
