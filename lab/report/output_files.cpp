#include "lab/report/output_files.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "lab/report/charts.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {

void leave(const OutputFiles& files, const std::filesystem::path& folder, bool charts) {
  write_output(folder / files.record, files.json);
  write_output(folder / "report.txt", files.text);
  write_output(folder / "report.csv", files.csv);
  write_output("-", files.text);
  if (charts)
    if (const std::string trouble = draw_charts(folder / files.record); !trouble.empty())
      fmt::print(stderr, "wirelab: no charts: {}\n", trouble);
  if (files.page) write_output(folder / "report.html", files.page());
  fmt::print(stderr, "wirelab: everything is in {}\n", folder.string());
}

}  // namespace wirelab::lab
