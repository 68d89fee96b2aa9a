#pragma once
// Which line of a text ladder everything is on. Time is cut into stretches with something under way, each to scale by
// itself; within one, what was sent later by the same side is on a later line, and nothing leaves before what caused it
// arrived, even when the scale would put them on one line.
#include <cstddef>
#include <string>
#include <vector>

#include "ladder/ladder.hpp"

namespace wirelab::ladder {

/// A line beside a lifeline: an arrow's beginning or, without one, a mark.
struct PlacedLabel {
  bool client = true;
  std::size_t row = 0;
  double at_us = 0;
  std::string text;
};

struct PlacedArrow {
  const Arrow* arrow = nullptr;
  std::size_t row = 0, end_row = 0;
};

/// A line that stands for time left out.
struct Cut {
  std::size_t row = 0;
  double length_us = 0;
};

struct TextRows {
  double row_us = 0;  ///< what one line stands for
  std::size_t rows = 0;
  std::vector<PlacedArrow> arrows;
  std::vector<PlacedLabel> labels;
  std::vector<Cut> cuts;
};

/// The arrows point into `ladder`.
TextRows place_rows(const Ladder& ladder);

}  // namespace wirelab::ladder
