#pragma once
// Between which two values a figure lies; lab/result/bootstrap.hpp finds it. In a file: [low, high].
#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

struct Interval {
  double low = 0, high = 0;

  double middle() const { return (low + high) / 2; }
};

/// A smaller difference is of no use to anyone, however sure it is.
inline constexpr double kEffectMin = 0.03;

bool overlap(const Interval& a, const Interval& b);

/// Whether `a` and `b` may be said to differ: they do not overlap, and their middles are kEffectMin apart at least.
bool separate(const Interval& a, const Interval& b);

Json write_json(const Interval& interval);
void read_json(const Json& json, Interval& interval);

}  // namespace wirelab::lab
