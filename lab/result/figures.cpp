#include "lab/result/figures.hpp"

#include <algorithm>

#include "lab/result/expected_age.hpp"

namespace wirelab::lab {
namespace {

std::optional<double> value_of(const std::optional<AgeBound>& bound) {
  return bound ? std::optional(bound->us) : std::nullopt;
}

bool is_at_least(const std::optional<AgeBound>& bound) { return bound && bound->at_least; }

template <const AgePercentile& percentile>
std::optional<double> age(const Summary& summary) {
  return value_of(age_at(summary, percentile));
}

template <const AgePercentile& percentile>
bool among_lost(const Summary& summary) {
  return is_at_least(age_at(summary, percentile));
}

std::optional<double> oldest(const Summary& summary) { return value_of(age_max(summary)); }
bool oldest_is_lost(const Summary& summary) { return is_at_least(age_max(summary)); }

std::optional<double> age_mean(const Summary& summary) {
  return summary.age_us.count > 0 ? std::optional(summary.age_us.mean) : std::nullopt;
}

std::optional<double> service_time(const Summary& summary) {
  return summary.service_time_us.supports(50) ? std::optional(summary.service_time_us.p50) : std::nullopt;
}

std::optional<double> first_message(const Summary& summary) {
  return summary.first_message_us ? std::optional(summary.first_message_us->mean) : std::nullopt;
}

std::optional<double> delivered_share(const Summary& summary) {
  if (summary.expected == 0) return std::nullopt;
  return static_cast<double>(summary.delivered) / static_cast<double>(summary.expected);
}

template <double ByteParts<double>::*part>
std::optional<double> bytes_part(const Summary& summary) {
  return summary.bytes_per_delivered ? std::optional(summary.bytes_per_delivered->both.*part) : std::nullopt;
}

template <auto Summary::*member>
std::optional<double> plain(const Summary& summary) {
  if constexpr (requires { (summary.*member).has_value(); })
    return summary.*member ? std::optional(static_cast<double>(*(summary.*member))) : std::nullopt;
  else
    return static_cast<double>(summary.*member);
}

// What waiting costs: of runs in which nothing was published.

bool idle(const Summary& summary) { return summary.published == 0 && summary.subscribers > 0; }

std::optional<double> idle_bytes(const Summary& summary) {
  if (!idle(summary) || !summary.per_second) return std::nullopt;
  return summary.per_second->both.wire_total / static_cast<double>(summary.subscribers);
}

std::optional<double> idle_cpu(const Summary& summary) {
  if (!idle(summary) || !summary.server_cpu_share_of_core) return std::nullopt;
  const double ms_per_second = *summary.server_cpu_share_of_core * 1e3;
  return ms_per_second * 1e3 / static_cast<double>(summary.subscribers);
}

std::optional<double> idle_memory(const Summary& summary) {
  if (!idle(summary) || !summary.server_idle_subscriber) return std::nullopt;
  return summary.server_idle_subscriber->resident_bytes;
}

}  // namespace

const std::vector<Figure>& figures() {
  using enum FigureKind;
  using B = ByteParts<double>;
  using S = Summary;
  static const std::vector<Figure> all = {
      {"mean", "age_mean_us", "age mean, ms", time_us, 1e3, age_mean},
      {"p50", "age_p50_us", "age p50, ms", time_us, 1e3, age<kP50>, among_lost<kP50>},
      {"p90", "age_p90_us", "age p90, ms", time_us, 1e3, age<kP90>, among_lost<kP90>},
      {"p99", "age_p99_us", "age p99, ms", time_us, 1e3, age<kP99>, among_lost<kP99>},
      {"p999", "age_p999_us", "age p99.9, ms", time_us, 1e3, age<kP999>, among_lost<kP999>},
      {"max", "age_max_us", "age max, ms", time_us, 1e3, oldest, oldest_is_lost},
      {"delivered", "delivered_share", "delivered, % of expected", share, 0.01, delivered_share},
      {"lost", "lost", "lost", count, 1, plain<&S::lost>},
      {"duplicated", "duplicated", "duplicated", count, 1, plain<&S::duplicated>},
      {"out_of_order", "out_of_order", "out of order", count, 1, plain<&S::out_of_order>},
      {"requests", "requests_per_delivered", "requests per delivered", count, 1, plain<&S::requests_per_delivered>},
      {"empty", "empty_share", "answers without a message, %", share, 0.01, plain<&S::empty_share>},
      {"service", "service_time_p50_us", "request to answer p50, ms", time_us, 1e3, service_time},
      {"first_message", "first_message_mean_us", "first message mean, ms", time_us, 1e3, first_message},
      {"connections", "connections_per_delivered", "connections per delivered", count, 1,
       plain<&S::connections_per_delivered>},
      {"bytes", "application_total_bytes_both_per_delivered", "bytes per delivered above TCP", bytes, 1,
       bytes_part<&B::application_total>},
      {"wire_bytes", "wire_total_bytes_both_per_delivered", "bytes per delivered with TCP/IP", bytes, 1,
       bytes_part<&B::wire_total>},
      {"server_cpu", "server_cpu_ms_per_1000_delivered", "server CPU, ms per 1,000 delivered", cpu, 1,
       plain<&S::server_cpu_ms_per_1000_delivered>},
      {"idle_bytes", "wire_total_bytes_both_per_second_per_subscriber", "bytes/s per idle subscriber", bytes, 1,
       idle_bytes},
      {"idle_cpu", "server_cpu_ms_per_second_per_1000_subscribers", "server CPU, ms/s per 1,000 idle", cpu, 1,
       idle_cpu},
      {"idle_memory", "server_resident_bytes_per_idle_subscriber", "server memory per idle one, KiB", bytes, 1024,
       idle_memory},
      {"server_memory", "server_peak_resident_bytes", "server peak memory, MiB", bytes, 1048576,
       plain<&S::server_peak_resident_bytes>},
  };
  return all;
}

std::vector<const Figure*> ranked_figures() {
  std::vector<const Figure*> ranked;
  for (const char* name :
       {"p50", "p99", "wire_bytes", "idle_bytes", "idle_cpu", "idle_memory", "server_cpu", "server_memory"})
    ranked.push_back(find_figure(name));
  return ranked;
}

bool is_known(const Figure& figure, const std::map<std::string, Summary>& summaries) {
  return std::any_of(summaries.begin(), summaries.end(), [&](const auto& entry) { return figure.value(entry.second); });
}

const Figure* find_figure(std::string_view name) {
  const auto& all = figures();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Figure& figure) { return figure.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace wirelab::lab
