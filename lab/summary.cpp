#include "lab/summary.hpp"

#include <algorithm>

#include "lab/distribution.hpp"
#include "lab/verdict.hpp"

namespace wirelab::lab {
namespace {

// What TCP and IP add to a segment, IPv4: 20 + 20 bytes of headers and 12 of timestamps; a SYN has 20 of options.
constexpr double kSegmentBytes = 52;
constexpr double kSynBytes = 60;

std::optional<double> ratio(double part, double whole) {
  return whole > 0 ? std::optional(part / whole) : std::nullopt;
}

/// The runs' windows added up.
struct Totals {
  double delivered = 0, requests = 0, empty_answers = 0, connections = 0;
  double payload = 0, envelope = 0, headers_and_frames = 0, application = 0;
  meter::WireCounts wire;
  double duration_us = 0, generator_cpu_us = 0;
  // Of the runs whose server told its load.
  double server_cpu_us = 0, server_duration_us = 0, server_delivered = 0;
};

Totals add_up(const std::vector<const Run*>& runs) {
  Totals totals;
  for (const Run* run : runs) {
    const auto delivered = static_cast<double>(run->window.delivered);
    const double duration_us = run->window.duration_s * 1e6;
    const Bytes& bytes = run->bytes;
    totals.delivered += delivered;
    totals.requests += static_cast<double>(run->window.requests);
    totals.empty_answers += static_cast<double>(run->window.empty_answers);
    totals.connections += static_cast<double>(run->window.connections_opened);
    totals.payload += static_cast<double>(bytes.payload);
    totals.envelope += static_cast<double>(bytes.envelope);
    totals.headers_and_frames +=
        static_cast<double>(bytes.request_headers + bytes.response_headers + bytes.frame_headers);
    totals.application += static_cast<double>(bytes.application_total);
    totals.wire += bytes.wire;
    totals.duration_us += duration_us;
    totals.generator_cpu_us += run->generator.cpu_total_us;
    if (!run->server) continue;
    totals.server_cpu_us += run->server->cpu_total_us;
    totals.server_duration_us += duration_us;
    totals.server_delivered += delivered;
  }
  return totals;
}

double ip_bytes(const meter::WireCounts& wire) {
  const auto payload = static_cast<double>(wire.bytes_out + wire.bytes_in + wire.bytes_retransmitted);
  const auto segments = static_cast<double>(wire.segments_out + wire.segments_in);
  const auto syns = 2 * static_cast<double>(wire.connections);
  return payload + segments * kSegmentBytes + syns * (kSynBytes - kSegmentBytes);
}

std::optional<BytesPerDelivered> bytes_per_delivered(const Totals& totals) {
  if (totals.delivered == 0) return std::nullopt;
  BytesPerDelivered bytes;
  bytes.payload = totals.payload / totals.delivered;
  bytes.envelope = totals.envelope / totals.delivered;
  bytes.headers_and_frames = totals.headers_and_frames / totals.delivered;
  bytes.total = totals.application / totals.delivered;
  bytes.wire_payload = static_cast<double>(totals.wire.bytes_out + totals.wire.bytes_in) / totals.delivered;
  bytes.wire_total_ip = ip_bytes(totals.wire) / totals.delivered;
  return bytes;
}

Percentiles merge(const std::vector<const Run*>& runs, Distribution Run::*which) {
  std::vector<const Distribution*> distributions;
  for (const Run* run : runs) distributions.push_back(&(run->*which));
  return merge(distributions);
}

}  // namespace

Summary summarize(const std::vector<const Run*>& runs) {
  const Totals totals = add_up(runs);
  Summary summary;
  summary.runs = runs.size();
  Judgement judgement = judge(runs);
  summary.verdict = judgement.verdict;
  summary.reasons = std::move(judgement.reasons);
  summary.age_us = merge(runs, &Run::age_us);
  summary.age_from_send_us = merge(runs, &Run::age_from_send_us);
  summary.service_time_us = merge(runs, &Run::service_time_us);
  summary.schedule_lag_us = merge(runs, &Run::schedule_lag_us);
  for (const Run* run : runs) {
    summary.delivered += run->messages.delivered;
    summary.expected += run->messages.expected;
    summary.lost += run->messages.lost;
    summary.duplicated += run->messages.duplicated;
    summary.out_of_order += run->messages.out_of_order;
    if (run->server)
      summary.server_peak_resident_bytes =
          std::max(summary.server_peak_resident_bytes.value_or(0), run->server->peak_resident_bytes);
  }
  summary.requests_per_delivered = ratio(totals.requests, totals.delivered);
  summary.connections_per_delivered = ratio(totals.connections, totals.delivered);
  summary.connections_per_request = ratio(totals.connections, totals.requests);
  summary.empty_share = ratio(totals.empty_answers, totals.requests);
  summary.bytes_per_delivered = bytes_per_delivered(totals);
  // Microseconds a message are milliseconds a thousand.
  summary.server_cpu_ms_per_1000_delivered = ratio(totals.server_cpu_us, totals.server_delivered);
  summary.server_cpu_share_of_core = ratio(totals.server_cpu_us, totals.server_duration_us);
  summary.generator_cpu_share_of_core = ratio(totals.generator_cpu_us, totals.duration_us).value_or(0);
  return summary;
}

std::map<std::string, Summary> summarize(const std::vector<Run>& runs) {
  std::map<std::string, std::vector<const Run*>> of_transport;
  for (const Run& run : runs) of_transport[run.transport].push_back(&run);
  std::map<std::string, Summary> summaries;
  for (const auto& [transport, its_runs] : of_transport) summaries[transport] = summarize(its_runs);
  return summaries;
}

}  // namespace wirelab::lab
