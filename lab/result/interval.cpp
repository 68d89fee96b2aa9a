#include "lab/result/interval.hpp"

#include <algorithm>
#include <cmath>

namespace wirelab::lab {

bool overlap(const Interval& a, const Interval& b) { return a.low <= b.high && b.low <= a.high; }

bool separate(const Interval& a, const Interval& b) {
  const double greater = std::max(std::abs(a.middle()), std::abs(b.middle()));
  return !overlap(a, b) && std::abs(a.middle() - b.middle()) >= kEffectMin * greater;
}

Json write_json(const Interval& interval) { return Json::array({interval.low, interval.high}); }

void read_json(const Json& json, Interval& interval) {
  std::pair<double, double> ends;
  read_json(json, ends);
  interval = {ends.first, ends.second};
}

}  // namespace wirelab::lab
