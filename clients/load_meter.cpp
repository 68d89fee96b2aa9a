#include "clients/load_meter.hpp"

#include <algorithm>
#include <utility>

#include "clients/stamp.hpp"

namespace wirelab::clients {
namespace {

/// A sequence further ahead than this was not written by our publisher: to note all before it as missing would fill
/// memory. No server keeps as many messages.
constexpr std::uint32_t kJumpMax = 1'000'000;

}  // namespace

LoadMeter::Track& LoadMeter::track(std::uint32_t subscriber, std::uint16_t publisher) {
  auto& tracks = tracks_[subscriber];
  const auto found =
      std::find_if(tracks.begin(), tracks.end(), [&](const Track& track) { return track.publisher == publisher; });
  return found != tracks.end() ? *found : tracks.emplace_back(Track{publisher, 0, {}});
}

LoadMeter::Copy LoadMeter::note(Track& track, std::uint32_t sequence) {
  if (sequence >= track.next) {
    for (; track.next < sequence; ++track.next) track.missing.push_back(track.next);
    ++track.next;
    return Copy::first;
  }
  const auto missed = std::find(track.missing.begin(), track.missing.end(), sequence);
  if (missed == track.missing.end()) return Copy::further;
  track.missing.erase(missed);
  return Copy::late_first;
}

void LoadMeter::on_message(std::uint32_t subscriber, std::string_view text, net::Nanos received_at) {
  texts_bytes_ += text.size();
  const auto stamp = read_stamp(text);
  if (!stamp || stamp->run != run_) return count_foreign();
  Track& heard = track(subscriber, stamp->publisher);
  if (stamp->sequence > heard.next && stamp->sequence - heard.next > kJumpMax) return count_foreign();
  const Copy copy = note(heard, stamp->sequence);
  const bool first = copy != Copy::further;
  if (first) received_.store(received() + 1, std::memory_order_relaxed);  // this thread is the only one that writes
  if (in_window_ && first) {
    ++tally.window_delivered;
    series.arrived(received_at);
  }

  if (stamp->due < begin_ || stamp->due >= end_) return;
  tally.duplicated += first ? 0 : 1;
  tally.out_of_order += copy == Copy::late_first ? 1 : 0;
  if (!first) return;
  ++tally.delivered;
  age.record(received_at - stamp->due);
  age_from_send.record(received_at - stamp->sent);
  series.delivered(stamp->due, received_at - stamp->due);
}

void LoadMeter::on_gap(std::uint32_t) { ++tally.gaps; }

void LoadMeter::on_established(std::uint32_t subscriber, net::Nanos received_at) {
  if (dialled_[subscriber] > net::Nanos::zero()) first_message.record(received_at - dialled_[subscriber]);
  if (on_first_envelope) on_first_envelope(subscriber);
}

void LoadMeter::on_reply(const net::HttpReply& reply, std::size_t messages) {
  const auto texts_bytes = std::exchange(texts_bytes_, 0);
  if (!in_window_) return;
  ++tally.requests;
  tally.in.payload += texts_bytes;
  tally.in.envelope += reply.bytes.response_body - texts_bytes;
  tally.in.http_headers += reply.bytes.response_header;
  tally.out.http_headers += reply.bytes.request_header;
  service_time.record(reply.received_at - reply.sent_at);
  series.answered(reply.received_at, reply.bytes.request_header,
                  reply.bytes.response_header + reply.bytes.response_body, messages == 0);
  if (messages > 0) return;
  ++tally.empty_answers;
  tally.in.empty_answers += reply.bytes.response_header + reply.bytes.response_body;
  tally.out.empty_answers += reply.bytes.request_header;
}

void LoadMeter::on_frame(net::FrameBytes bytes, std::size_t, net::Nanos received_at) {
  const auto texts_bytes = std::exchange(texts_bytes_, 0);
  if (!in_window_) return;
  ++tally.frames;
  tally.in.payload += texts_bytes;
  tally.in.envelope += bytes.payload - texts_bytes;
  tally.in.websocket_framing += bytes.header;
  series.framed(received_at, bytes.payload + bytes.header);
}

void LoadMeter::on_upgraded(std::uint64_t request_bytes) {
  if (!in_window_) return;
  ++tally.upgrades;
  tally.out.handshakes += request_bytes;
}

void LoadMeter::on_connected(net::Nanos at) {
  if (in_window_) series.connected(at);
}

void LoadMeter::on_failure(std::string_view reason) {
  ++tally.failure_reasons[std::string(reason)];
  if (!in_window_) return;
  ++tally.failures;
  series.failed(net::monotonic_now());
}

}  // namespace wirelab::clients
