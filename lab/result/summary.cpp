#include "lab/result/summary.hpp"

#include <algorithm>

#include "lab/result/distribution.hpp"
#include "lab/result/expected_age.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/intervals.hpp"
#include "lab/result/publishing_alone.hpp"
#include "lab/result/theory.hpp"
#include "lab/result/verdict.hpp"

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
};

/// The same of the runs whose server told its load.
struct ServerTotals {
  double duration_us = 0, delivered = 0;
  double cpu_us = 0, cpu_user_us = 0, cpu_system_us = 0;
  ServerPerSecond counts;  // not divided yet
  double idle_subscribers = 0;
  IdleSubscriber idle;  // nor this
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
  part(&To::tls, &From::tls);
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
  }
  return totals;
}

/// A sum is known only if all its parts are.
template <typename Number>
void add_known(std::optional<double>& sum, const std::optional<Number>& part) {
  if (sum && part)
    *sum += static_cast<double>(*part);
  else
    sum.reset();
}

void add(ServerTotals& totals, const ServerCost& cost) {
  totals.cpu_us += cost.cpu_total_us;
  totals.cpu_user_us += cost.cpu_user_us;
  totals.cpu_system_us += cost.cpu_system_us;
  add_known(totals.counts.requests, cost.requests);
  add_known(totals.counts.connections_accepted, cost.connections_accepted);
  add_known(totals.counts.pings, cost.pings);
  add_known(totals.counts.timeouts, cost.timeouts);
  totals.counts.voluntary_context_switches += static_cast<double>(cost.voluntary_context_switches);
  totals.counts.involuntary_context_switches += static_cast<double>(cost.involuntary_context_switches);
  if (!cost.idle_subscribers) return;
  totals.idle_subscribers += static_cast<double>(cost.idle_subscribers->count);
  totals.idle.connections += static_cast<double>(cost.idle_subscribers->connections);
  totals.idle.resident_bytes += static_cast<double>(cost.idle_subscribers->resident_bytes);
  add_known(totals.idle.socket_buffer_bytes, cost.idle_subscribers->socket_buffer_bytes);
  add_known(totals.idle.kernel_bytes, cost.idle_subscribers->kernel_bytes);
}

ServerTotals add_up_servers(const std::vector<const Run*>& runs) {
  ServerTotals totals;
  totals.counts.requests = totals.counts.connections_accepted = totals.counts.pings = totals.counts.timeouts = 0;
  totals.idle.socket_buffer_bytes = totals.idle.kernel_bytes = 0;
  for (const Run* run : runs) {
    if (!run->server) continue;
    totals.duration_us += run->window.duration_s * 1e6;
    totals.delivered += static_cast<double>(run->window.delivered);
    add(totals, *run->server);
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

std::optional<PerSecond> per_second(const Totals& totals) {
  const double seconds = totals.duration_us / 1e6;
  if (seconds <= 0) return std::nullopt;
  PerSecond rates;
  rates.requests = totals.requests / seconds;
  rates.empty_answers = totals.empty_answers / seconds;
  rates.connections_opened = totals.connections / seconds;
  add(rates.out, totals.out, 1 / seconds);
  add(rates.in, totals.in, 1 / seconds);
  add(rates.both, rates.out);
  add(rates.both, rates.in);
  return rates;
}

std::optional<ServerPerSecond> per_second(const ServerTotals& totals) {
  const double seconds = totals.duration_us / 1e6;
  if (seconds <= 0) return std::nullopt;
  const ServerPerSecond& counts = totals.counts;
  const auto rate = [&](const std::optional<double>& count) {
    return count ? std::optional(*count / seconds) : std::nullopt;
  };
  return ServerPerSecond{rate(counts.requests),
                         rate(counts.connections_accepted),
                         rate(counts.pings),
                         rate(counts.timeouts),
                         counts.voluntary_context_switches / seconds,
                         counts.involuntary_context_switches / seconds};
}

std::optional<IdleSubscriber> per_idle_subscriber(const ServerTotals& totals) {
  const double count = totals.idle_subscribers;
  if (count == 0) return std::nullopt;
  IdleSubscriber one = totals.idle;
  one.connections /= count;
  one.resident_bytes /= count;
  if (one.socket_buffer_bytes) *one.socket_buffer_bytes /= count;
  if (one.kernel_bytes) *one.kernel_bytes /= count;
  return one;
}

void summarize_servers(Summary& summary, const std::vector<const Run*>& runs) {
  const ServerTotals totals = add_up_servers(runs);
  // Microseconds a message are milliseconds a thousand.
  summary.server_cpu_ms_per_1000_delivered = ratio(totals.cpu_us, totals.delivered);
  if (totals.cpu_us >= kDividedCpuMinUs) {
    summary.server_cpu_user_ms_per_1000_delivered = ratio(totals.cpu_user_us, totals.delivered);
    summary.server_cpu_system_ms_per_1000_delivered = ratio(totals.cpu_system_us, totals.delivered);
  }
  summary.server_cpu_share_of_core = ratio(totals.cpu_us, totals.duration_us);
  summary.server_per_second = per_second(totals);
  summary.server_idle_subscriber = per_idle_subscriber(totals);
  for (const Run* run : runs) {
    if (!run->server) continue;
    auto& peak = summary.server_peak_resident_bytes;
    auto& descriptors = summary.server_open_descriptors;
    peak = std::max(peak.value_or(0), run->server->peak_resident_bytes);
    descriptors = std::max(descriptors.value_or(0), run->server->open_descriptors);
  }
}

std::vector<const Distribution*> each(const std::vector<const Run*>& runs, Distribution Run::*which) {
  std::vector<const Distribution*> distributions;
  for (const Run* run : runs) distributions.push_back(&(run->*which));
  return distributions;
}

}  // namespace

std::optional<Percentiles> first_messages(const std::vector<const Run*>& runs) {
  std::vector<const Distribution*> known;
  for (const Run* run : runs)
    if (run->first_message_us) known.push_back(&*run->first_message_us);
  return known.empty() ? std::nullopt : std::optional(merge(known));
}

Summary pool(const std::vector<const Run*>& runs) {
  const Totals totals = add_up(runs);
  Summary summary;
  summary.runs = runs.size();
  for (const Run* run : runs) {
    summary.subscribers = std::max(summary.subscribers, run->subscribers);
    summary.published += run->messages.published;
    summary.delivered += run->messages.delivered;
    summary.expected += run->messages.expected;
    summary.lost += run->messages.lost;
    summary.duplicated += run->messages.duplicated;
    summary.out_of_order += run->messages.out_of_order;
    summary.witnesses_disagreeing += run->bytes.witnesses.disagreeing;
  }
  const auto ages = each(runs, &Run::age_us);
  summary.age_us = merge(ages);
  summary.service_time_us = merge(each(runs, &Run::service_time_us));
  summary.first_message_us = first_messages(runs);
  summary.censored = censored_of(runs);
  summary.age_of_expected_us = of_expected(ages, summary.age_us, summary.lost);
  summary.requests_per_delivered = ratio(totals.requests, totals.delivered);
  summary.connections_per_delivered = ratio(totals.connections, totals.delivered);
  summary.connections_per_request = ratio(totals.connections, totals.requests);
  summary.empty_share = ratio(totals.empty_answers, totals.requests);
  summary.bytes_per_delivered = bytes_per_delivered(totals);
  summary.per_second = per_second(totals);
  summarize_servers(summary, runs);
  summary.generator_cpu_share_of_core = ratio(totals.generator_cpu_us, totals.duration_us).value_or(0);
  return summary;
}

Summary summarize(const std::vector<const Run*>& runs) {
  Summary summary = pool(runs);
  Judgement judgement = judge(runs);
  summary.verdict = judgement.verdict;
  summary.reasons = std::move(judgement.reasons);
  const auto ages_from_send = each(runs, &Run::age_from_send_us);
  summary.age_from_send_us = merge(ages_from_send);
  summary.age_from_send_of_expected_us = of_expected(ages_from_send, summary.age_from_send_us, summary.lost);
  summary.schedule_lag_us = merge(each(runs, &Run::schedule_lag_us));
  const auto found = intervals(runs);
  for (std::size_t i = 0; i < figures().size(); ++i) summary.intervals.emplace(std::string(figures()[i].key), found[i]);
  return summary;
}

namespace {

std::map<std::string, std::vector<const Run*>> by_transport(const std::vector<Run>& runs) {
  std::map<std::string, std::vector<const Run*>> of_transport;
  for (const Run& run : runs) of_transport[run.transport].push_back(&run);
  return of_transport;
}

}  // namespace

std::map<std::string, Summary> summarize(const std::vector<Run>& runs) {
  std::map<std::string, Summary> summaries;
  for (const auto& [transport, its_runs] : by_transport(runs)) summaries[transport] = summarize(its_runs);
  return summaries;
}

std::map<std::string, Summary> summarize(const Result& result) {
  auto summaries = summarize(result.runs);
  for (const auto& [transport, its_runs] : by_transport(result.runs))
    summaries[transport].publishing_alone_cpu_ms_per_1000_delivered = publishing_share(result, transport, its_runs);
  add_theory(result.configuration, summaries);
  return summaries;
}

}  // namespace wirelab::lab
