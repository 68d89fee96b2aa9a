#include "meter/tally.hpp"

namespace wirelab::meter {

ApplicationBytes& ApplicationBytes::operator+=(const ApplicationBytes& other) {
  payload += other.payload;
  envelope += other.envelope;
  http_headers += other.http_headers;
  websocket_framing += other.websocket_framing;
  handshakes += other.handshakes;
  empty_answers += other.empty_answers;
  return *this;
}

Tally& Tally::operator+=(const Tally& other) {
  delivered += other.delivered;
  duplicated += other.duplicated;
  out_of_order += other.out_of_order;
  gaps += other.gaps;
  foreign += other.foreign;
  window_delivered += other.window_delivered;
  requests += other.requests;
  empty_answers += other.empty_answers;
  frames += other.frames;
  upgrades += other.upgrades;
  connections += other.connections;
  failures += other.failures;
  for (const auto& [reason, count] : other.failure_reasons) failure_reasons[reason] += count;
  out += other.out;
  in += other.in;
  tls_bytes_out += other.tls_bytes_out;
  tls_bytes_in += other.tls_bytes_in;
  return *this;
}

}  // namespace wirelab::meter
