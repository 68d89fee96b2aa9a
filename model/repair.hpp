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
/// Of that clock. A timer goes off at the next one, and if it is more than 63 ahead, at the next eighth
/// (kernel/time/timer.c): half of that later on average.
inline constexpr Seconds kTick{0.004};

/// From when a segment that is lost was sent until it is sent again. A message in it is so much older than the others.
Seconds time_to_repeat(Seconds gap, Seconds round_trip);

/// The same of a segment behind which none is sent until it is answered, as a long poll's answer: nothing tells of the
/// loss but the retransmission timeout, as late as its timer is. (A tail loss probe, RFC 8985 §7.2, would allow for a
/// delayed acknowledgement and so come later.)
Seconds time_to_repeat_alone(Seconds round_trip);

/// What a lost segment adds to its own message's age and to those held behind it, in all.
Seconds delay_of_a_loss(Seconds gap, Seconds round_trip);

/// Of losses that strike each segment with the same chance, how many do not come alone: the one that tells of it, its
/// acknowledgement, the repeated one or another that is held is lost as well, and the repair takes longer than above,
/// up to a timeout that doubles. Above a tenth the closed forms say too little.
double meeting_share(double loss_share, Seconds gap, Seconds round_trip);
inline constexpr double kMeetingShareMax = 0.1;

}  // namespace wirelab::model
