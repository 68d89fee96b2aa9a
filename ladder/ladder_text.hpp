#pragma once
// A ladder for the terminal: time goes down, to scale, so arrows slant by the transit time; what was sent stands beside
// its sender, and below it what took how long next to theory. Stretches in which nothing is under way are cut out, and
// say so. When more happens at one moment than a line holds it goes on in the next lines, in order: the times say what
// is true.
#include <string>

#include "ladder/ladder.hpp"

namespace wirelab::ladder {

inline constexpr std::size_t kColumnsMin = 80, kColumnsMax = 160;

struct TextOptions {
  std::size_t columns = 100;  ///< kColumnsMin to kColumnsMax
  bool ascii = false;         ///< no line-drawing characters
};

std::string draw_text(const Ladder& ladder, const TextOptions& options = {});

}  // namespace wirelab::ladder
