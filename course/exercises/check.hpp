#pragma once
// What the exercises' checks are written with: a step at a time, said before it is done, so that the last line printed
// is the one that failed.
#include <cstdio>
#include <cstdlib>
#include <string>

namespace check {

inline std::string& doing() {
  static std::string step;
  return step;
}

inline void step(const std::string& what) { doing() = what; }

/// Ends the program with what was being done, unless it holds.
inline void that(bool holds, const std::string& expected) {
  if (holds) return;
  std::printf("not yet: %s\n  expected: %s\n", doing().c_str(), expected.c_str());
  std::exit(1);
}

inline std::string shown(const std::string& bytes) {
  std::string out;
  for (const char c : bytes.substr(0, 24)) {
    char hex[4];
    std::snprintf(hex, sizeof hex, "%02x ", static_cast<unsigned char>(c));
    out += hex;
  }
  return bytes.size() > 24 ? out + "…" : out;
}

inline void same(const std::string& got, const std::string& expected) {
  that(got == expected, shown(expected) + "\n  got:      " + shown(got));
}

inline int all_right() {
  std::printf("right\n");
  return 0;
}

}  // namespace check
