#include "lab/summary.hpp"

#include <algorithm>

#include "lab/distribution.hpp"
#include "lab/figures.hpp"
#include "lab/intervals.hpp"
#include "lab/verdict.hpp"

namespace wirelab::lab {
namespace {

std::optional<double> ratio(double part, double whole) {
  return whole > 0 ? std::optional(part / whole) : std::nullopt;
}

/// The runs' windows added up.
struct Totals {
  double delivered = 0, requests = 0, empty_answers = 0, connections = 0;
  ByteParts<double> out, in;
  double duration_us = 0, generator_cpu_us = 0;
  // Of the runs whose server told its load.
  double server_cpu_us = 0, server_duration_us = 0, server_delivered = 0;
};

template <typename Number>
void add(ByteParts<double>& sum, const ByteParts<Number>& more, double factor = 1) {
  using To = ByteParts<double>;
  using From = ByteParts<Number>;
  const auto part = [&](double To::*to, Number From::*from) { sum.*to += static_cast<double>(more.*from) * factor; };
  part(&To::payload, &From::payload);
  part(&To::envelope, &From::envelope);
  part(&To::http_headers, &From::http_headers);
  part(&To::websocket_framing, &From::websocket_framing);
  part(&To::handshakes, &From::handshakes);
  part(&To::application_total, &From::application_total);
  part(&To::window_edges, &From::window_edges);
  part(&To::retransmitted, &From::retransmitted);
  part(&To::tcp_ip_headers, &From::tcp_ip_headers);
  part(&To::wire_total, &From::wire_total);
  part(&To::empty_answers, &From::empty_answers);
  part(&To::segments, &From::segments);
}

Totals add_up(const std::vector<const Run*>& runs) {
  Totals totals;
  for (const Run* run : runs) {
    const auto delivered = static_cast<double>(run->window.delivered);
    const double duration_us = run->window.duration_s * 1e6;
    totals.delivered += delivered;
    totals.requests += static_cast<double>(run->window.requests);
    totals.empty_answers += static_cast<double>(run->window.empty_answers);
    totals.connections += static_cast<double>(run->window.connections_opened);
    add(totals.out, run->bytes.out);
    add(totals.in, run->bytes.in);
    totals.duration_us += duration_us;
    totals.generator_cpu_us += run->generator.cpu_total_us;
    if (!run->server) continue;
    totals.server_cpu_us += run->server->cpu_total_us;
    totals.server_duration_us += duration_us;
    totals.server_delivered += delivered;
  }
  return totals;
}

std::optional<BytesPerDelivered> bytes_per_delivered(const Totals& totals) {
  if (totals.delivered == 0) return std::nullopt;
  BytesPerDelivered bytes;
  add(bytes.out, totals.out, 1 / totals.delivered);
  add(bytes.in, totals.in, 1 / totals.delivered);
  add(bytes.both, bytes.out);
  add(bytes.both, bytes.in);
  return bytes;
}

Percentiles merge(const std::vector<const Run*>& runs, Distribution Run::*which) {
  std::vector<const Distribution*> distributions;
  for (const Run* run : runs) distributions.push_back(&(run->*which));
  return merge(distributions);
}

}  // namespace

Summary pool(const std::vector<const Run*>& runs) {
  const Totals totals = add_up(runs);
  Summary summary;
  summary.runs = runs.size();
  summary.age_us = merge(runs, &Run::age_us);
  for (const Run* run : runs) {
    summary.delivered += run->messages.delivered;
    summary.expected += run->messages.expected;
    summary.lost += run->messages.lost;
    summary.duplicated += run->messages.duplicated;
    summary.out_of_order += run->messages.out_of_order;
    summary.witnesses_disagreeing += run->bytes.witnesses.disagreeing;
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

Summary summarize(const std::vector<const Run*>& runs) {
  Summary summary = pool(runs);
  Judgement judgement = judge(runs);
  summary.verdict = judgement.verdict;
  summary.reasons = std::move(judgement.reasons);
  summary.age_from_send_us = merge(runs, &Run::age_from_send_us);
  summary.service_time_us = merge(runs, &Run::service_time_us);
  summary.schedule_lag_us = merge(runs, &Run::schedule_lag_us);
  const auto found = intervals(runs);
  for (std::size_t i = 0; i < figures().size(); ++i) summary.intervals.emplace(std::string(figures()[i].key), found[i]);
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
