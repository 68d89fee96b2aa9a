#include "lab/report/charts.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "lab/host/source_tree.hpp"
#include "lab/process/child.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* kPython = "/usr/bin/python3";

/// $WIRELAB_CHARTS, or scripts/chart.py of the tree this binary lies in, or of the one it was built from.
std::optional<fs::path> chart_script() {
  if (const char* const named = std::getenv("WIRELAB_CHARTS"); named != nullptr && *named != '\0')
    return fs::path(named);
  return in_source_tree("scripts/chart.py");
}

/// A sweep's, a capacity's and a ladder's are drawn by scripts beside the one for results.
fs::path script_for(const fs::path& file, const fs::path& chart) {
  if (file.filename() == "result.json") return chart;
  return chart.parent_path() / (file.stem().string() + "_chart.py");
}

}  // namespace

std::string draw_charts(const fs::path& file) {
  const auto found = chart_script();
  if (!found) return "no scripts/chart.py found; set WIRELAB_CHARTS to its path, or give --no-charts";
  const fs::path script = script_for(file, *found), folder = file.parent_path();
  if (!fs::exists(script)) return fmt::format("{} (WIRELAB_CHARTS) does not exist", script.string());
  if (!fs::exists(kPython)) return fmt::format("{} is missing; apt-get install python3-matplotlib", kPython);
  const std::string again = fmt::format("{} {} -o {}", script.string(), file.string(), folder.string());
  Child python({kPython, script, file, "-o", folder});
  const auto output = python.read_all(120s);
  const auto exit_code = output ? python.wait(10s) : std::nullopt;
  if (!exit_code) return fmt::format("the script took too long; to try again: {}", again);
  if (*exit_code == 0) return {};
  return fmt::format(
      "the script ended with {} and the message above; if a module is missing: apt-get install "
      "python3-matplotlib, then {}",
      *exit_code, again);
}

}  // namespace wirelab::lab
