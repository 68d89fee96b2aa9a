#include <algorithm>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {
namespace {

bool fits_one_line(const Json& json) {
  if (json.is_object()) return json.empty();
  return std::none_of(json.begin(), json.end(), [](const Json& element) { return element.is_object(); });
}

void append(const Json& json, const std::string& indent, std::string& out) {
  if (!json.is_structured() || fits_one_line(json)) {
    out += json.dump();
    return;
  }
  const std::string deeper = indent + "  ";
  out += json.is_object() ? '{' : '[';
  const char* separator = "\n";
  for (const auto& element : json.items()) {
    out += separator + deeper;
    if (json.is_object()) out += Json(element.key()).dump() + ": ";
    append(element.value(), deeper, out);
    separator = ",\n";
  }
  out += "\n" + indent;
  out += json.is_object() ? '}' : ']';
}

}  // namespace

std::string to_text(const Json& json) {
  std::string out;
  append(json, "", out);
  out += '\n';
  return out;
}

}  // namespace wirelab::lab
