#pragma once
// Where results go: files, standard output ("-"), and the moment they were made.
#include <filesystem>
#include <string>

namespace wirelab::lab {

/// "-" is standard output. Throws std::runtime_error that names the file and what the system said.
void write_output(const std::filesystem::path& file, const std::string& text);

/// 2026-01-31T12:00:00Z
std::string utc_now();

}  // namespace wirelab::lab
