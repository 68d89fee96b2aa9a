#include "net/request_text.hpp"

#include <algorithm>
#include <cctype>

namespace wirelab::net {
namespace {

bool equal_names(std::string_view a, std::string_view b) {  // RFC 9110 §5.1: whatever the case
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::string get_text(std::string_view target, const Headers& wished, std::string_view authority) {
  std::string text;
  const auto add = [&text](auto... parts) { (text.append(parts), ...); };
  const auto add_unless_wished = [&](std::string_view name, std::string_view value) {
    if (std::none_of(wished.begin(), wished.end(), [&](const auto& field) { return equal_names(field.first, name); }))
      add(name, ": ", value, "\r\n");
  };
  add("GET ", target, " HTTP/1.1\r\n");
  add_unless_wished("Host", authority);
  add_unless_wished("User-Agent", "wirelab");
  add_unless_wished("Accept", "*/*");
  for (const auto& [name, value] : wished) add(name, value.empty() ? ":" : ": ", value, "\r\n");
  add("\r\n");
  return text;
}

}  // namespace wirelab::net
