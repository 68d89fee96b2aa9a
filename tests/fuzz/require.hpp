#pragma once
// How a target says that a promise is broken.
#include <stdexcept>
#include <string>

namespace wirelab::fuzz {

inline void require(bool holds, const char* promise) {
  if (!holds) throw std::logic_error(std::string("broken: ") + promise);
}

}  // namespace wirelab::fuzz
