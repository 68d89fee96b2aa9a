#include "lab/report/result_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "lab/result/expected_age.hpp"
#include "lab/result/figures.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

// -- numbers -------------------------------------------------------------------------------------------------------

std::string count(std::uint64_t number) { return grouped(number); }

std::string or_dash(std::optional<double> number) { return number ? significant(*number) : "-"; }

std::string percent(std::optional<double> share) { return share ? significant(*share * 100) : "-"; }

/// Rounded down: 100 means all of them.
std::string percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  if (part == whole) return "100";
  return fmt::format("{:.3f}", std::floor(static_cast<double>(part) / static_cast<double>(whole) * 1e5) / 1e3);
}

std::string ms(double us) { return significant(us / 1000); }

std::string percentile(const Percentiles& of, double which, double us) { return of.supports(which) ? ms(us) : "-"; }

/// "4.91", "≥ 5,000 lost", "-"
std::string age(const std::optional<AgeBound>& bound) {
  if (!bound) return "-";
  return bound->at_least ? fmt::format("≥ {} lost", ms(bound->us)) : ms(bound->us);
}

std::string mib(std::optional<std::uint64_t> bytes) {
  return bytes ? fmt::format("{:.1f}", static_cast<double>(*bytes) / 1048576) : "-";
}

// -- the table -----------------------------------------------------------------------------------------------------

using Summaries = std::map<std::string, Summary>;

struct Row {
  std::string_view label;
  std::function<std::string(const Summary&)> cell;  // none: the label is a heading
  bool (*shown)(const Summaries&) = nullptr;        // none: always
};

/// Whether the publisher was so late that the age from the actual send tells another story.
bool sending_was_late(const Summaries& summaries) {
  const auto differ = [](double from_due_us, double from_send_us) {
    return from_due_us - from_send_us > std::max(100.0, 0.1 * from_due_us);
  };
  return std::any_of(summaries.begin(), summaries.end(), [&](const auto& entry) {
    const Percentiles &due = entry.second.age_us, &sent = entry.second.age_from_send_us;
    return differ(due.p50, sent.p50) || (due.supports(99) && differ(due.p99, sent.p99)) || differ(due.max, sent.max);
  });
}

bool speaks_tls(const Summaries& summaries) {
  return std::any_of(summaries.begin(), summaries.end(), [](const auto& entry) {
    return entry.second.bytes_per_delivered && entry.second.bytes_per_delivered->both.tls > 0;
  });
}

using Parts = ByteParts<double>;

std::string bytes(const Summary& s, double Parts::*part,
                  Parts BytesPerDelivered::*direction = &BytesPerDelivered::both) {
  return s.bytes_per_delivered ? significant((*s.bytes_per_delivered.*direction).*part) : "-";
}

/// What the application view counts as overhead, and what the wire view does.
std::string overhead(const Summary& s, double Parts::*total) {
  if (!s.bytes_per_delivered) return "-";
  const Parts& both = s.bytes_per_delivered->both;
  return significant(both.*total - both.payload - both.envelope);
}

std::string wasted(const Summary& s) {
  if (!s.bytes_per_delivered || s.bytes_per_delivered->both.application_total == 0) return "-";
  const Parts& both = s.bytes_per_delivered->both;
  return percent(both.empty_answers / both.application_total);
}

/// As wide as a column; the whole name is below the table, with the reasons.
std::string short_name(Verdict verdict) {
  if (verdict == Verdict::client_saturated) return "SATURATED";
  return verdict == Verdict::witnesses_disagree ? "WITNESSES" : std::string(name(verdict));
}

template <typename Part>
std::string of(const std::optional<Part>& whole, double Part::*part) {
  return whole ? significant(*whole.*part) : "-";
}

template <typename Part>
std::string of(const std::optional<Part>& whole, std::optional<double> Part::*part) {
  return whole && *whole.*part ? significant(*(*whole.*part)) : "-";
}

/// Bytes per second.
std::string rate(const Summary& s, Parts PerSecond::*direction, double Parts::*part) {
  return s.per_second ? significant((*s.per_second).*direction.*part) : "-";
}

std::string kib(double bytes) { return significant(bytes / 1024); }

std::string memory_per_idle_subscriber(const Summary& s) {
  return s.server_idle_subscriber ? kib(s.server_idle_subscriber->resident_bytes) : "-";
}

std::string kernel_memory_per_idle_subscriber(const Summary& s) {
  const auto& idle = s.server_idle_subscriber;
  return idle && idle->kernel_bytes ? kib(*idle->kernel_bytes) : "-";
}

std::string context_switches(const Summary& s) {
  if (!s.server_per_second) return "-";
  return significant(s.server_per_second->voluntary_context_switches +
                     s.server_per_second->involuntary_context_switches);
}

/// Of any run, whatever was delivered.
const std::vector<Row>& server_rows() {
  using S = Summary;
  using P = ServerPerSecond;
  static const std::vector<Row> all = {
      {"  CPU, % of one core", [](const S& s) { return percent(s.server_cpu_share_of_core); }},
      {"  context switches per second", context_switches},
      {"  requests per second", [](const S& s) { return of(s.server_per_second, &P::requests); }},
      {"  connections accepted per second",
       [](const S& s) { return of(s.server_per_second, &P::connections_accepted); }},
      {"  open descriptors",
       [](const S& s) { return s.server_open_descriptors ? count(*s.server_open_descriptors) : "-"; }},
      {"  peak memory, MiB", [](const S& s) { return mib(s.server_peak_resident_bytes); }},
      {"  memory per idle subscriber, KiB", memory_per_idle_subscriber},
      {"  kernel's memory per idle subscriber, KiB", kernel_memory_per_idle_subscriber},
  };
  return all;
}

const std::vector<Row>& generator_rows() {
  using S = Summary;
  static const std::vector<Row> all = {
      {"Load generator", {}},
      {"  CPU, % of one core", [](const S& s) { return percent(s.generator_cpu_share_of_core); }},
      {"  late by p99, ms", [](const S& s) { return percentile(s.schedule_lag_us, 99, s.schedule_lag_us.p99); }},
      {"  late by, at most, ms",
       [](const S& s) { return s.schedule_lag_us.count > 0 ? ms(s.schedule_lag_us.max) : "-"; }},
  };
  return all;
}

const std::vector<Row>& delivery_rows() {
  using S = Summary;
  using D = BytesPerDelivered;
  static const std::vector<Row> all = {
      {"Verdict", [](const S& s) { return short_name(s.verdict); }},
      {"Age at delivery, ms", {}},
      {"  mean", [](const S& s) { return s.age_us.count > 0 ? ms(s.age_us.mean) : "-"; }},
      {"  p50", [](const S& s) { return age(age_at(s, kP50)); }},
      {"  p90", [](const S& s) { return age(age_at(s, kP90)); }},
      {"  p99", [](const S& s) { return age(age_at(s, kP99)); }},
      {"  max", [](const S& s) { return age(age_max(s)); }},
      {"Age from the actual send, forgiving lateness", {}, sending_was_late},
      {"  p50, ms", [](const S& s) { return age(age_from_send_at(s, kP50)); }, sending_was_late},
      {"  p99, ms", [](const S& s) { return age(age_from_send_at(s, kP99)); }, sending_was_late},
      {"  max of what came, ms",
       [](const S& s) { return s.age_from_send_us.count > 0 ? ms(s.age_from_send_us.max) : "-"; }, sending_was_late},
      {"Deliveries", {}},
      {"  expected", [](const S& s) { return count(s.expected); }},
      {"  delivered, % of expected", [](const S& s) { return percent_of(s.delivered, s.expected); }},
      {"  duplicates", [](const S& s) { return count(s.duplicated); }},
      {"  out of order", [](const S& s) { return count(s.out_of_order); }},
      {"HTTP", {}},
      {"  requests per delivered message", [](const S& s) { return or_dash(s.requests_per_delivered); }},
      {"  connections per delivered message", [](const S& s) { return or_dash(s.connections_per_delivered); }},
      {"  connections per request", [](const S& s) { return or_dash(s.connections_per_request); }},
      {"  answers without a message, %", [](const S& s) { return percent(s.empty_share); }},
      {"  service time p50, ms", [](const S& s) { return percentile(s.service_time_us, 50, s.service_time_us.p50); }},
      {"  service time p99, ms", [](const S& s) { return percentile(s.service_time_us, 99, s.service_time_us.p99); }},
      {"Bytes per delivered message", {}},
      {"  payload", [](const S& s) { return bytes(s, &Parts::payload); }},
      {"  envelope", [](const S& s) { return bytes(s, &Parts::envelope); }},
      {"  HTTP headers", [](const S& s) { return bytes(s, &Parts::http_headers); }},
      {"  WebSocket framing", [](const S& s) { return bytes(s, &Parts::websocket_framing); }},
      {"  WebSocket handshakes", [](const S& s) { return bytes(s, &Parts::handshakes); }},
      {"  application view: total above TCP", [](const S& s) { return bytes(s, &Parts::application_total); }},
      {"    of it to the server", [](const S& s) { return bytes(s, &Parts::application_total, &D::out); }},
      {"    of it on empty answers, %", wasted},
      {"  TLS: records and handshakes", [](const S& s) { return bytes(s, &Parts::tls); }, speaks_tls},
      {"  TCP and IP headers", [](const S& s) { return bytes(s, &Parts::tcp_ip_headers); }},
      {"  wire view: total with TCP and IP", [](const S& s) { return bytes(s, &Parts::wire_total); }},
      {"    of it to the server", [](const S& s) { return bytes(s, &Parts::wire_total, &D::out); }},
      {"  overhead, application view", [](const S& s) { return overhead(s, &Parts::application_total); }},
      {"  overhead, wire view", [](const S& s) { return overhead(s, &Parts::wire_total); }},
      {"  segments", [](const S& s) { return bytes(s, &Parts::segments); }},
      {"  connections whose two counts disagree", [](const S& s) { return count(s.witnesses_disagreeing); }},
      {"Server", {}},
      {"  CPU, ms per 1,000 delivered", [](const S& s) { return or_dash(s.server_cpu_ms_per_1000_delivered); }},
      {"    in user mode", [](const S& s) { return or_dash(s.server_cpu_user_ms_per_1000_delivered); }},
      {"    in the kernel", [](const S& s) { return or_dash(s.server_cpu_system_ms_per_1000_delivered); }},
      {"    of it, publishing alone", [](const S& s) { return or_dash(s.publishing_alone_cpu_ms_per_1000_delivered); }},
  };
  return all;
}

/// Of a run in which nothing was published: what waiting costs.
const std::vector<Row>& idle_rows() {
  using S = Summary;
  using P = PerSecond;
  using V = ServerPerSecond;
  static const std::vector<Row> all = {
      {"Verdict", [](const S& s) { return short_name(s.verdict); }},
      {"HTTP", {}},
      {"  requests per second", [](const S& s) { return of(s.per_second, &P::requests); }},
      {"  answers without a message, %", [](const S& s) { return percent(s.empty_share); }},
      {"  connections opened per second", [](const S& s) { return of(s.per_second, &P::connections_opened); }},
      {"  service time p50, ms", [](const S& s) { return percentile(s.service_time_us, 50, s.service_time_us.p50); }},
      {"Bytes per second, all subscribers", {}},
      {"  application view: total above TCP", [](const S& s) { return rate(s, &P::both, &Parts::application_total); }},
      {"  wire view, to the server", [](const S& s) { return rate(s, &P::out, &Parts::wire_total); }},
      {"  wire view, from the server", [](const S& s) { return rate(s, &P::in, &Parts::wire_total); }},
      {"  wire view: total with TCP and IP", [](const S& s) { return rate(s, &P::both, &Parts::wire_total); }},
      {"  segments", [](const S& s) { return rate(s, &P::both, &Parts::segments); }},
      {"  connections whose two counts disagree", [](const S& s) { return count(s.witnesses_disagreeing); }},
      {"Bytes per second and subscriber", {}},
      {"  wire view: total with TCP and IP", [](const S& s) { return or_dash(find_figure("idle_bytes")->value(s)); }},
      {"Server", {}},
      {"  CPU, ms/s per 1,000 subscribers", [](const S& s) { return or_dash(find_figure("idle_cpu")->value(s)); }},
      {"  pings per second", [](const S& s) { return of(s.server_per_second, &V::pings); }},
      {"  silent peers cut off per second", [](const S& s) { return of(s.server_per_second, &V::timeouts); }},
  };
  return all;
}

std::vector<Row> rows_of(const Result& result) {
  std::vector<Row> rows = nothing_published(result) ? idle_rows() : delivery_rows();
  for (const auto* more : {&server_rows(), &generator_rows()}) rows.insert(rows.end(), more->begin(), more->end());
  return rows;
}

TableRow filled(const Row& row, const Result& result, const std::vector<std::string>& transports) {
  const std::size_t indent = row.label.find_first_not_of(' ');
  TableRow out{std::string(row.label.substr(indent)), indent / 2, {}};
  if (row.cell)
    for (const std::string& transport : transports) out.cells.push_back(row.cell(result.summary.at(transport)));
  return out;
}

}  // namespace

bool nothing_published(const Result& result) {
  return std::all_of(result.runs.begin(), result.runs.end(), [](const Run& run) { return run.messages.planned == 0; });
}

std::vector<std::string> measured_transports(const Result& result) {
  std::vector<std::string> measured;
  for (const std::string& transport : result.configuration.transports)
    if (result.summary.contains(transport)) measured.push_back(transport);
  return measured;
}

std::vector<TableRow> result_table(const Result& result) {
  const auto transports = measured_transports(result);
  std::vector<TableRow> table;
  for (const Row& row : rows_of(result))
    if (!row.shown || row.shown(result.summary)) table.push_back(filled(row, result, transports));
  return table;
}

}  // namespace wirelab::lab
