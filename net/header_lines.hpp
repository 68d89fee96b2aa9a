#pragma once
// What a dialer is asked to add to its requests must stay what it is: fields, each on one line (RFC 9110 §5.5).
#include <stdexcept>
#include <string>

#include "net/http.hpp"

namespace wirelab::net {

/// Throws std::invalid_argument, naming the field, when one has no name or would not stay on its line.
inline void check_header_lines(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    const bool breaks =
        name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos;
    if (name.empty() || breaks)
      throw std::invalid_argument(std::string("request header \"")
                                      .append(name)
                                      .append(": ")
                                      .append(value)
                                      .append("\": give it a name and one line"));
  }
}

}  // namespace wirelab::net
