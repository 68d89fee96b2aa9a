#pragma once
// What a measuring command leaves in its folder: the record, what is made of it as text and CSV, and charts. The text
// is printed as well.
#include <filesystem>
#include <functional>
#include <string>

namespace wirelab::lab {

struct OutputFiles {
  std::string record;                   ///< its name: "sweep.json"
  std::string json, text, csv;          ///< into `record`, report.txt, report.csv
  std::function<std::string()> page{};  ///< makes report.html of the charts, when they are there; none: no page
};

/// Charts that cannot be drawn are said on standard error, and so is the folder. Throws as write_output() does.
void leave(const OutputFiles& files, const std::filesystem::path& folder, bool charts);

}  // namespace wirelab::lab
