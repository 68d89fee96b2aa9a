#include "lab/text/document.hpp"

#include <fstream>
#include <sstream>

namespace wirelab::lab {

std::string read_document(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw JsonError("cannot be read; give a file that a measuring command of wirelab wrote").in(file);
  return text.str();
}

std::string schema_of(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {};
  const auto schema = json.find("schema");
  return schema != json.end() && schema->is_string() ? schema->get<std::string>() : std::string();
}

Json parse_document(const std::string& text, const std::string& schema) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw JsonError("not JSON");
  if (!json.is_object()) throw JsonError("not an object");
  std::string its;
  read_json_at(json, "schema", its);
  if (its != schema)
    throw JsonError("'" + its + "' is not what this wirelab reads here (" + schema + "); use the version that wrote it")
        .in("schema");
  return json;
}

}  // namespace wirelab::lab
