#pragma once
// Where results go: files, standard output ("-"), and the moment they were made.
#include <filesystem>
#include <string>

namespace wirelab::lab {

/// "-" is standard output. Throws std::runtime_error that names the file and what the system said.
void write_output(const std::filesystem::path& file, const std::string& text);

/// Makes the folder for a command's results: the one chosen or, if that is empty, results/<UTC time>. To be called
/// before the first run: what cannot be written is known before an hour of measuring, not after it.
std::filesystem::path make_output_folder(const std::filesystem::path& chosen, std::string created_utc);

/// Takes it away again when nothing came of it. One that has something in it stays.
void drop_output_folder(const std::filesystem::path& folder);

/// 2026-01-31T12:00:00Z
std::string utc_now();

}  // namespace wirelab::lab
