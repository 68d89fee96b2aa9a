#include "lab/text/output.hpp"

#include <fmt/chrono.h>

#include <cerrno>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <system_error>

namespace wirelab::lab {

void write_output(const std::filesystem::path& file, const std::string& text) {
  errno = 0;
  std::ofstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::ostream& out = file == "-" ? std::cout : opened;
  out << text << std::flush;
  if (!out) throw std::system_error(errno, std::generic_category(), "cannot write " + file.string());
}

std::filesystem::path make_output_folder(const std::filesystem::path& chosen, std::string created_utc) {
  std::erase(created_utc, ':');  // a file name should not have it
  const std::filesystem::path folder = chosen.empty() ? "results" / std::filesystem::path(created_utc) : chosen;
  std::filesystem::create_directories(folder);
  return folder;
}

void drop_output_folder(const std::filesystem::path& folder) {
  std::error_code not_empty;
  std::filesystem::remove(folder, not_empty);
}

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace wirelab::lab
