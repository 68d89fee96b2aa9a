#include "model/delivery.hpp"

#include <algorithm>
#include <cmath>

namespace wirelab::model {
namespace {

using messages::Transport;

constexpr double kSegmentBytes = 52;  ///< IPv4 and TCP with timestamps
constexpr double kSynMoreBytes = 8;   ///< that a SYN's header is longer

// Segments of an exchange, both ways. An answer acknowledges its request.
constexpr double kExchangeSegments = 3;  ///< request, answer, its acknowledgement
/// SYN, SYN, acknowledgement before the exchange; FIN, FIN, acknowledgement behind it; and the first request of a
/// connection is acknowledged by itself, since Linux begins each in quick-acknowledgement mode. Ten with the exchange,
/// as captured.
constexpr double kConnectionSegments = 3 + 3 + 1;
constexpr double kPushSegments = 2;  ///< frame, acknowledgement

/// RFC 6455 §5.2, unmasked.
double frame_header_bytes(double payload_bytes) { return payload_bytes < 126 ? 2 : payload_bytes < 65'536 ? 4 : 10; }

double exchange_header_bytes(const Situation& s) { return s.request_header_bytes + s.response_header_bytes; }

void count_bytes(Prediction& p, const Situation& s, double headers_per_answer, double segments_per_answer,
                 double syns_per_answer) {
  const double messages = std::max(p.messages_per_answer, 1e-300);
  const double with_news = 1 - p.empty_share;
  const double more = std::max(p.messages_per_answer - with_news, 0.0);  // beyond the first of each answer
  const double envelope =
      with_news * s.envelope_bytes + p.empty_share * s.empty_envelope_bytes + more * s.envelope_bytes_per_message;
  p.header_bytes = headers_per_answer / messages;
  p.application_bytes = s.payload_bytes + (envelope + headers_per_answer) / messages;
  p.segments = segments_per_answer / messages;
  p.wire_bytes = p.application_bytes + p.segments * kSegmentBytes + syns_per_answer * kSynMoreBytes / messages;
}

/// Of a request: its own, and those of a new connection's handshakes.
double round_trips(const Situation& s, bool reconnects) { return reconnects ? 2 + s.tls_round_trips : 1; }

Seconds transit(const Situation& s) { return s.publish_transit + s.round_trip / 2; }

/// What every transport begins with: a connection and a request.
void count_first_messages(Prediction& p, const Situation& s, bool frames) {
  p.first_message = s.round_trip * round_trips(s, true);
  p.first_message_up = p.first_message + s.round_trip * (frames ? 0.5 : -0.5);
}

/// From one poll to the next. One whose turn comes while the last is still under way is left out.
Seconds period_of(const Situation& s, Seconds service_time) {
  if (s.fixed_delay) return s.poll_interval + service_time;
  return s.poll_interval * (std::floor(service_time / s.poll_interval) + 1);
}

/// Both kinds of short polling. Under a fixed-rate timer they are equally fresh.
Prediction predict_polling(const Situation& s, bool reconnects) {
  const Seconds service_time = s.round_trip * round_trips(s, reconnects);
  const Seconds period = period_of(s, service_time);
  const double per_poll = s.messages_per_second * period.count();
  Prediction p;
  p.age = {transit(s), period, 1};
  p.requests_per_second = 1 / period.count();
  p.service_time = service_time;
  const double at_once = s.arrivals == Arrivals::burst ? s.burst_messages : 1;
  p.empty_share = s.arrivals == Arrivals::poisson ? std::exp(-per_poll) : std::max(0.0, 1 - per_poll / at_once);
  p.messages_per_answer = per_poll;
  p.connections_per_second = reconnects ? p.requests_per_second : 0;
  count_first_messages(p, s, false);
  count_bytes(p, s, exchange_header_bytes(s), kExchangeSegments + (reconnects ? kConnectionSegments : 0),
              reconnects ? 2 : 0);
  return p;
}

/// From one answer of a long poll to the next.
struct Cycle {
  Seconds length, deaf;  ///< on average; of `length` so much is `deaf`
  double empty_share;
};

Cycle poisson_cycle(const Situation& s, Seconds deaf) {
  const double undisturbed = std::exp(-s.messages_per_second * deaf.count());
  const double held_out = std::exp(-s.messages_per_second * s.hold.count());
  return {deaf + Seconds(undisturbed * (1 - held_out) / s.messages_per_second), deaf, undisturbed * held_out};
}

Cycle constant_cycle(const Situation& s, Seconds deaf) {
  const Seconds gap(1 / s.messages_per_second), longest = deaf + s.hold;
  if (deaf >= gap) return {deaf, deaf, 0};
  if (gap <= longest) return {gap, Seconds(0), 0};
  const double empty = std::floor(gap / longest);  // holds that end in between
  const Seconds length = gap / (empty + 1);
  const bool parked = gap - empty * longest >= deaf;  // then it is again, at every message
  return {length, parked ? Seconds(0) : deaf * (length / longest), empty / (empty + 1)};
}

/// Two answers a burst: to its first message, and to all the others.
Cycle burst_cycle(const Situation& s, Seconds deaf) {
  return {Seconds(s.burst_messages / s.messages_per_second / 2), deaf, 0};
}

Cycle long_poll_cycle(const Situation& s, Seconds deaf) {
  switch (s.arrivals) {
    case Arrivals::poisson: return poisson_cycle(s, deaf);
    case Arrivals::constant: return constant_cycle(s, deaf);
    case Arrivals::burst: return burst_cycle(s, deaf);
  }
  return {};
}

Prediction predict_long_poll(const Situation& s) {
  const Seconds deaf = s.round_trip * round_trips(s, s.long_poll_reconnects);
  const Cycle cycle = long_poll_cycle(s, deaf);
  Prediction p;
  p.age = {transit(s), deaf, cycle.deaf / cycle.length};
  if (s.arrivals == Arrivals::burst) p.age = {transit(s), deaf, 1 - 1 / s.burst_messages, deaf};
  p.requests_per_second = 1 / cycle.length.count();
  p.empty_share = cycle.empty_share;
  p.messages_per_answer = s.messages_per_second * cycle.length.count();
  p.connections_per_second = s.long_poll_reconnects ? p.requests_per_second : 0;
  count_first_messages(p, s, false);
  count_bytes(p, s, exchange_header_bytes(s), kExchangeSegments + (s.long_poll_reconnects ? kConnectionSegments : 0),
              s.long_poll_reconnects ? 2 : 0);
  return p;
}

Prediction predict_websocket(const Situation& s) {
  Prediction p;
  p.age = {transit(s), Seconds(0), 0};
  p.messages_per_answer = 1;
  count_first_messages(p, s, true);
  count_bytes(p, s, frame_header_bytes(s.payload_bytes + s.envelope_bytes), kPushSegments, 0);
  return p;
}

}  // namespace

Seconds AgePrediction::percentile(double percentile) const {
  const double waiting = percentile / 100 - (1 - waiting_share);
  if (waiting_share <= 0 || waiting <= 0) return transit;
  return transit + wait_min + (wait - wait_min) * (waiting / waiting_share);
}

double AgePrediction::cumulative(Seconds age) const {
  if (age < transit) return 0;
  const Seconds waited_for = age - transit;
  const double waited = waited_for >= wait       ? 1
                        : waited_for <= wait_min ? 0
                                                 : (waited_for - wait_min) / (wait - wait_min);
  return 1 - waiting_share + waiting_share * waited;
}

Prediction predict(Transport transport, const Situation& situation) {
  switch (transport) {
    case Transport::short_poll: return predict_polling(situation, true);
    case Transport::keep_alive: return predict_polling(situation, false);
    case Transport::long_poll: return predict_long_poll(situation);
    case Transport::websocket: return predict_websocket(situation);
  }
  return {};
}

Seconds request_rate_crossover(const Situation& situation) {
  return Seconds(1 / predict_long_poll(situation).requests_per_second);
}

Seconds cliff_round_trip(const Situation& s) {
  return Seconds(1 / s.messages_per_second / round_trips(s, s.long_poll_reconnects));
}

Seconds byte_crossover(const Situation& poll, const Situation& push) {
  const double a_poll = exchange_header_bytes(poll) + poll.envelope_bytes - poll.envelope_bytes_per_message;
  const double a_push = frame_header_bytes(push.payload_bytes + push.envelope_bytes) + push.envelope_bytes;
  return Seconds(a_poll / (a_push - poll.envelope_bytes_per_message) / poll.messages_per_second);
}

double batching_crossover(double cpu_per_poll, double cpu_per_push) { return cpu_per_poll / cpu_per_push; }

}  // namespace wirelab::model
