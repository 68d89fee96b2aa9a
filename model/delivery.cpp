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
/// SYN, SYN, acknowledgement; the exchange; FIN and FIN with an acknowledgement each. A server's that closes sends its
/// FIN with or behind the answer, so that one or two may be saved.
constexpr double kConnectionSegments = 3 + 4;
constexpr double kPushSegments = 2;  ///< frame, acknowledgement

/// RFC 6455 §5.2, unmasked.
double frame_header_bytes(double payload_bytes) { return payload_bytes < 126 ? 2 : payload_bytes < 65'536 ? 4 : 10; }

double exchange_header_bytes(const Situation& s) { return s.request_header_bytes + s.response_header_bytes; }

void count_bytes(Prediction& p, const Situation& s, double headers_per_answer, double segments_per_answer,
                 double syns_per_answer) {
  const double messages = std::max(p.messages_per_answer, 1e-300);
  const double more = std::max(p.messages_per_answer - (1 - p.empty_share), 0.0);  // beyond the first of each answer
  const double envelope = s.envelope_bytes + more * s.envelope_bytes_per_message;
  p.header_bytes = headers_per_answer / messages;
  p.application_bytes = s.payload_bytes + (envelope + headers_per_answer) / messages;
  p.segments = segments_per_answer / messages;
  p.wire_bytes = p.application_bytes + p.segments * kSegmentBytes + syns_per_answer * kSynMoreBytes / messages;
}

/// Both kinds of short polling. Under a fixed-rate timer they are equally fresh.
Prediction predict_polling(const Situation& s, bool reconnects) {
  const Seconds round_trips = s.round_trip * (reconnects ? 2 : 1);
  const Seconds period = s.fixed_delay ? s.poll_interval + round_trips : s.poll_interval;
  const double per_poll = s.messages_per_second * period.count();
  Prediction p;
  p.age = {s.round_trip / 2, period, 1};
  p.requests_per_second = 1 / period.count();
  p.empty_share = std::exp(-per_poll);
  p.messages_per_answer = per_poll;
  p.connections_per_second = reconnects ? p.requests_per_second : 0;
  p.first_message = 2 * s.round_trip;
  count_bytes(p, s, exchange_header_bytes(s), kExchangeSegments + (reconnects ? kConnectionSegments : 0),
              reconnects ? 2 : 0);
  return p;
}

Prediction predict_long_poll(const Situation& s) {
  const Seconds deaf = s.round_trip * (s.long_poll_reconnects ? 2 : 1);
  const double w = s.messages_per_second * deaf.count();
  const double chain = w * std::exp(w);  // messages that wait, for each one that finds a request parked
  Prediction p;
  p.age = {s.round_trip / 2, deaf, chain / (1 + chain)};
  p.requests_per_second = s.messages_per_second * std::exp(w) / (1 + chain);
  p.messages_per_answer = w + std::exp(-w);
  p.connections_per_second = s.long_poll_reconnects ? p.requests_per_second : 0;
  p.first_message = 2 * s.round_trip;
  count_bytes(p, s, exchange_header_bytes(s), kExchangeSegments + (s.long_poll_reconnects ? kConnectionSegments : 0),
              s.long_poll_reconnects ? 2 : 0);
  return p;
}

Prediction predict_websocket(const Situation& s) {
  Prediction p;
  p.age = {s.round_trip / 2, Seconds(0), 0};
  p.messages_per_answer = 1;
  p.first_message = 2 * s.round_trip;  // the handshake of TCP and the upgrade's, behind whose answer it comes
  count_bytes(p, s, frame_header_bytes(s.payload_bytes + s.envelope_bytes), kPushSegments, 0);
  return p;
}

}  // namespace

Seconds AgePrediction::percentile(double percentile) const {
  const double waiting = percentile / 100 - (1 - waiting_share);
  return waiting_share > 0 && waiting > 0 ? transit + wait * (waiting / waiting_share) : transit;
}

double AgePrediction::cumulative(Seconds age) const {
  if (age < transit) return 0;
  const double waited = wait > Seconds(0) ? std::min((age - transit) / wait, 1.0) : 1;
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

double batching_crossover(double cpu_per_poll, double cpu_per_push) { return cpu_per_poll / cpu_per_push; }

}  // namespace wirelab::model
