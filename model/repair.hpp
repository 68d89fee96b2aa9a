#pragma once
// What TCP takes to repair one lost segment of a steady thin stream, and what that does to the messages in it: closed
// forms, as model/delivery.hpp's. A segment with a message leaves every gap, one was lost, and no other.
//
// The peer acknowledges selectively what comes after the hole, and the sender repeats by RACK-TLP (RFC 8985): as soon
// as something sent later is known to have arrived and the lost segment is older than a round trip and the reordering
// window (a quarter of the least round trip, §6.2), or once three segments behind it have arrived (§6.2, and the
// classic rule of RFC 5681 §3.2), or at the retransmission timeout (RFC 6298 with Linux's minimum). Whatever came
// behind the hole waits in the peer's kernel until it is filled: TCP's head-of-line blocking.
#include "model/delivery.hpp"

namespace wirelab::model {

/// Of Linux, where it makes a difference: a reordering timer runs two ticks longer than asked (TCP_TIMEOUT_MIN) and
/// goes off at the next one, of a clock of 250 Hz as distributions build it.
inline constexpr Seconds kReorderingTimerLag{0.010};
/// TCP_RTO_MIN.
inline constexpr Seconds kTimeoutMin{0.200};

/// From when a segment that is lost was sent until it is sent again. A message in it is so much older than the others.
Seconds time_to_repeat(Seconds gap, Seconds round_trip);

/// What a lost segment adds to its own message's age and to those held behind it, in all.
Seconds delay_of_a_loss(Seconds gap, Seconds round_trip);

}  // namespace wirelab::model
