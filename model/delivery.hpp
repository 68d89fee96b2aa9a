#pragma once
// What theory says of the four ways to deliver: closed forms, to be held against what is measured. Pure functions; no
// clock, no socket.
//
// Letters as in the literature: r the round trip, T the poll interval, L messages a second to one subscriber (a Poisson
// stream), W how long a long poll is deaf after each answer, w = L x W. Processing takes no time and nothing is lost.
//
// Short poll: ages are uniform on an interval, plus half a round trip. Long poll: a message that finds a request parked
// comes in half a round trip; one that comes while the client is asking again waits for the rest of W. The chain of
// answers that follow each other without a pause is a geometric one (each deaf time without a message ends it, which
// happens with probability exp(-w)), from which everything below follows. The order of magnitude is RFC 6202's: one
// transit on average, three at most (§2.2). WebSocket: half a round trip.
#include <chrono>
#include <cstdint>

#include "messages/transport.hpp"

namespace wirelab::model {

using Seconds = std::chrono::duration<double>;

/// What a prediction depends on.
struct Situation {
  double messages_per_second = 1;  ///< to one subscriber; above 0
  Seconds round_trip{0};           ///< r
  Seconds poll_interval{0.25};     ///< T; above 0
  /// From one poll to the next: T (a fixed-rate timer), or T after its answer.
  bool fixed_delay = false;
  /// Whether the long poll asks again on a new connection (W = 2r) or on the one it has (W = r).
  bool long_poll_reconnects = false;
  double payload_bytes = 128;
  double envelope_bytes = 39;             ///< the JSON around the messages of one answer or frame
  double envelope_bytes_per_message = 3;  ///< what each message beyond the first adds to it: quotes and a comma
  double request_header_bytes = 107;      ///< of one request
  double response_header_bytes = 142;     ///< of its answer
};

/// How old messages are when they arrive. With `waiting_share` of probability uniform on (0, `wait`) more than the
/// `transit` that every one takes.
struct AgePrediction {
  Seconds transit{0};
  Seconds wait{0};
  double waiting_share = 0;

  Seconds mean() const { return transit + wait * (waiting_share / 2); }
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
  double empty_share = 0;  ///< of the answers, those without a message
  double messages_per_answer = 0;
  double connections_per_second = 0;
  // Per delivered message, both directions.
  double application_bytes = 0;
  double header_bytes = 0;  ///< of these: HTTP headers and WebSocket framing
  double segments = 0;
  double wire_bytes = 0;  ///< with TCP and IP headers: 52 bytes a segment, 60 a SYN
  /// From dialling until the first message can be there.
  Seconds first_message{0};
};

Prediction predict(messages::Transport transport, const Situation& situation);

/// Below this interval short polling asks more often than long polling answers; above, long polling sends more
/// requests.
Seconds request_rate_crossover(const Situation& situation);

/// Messages per interval beyond which polling costs the server less processor time than pushing: one poll brings them
/// all.
double batching_crossover(double cpu_per_poll, double cpu_per_push);

}  // namespace wirelab::model
