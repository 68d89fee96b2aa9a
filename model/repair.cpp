#include "model/repair.hpp"

#include <algorithm>
#include <cmath>

namespace wirelab::model {

Seconds time_to_repeat(Seconds gap, Seconds round_trip) {
  const Seconds first_news = gap + round_trip;  // of the segment behind it
  const Seconds old_enough = round_trip * 1.25;
  const Seconds by_age = first_news >= old_enough ? first_news : old_enough + kReorderingTimerLag;
  const Seconds by_count = 3 * gap + round_trip;
  return std::min({by_age, by_count, round_trip + kTimeoutMin});
}

Seconds delay_of_a_loss(Seconds gap, Seconds round_trip) {
  const Seconds repair = time_to_repeat(gap, round_trip);
  const double held = std::ceil(repair / gap);  // itself included
  return held * repair - gap * (held * (held - 1) / 2);
}

}  // namespace wirelab::model
