#pragma once
// Files that wirelab wrote: each is a JSON object whose "schema" says which kind and version it is.
#include <filesystem>
#include <string>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

/// The file's text. Throws JsonError that names the file.
std::string read_document(const std::filesystem::path& file);

/// "wirelab.result/1"; empty when it is no JSON object or has none.
std::string schema_of(const std::string& text);

/// Throws JsonError when it is not JSON, or not of this schema: another is refused by name.
Json parse_document(const std::string& text, const std::string& schema);

/// What `parse` makes of a file's text; its JsonError then names the file.
template <typename Parse>
auto in_file(const std::filesystem::path& file, Parse parse) {
  try {
    return parse();
  } catch (const JsonError& error) {
    throw JsonError("not a wirelab result: " + std::string(error.what())).in(file);
  }
}

}  // namespace wirelab::lab
