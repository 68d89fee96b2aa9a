#pragma once
// What theory says of the four ways to deliver: closed forms, to be held against what is measured. Pure functions; no
// clock, no socket.
//
// Letters as in the literature: r the round trip, T the poll interval, L messages a second to one subscriber, g = 1/L
// the gap between them, W how long a long poll is deaf after each answer, w = L x W, H the hold. Processing takes no
// time and nothing is lost.
//
// Short poll: ages are uniform on an interval, plus half a round trip. Under a fixed-rate timer that is T, or the next
// multiple of it where a request takes longer.
// WebSocket: half a round trip.
// Long poll: a message that finds a request parked comes in half a round trip; one that comes while the client is
// asking again waits for the rest of W. The order of magnitude is RFC 6202's: one transit on average, three at most
// (§2.2). Of a Poisson stream, answers are a renewal process (W. Feller, "An Introduction to Probability Theory and
// Its Applications", vol. 2, ch. XI): from one answer to the next pass W and, with probability exp(-w), the time
// parked, which is 1/L on average, cut off at H. The share of messages that wait is the share of time that is deaf. Of
// messages at a constant gap, all find a request parked while W < g, and none when W >= g: then they wait W/2, averaged
// over where in the gap the first answer fell. (Without any jitter they lock in phase where g divides W, at (W - g)/2
// to (W + g)/2.) Of messages that come in bursts the first finds a request parked and the others wait for all of W, as
// long as a burst takes less than W and W less than from one burst to the next. The edge at W = g is the cliff of V.
// Pimentel and B. G. Nickerson, "Communicating and Displaying Real-Time Data with WebSocket", IEEE Internet Computing
// 16 (4), 2012: push is the better choice once the latency exceeds half the update interval.
#include <chrono>
#include <limits>
#include <optional>

#include "messages/transport.hpp"

namespace wirelab::model {

using Seconds = std::chrono::duration<double>;

/// How messages follow each other: a Poisson stream, one every 1/L, or so many at once that the mean is kept.
enum class Arrivals { poisson, constant, burst };

/// What a prediction depends on.
struct Situation {
  double messages_per_second = 1;  ///< to one subscriber; above 0
  Arrivals arrivals = Arrivals::poisson;
  double burst_messages = 1;    ///< of Arrivals::burst
  Seconds round_trip{0};        ///< r
  Seconds poll_interval{0.25};  ///< T; above 0
  /// From one poll to the next: T (a fixed-rate timer), or T after its answer.
  bool fixed_delay = false;
  /// Whether the long poll asks again on a new connection (W = 2r, and TLS's) or on the one it has (W = r).
  bool long_poll_reconnects = false;
  /// Until the server answers a long poll without news; above 0.
  Seconds hold{std::numeric_limits<double>::infinity()};
  /// What a new connection takes besides TCP's: 1 with TLS 1.3 (RFC 8446 §2), 2 with TLS 1.2 (RFC 5246 §7.3).
  int tls_round_trips = 0;
  /// What a message takes from its publisher to the server: it is that old before it can be delivered.
  Seconds publish_transit{0};
  double payload_bytes = 128;
  double envelope_bytes = 39;             ///< the JSON around the one message of an answer or frame
  double empty_envelope_bytes = 37;       ///< the JSON of an answer without a message
  double envelope_bytes_per_message = 3;  ///< what each message beyond the first adds to it: quotes and a comma
  double request_header_bytes = 107;      ///< of one request
  double response_header_bytes = 142;     ///< of its answer
};

/// How old messages are when they arrive. With `waiting_share` of probability uniform on (`wait_min`, `wait`) more than
/// the `transit` that every one takes.
struct AgePrediction {
  Seconds transit{0};
  Seconds wait{0};
  double waiting_share = 0;
  Seconds wait_min{0};

  Seconds mean() const { return transit + (wait_min + wait) * (waiting_share / 2); }
  /// Precondition: 0 <= percentile <= 100.
  Seconds percentile(double percentile) const;
  /// The share of messages no older than that.
  double cumulative(Seconds age) const;
  Seconds max() const { return waiting_share > 0 ? transit + wait : transit; }
};

/// Of one subscriber.
struct Prediction {
  AgePrediction age;
  double requests_per_second = 0;
  /// From asking until the answer is there, of a request that is never held; a new connection's handshakes are in it.
  std::optional<Seconds> service_time;
  double empty_share = 0;  ///< of the answers, those without a message
  double messages_per_answer = 0;
  double connections_per_second = 0;
  // Per delivered message, both directions.
  double application_bytes = 0;
  double header_bytes = 0;  ///< of these: HTTP headers and WebSocket framing
  double segments = 0;
  double wire_bytes = 0;  ///< with TCP and IP headers: 52 bytes a segment, 60 a SYN
  /// From dialling until the first message can be there: TCP's handshake (RFC 9293 §3.5), TLS's, and the request with
  /// its answer, behind whose header section the message comes.
  Seconds first_message{0};
  /// From dialling until the client's own first message can be at the server: a POST goes behind the handshakes, a
  /// frame only when the answer to the upgrade is there (RFC 6455 §4.1).
  Seconds first_message_up{0};
};

Prediction predict(messages::Transport transport, const Situation& situation);

/// Below this interval short polling asks more often than long polling answers; above, long polling sends more
/// requests.
Seconds request_rate_crossover(const Situation& situation);

/// The round trip at which long polling falls off: below, a message at a constant gap finds a request parked; from it
/// on none does, and they are three times as old as pushed ones, or twice on average. Of a Poisson stream there is no
/// edge, but the same scale.
Seconds cliff_round_trip(const Situation& situation);

/// Beyond this interval one poll's headers and envelope, shared by all the messages it brings, are fewer bytes than the
/// frames' that pushing them takes.
Seconds byte_crossover(const Situation& poll, const Situation& push);

/// Messages per interval beyond which polling costs the server less processor time than pushing: one poll brings them
/// all.
double batching_crossover(double cpu_per_poll, double cpu_per_push);

}  // namespace wirelab::model
