#include "model/repair.hpp"

#include <algorithm>
#include <cmath>

namespace wirelab::model {

Seconds time_to_repeat(Seconds gap, Seconds round_trip) {
  const Seconds first_news = gap + round_trip;  // of the segment behind it
  const Seconds old_enough = round_trip * 1.25;
  const Seconds by_age = first_news >= old_enough ? first_news : old_enough + kReorderingTimerLag;
  const Seconds by_count = 3 * gap + round_trip;
  return std::min({by_age, by_count, time_to_repeat_alone(round_trip)});
}

Seconds time_to_repeat_alone(Seconds round_trip) {
  const Seconds timeout = round_trip + kTimeoutMin;
  return timeout + (timeout > 63 * kTick ? 8 * kTick : kTick) / 2;
}

namespace {

/// Itself included.
double held_by_a_loss(Seconds gap, Seconds round_trip) { return std::ceil(time_to_repeat(gap, round_trip) / gap); }

}  // namespace

double meeting_share(double loss_share, Seconds gap, Seconds round_trip) {
  return 1 - std::pow(1 - loss_share, held_by_a_loss(gap, round_trip) + 1);
}

Seconds delay_of_a_loss(Seconds gap, Seconds round_trip) {
  const Seconds repair = time_to_repeat(gap, round_trip);
  const double held = held_by_a_loss(gap, round_trip);
  return held * repair - gap * (held * (held - 1) / 2);
}

}  // namespace wirelab::model
