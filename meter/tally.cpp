#include "meter/tally.hpp"

namespace wirelab::meter {

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
  connections += other.connections;
  failures += other.failures;
  for (const auto& [reason, count] : other.failure_reasons) failure_reasons[reason] += count;
  payload_bytes += other.payload_bytes;
  envelope_bytes += other.envelope_bytes;
  request_header_bytes += other.request_header_bytes;
  response_header_bytes += other.response_header_bytes;
  frame_header_bytes += other.frame_header_bytes;
  empty_answer_bytes += other.empty_answer_bytes;
  return *this;
}

}  // namespace wirelab::meter
