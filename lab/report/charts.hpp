#pragma once
// Charts are drawn by a script of its own, from the result file, and may be drawn again later.
#include <filesystem>
#include <string>

namespace wirelab::lab {

/// Draws the charts of a result.json, a sweep.json or a ladder.json beside it. Empty if that went well; else what did
/// not, and the remedy.
std::string draw_charts(const std::filesystem::path& file);

}  // namespace wirelab::lab
