#include "lab/report/report_csv.hpp"

#include <fmt/format.h>

#include <functional>

#include "lab/report/result_table.hpp"
#include "lab/result/expected_age.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/intervals.hpp"
#include "lab/result/publishing_alone.hpp"
#include "lab/result/summary.hpp"
#include "lab/result/theory.hpp"

namespace wirelab::lab {
namespace {

std::string text(double number) { return fmt::format("{}", number); }
std::string text(std::optional<double> number) { return number ? text(*number) : ""; }
std::string text(std::uint64_t number) { return fmt::format("{}", number); }
std::string text(std::optional<std::uint64_t> number) { return number ? text(*number) : ""; }

std::string quoted(const std::vector<std::string>& sentences) {
  return csv_quoted(fmt::format("{}", fmt::join(sentences, "; ")));
}

struct Column {
  std::string name;
  std::function<std::string(const Summary&)> cell;
};

template <typename Member>
Column plain(const char* name, Member Summary::*member) {
  return {name, [member](const Summary& s) { return text(s.*member); }};
}

Column per_second(const char* name, ByteParts<double> PerSecond::*direction, double ByteParts<double>::*part) {
  return {name, [=](const Summary& s) { return s.per_second ? text((*s.per_second).*direction.*part) : ""; }};
}

/// One that other figures are worked out to.
Column figure(std::string_view name) {
  const Figure& its = *find_figure(name);
  return {std::string(its.key), [&its](const Summary& s) { return text(its.value(s)); }};
}

/// Of a part that may be null.
template <typename Part, typename Value>
Column part(const char* name, std::optional<Part> Summary::*whole, Value Part::*member) {
  return {name, [=](const Summary& s) { return s.*whole ? text((*(s.*whole)).*member) : ""; }};
}

Column supported(const char* name, Percentiles Summary::*of, double Percentiles::*member, double percentile) {
  return {name, [=](const Summary& s) { return (s.*of).supports(percentile) ? text(s.*of.*member) : ""; }};
}

/// Empty, too, where it falls among the lost: then `censored_age_min_us` is all that is known of it.
Column age_of_expected(const char* name, std::optional<AgeBound> (*at)(const Summary&)) {
  return {name, [=](const Summary& s) {
            const auto bound = at(s);
            return bound && !bound->at_least ? text(bound->us) : "";
          }};
}

template <std::optional<AgeBound> (*at)(const Summary&, const AgePercentile&), const AgePercentile& percentile>
std::optional<AgeBound> bound_at(const Summary& summary) {
  return at(summary, percentile);
}

/// Least, greatest and mean need one sample only.
Column measured(const char* name, Percentiles Summary::*of, double Percentiles::*member) {
  return {name, [=](const Summary& s) { return (s.*of).count > 0 ? text(s.*of.*member) : ""; }};
}

Column per_delivered(const char* name, ByteParts<double> BytesPerDelivered::*direction,
                     double ByteParts<double>::*part) {
  return {name, [=](const Summary& s) {
            return s.bytes_per_delivered ? text((*s.bytes_per_delivered.*direction).*part) : "";
          }};
}

/// An interval's two ends, of the figures that are ranked.
void add_intervals(std::vector<Column>& columns) {
  const auto add = [&](const Figure* figure, const char* ending, double Interval::*end) {
    columns.push_back({std::string(figure->key) + ending, [figure, end](const Summary& s) {
                         const auto interval = interval_of(s, *figure);
                         return interval ? text((*interval).*end) : "";
                       }});
  };
  for (const Figure* figure : ranked_figures()) {
    add(figure, "_low", &Interval::low);
    add(figure, "_high", &Interval::high);
  }
}

/// What theory says, and what was measured less that.
void add_theory_columns(std::vector<Column>& columns) {
  for (const TheoryFigure& of : theory_figures()) {
    const Figure& its = *find_figure(of.figure);
    columns.push_back({"predicted_" + std::string(its.key),
                       [&of](const Summary& s) { return s.predicted ? text((*s.predicted).*of.value) : ""; }});
    columns.push_back({"beyond_predicted_" + std::string(its.key), [&of, &its](const Summary& s) {
                         const auto value = its.at_least(s) ? std::nullopt : its.value(s);
                         return s.predicted && value ? text(*value - (*s.predicted).*of.value) : "";
                       }});
  }
}

std::vector<Column> measured_columns() {
  using S = Summary;
  using P = Percentiles;
  using B = ByteParts<double>;
  using D = BytesPerDelivered;
  using R = PerSecond;
  using V = ServerPerSecond;
  using I = IdleSubscriber;
  return {
      {"verdict", [](const S& s) { return std::string(name(s.verdict)); }},
      plain("expected", &S::expected),
      plain("delivered", &S::delivered),
      plain("lost", &S::lost),
      plain("duplicated", &S::duplicated),
      plain("out_of_order", &S::out_of_order),
      {"censored_age_min_us", [](const S& s) { return s.censored ? text(s.censored->age_min_us) : ""; }},
      measured("age_min_us", &S::age_us, &P::min),
      measured("age_mean_us", &S::age_us, &P::mean),
      age_of_expected("age_p50_us", bound_at<age_at, kP50>),
      age_of_expected("age_p90_us", bound_at<age_at, kP90>),
      age_of_expected("age_p99_us", bound_at<age_at, kP99>),
      age_of_expected("age_p999_us", bound_at<age_at, kP999>),
      age_of_expected("age_max_us", age_max),
      age_of_expected("age_from_send_p50_us", bound_at<age_from_send_at, kP50>),
      age_of_expected("age_from_send_p99_us", bound_at<age_from_send_at, kP99>),
      measured("age_from_send_max_us", &S::age_from_send_us, &P::max),
      supported("service_time_p50_us", &S::service_time_us, &P::p50, 50),
      supported("service_time_p99_us", &S::service_time_us, &P::p99, 99),
      {"first_message_mean_us",
       [](const S& s) {
         const auto value = find_figure("first_message")->value(s);
         return value ? text(*value) : "";
       }},
      supported("schedule_lag_p99_us", &S::schedule_lag_us, &P::p99, 99),
      measured("schedule_lag_max_us", &S::schedule_lag_us, &P::max),
      plain("requests_per_delivered", &S::requests_per_delivered),
      plain("connections_per_delivered", &S::connections_per_delivered),
      plain("connections_per_request", &S::connections_per_request),
      plain("empty_share", &S::empty_share),
      per_delivered("payload_bytes_out_per_delivered", &D::out, &B::payload),
      per_delivered("envelope_bytes_out_per_delivered", &D::out, &B::envelope),
      per_delivered("http_headers_bytes_out_per_delivered", &D::out, &B::http_headers),
      per_delivered("websocket_framing_bytes_out_per_delivered", &D::out, &B::websocket_framing),
      per_delivered("handshakes_bytes_out_per_delivered", &D::out, &B::handshakes),
      per_delivered("application_total_bytes_out_per_delivered", &D::out, &B::application_total),
      per_delivered("tls_bytes_out_per_delivered", &D::out, &B::tls),
      per_delivered("window_edges_bytes_out_per_delivered", &D::out, &B::window_edges),
      per_delivered("retransmitted_bytes_out_per_delivered", &D::out, &B::retransmitted),
      per_delivered("tcp_ip_headers_bytes_out_per_delivered", &D::out, &B::tcp_ip_headers),
      per_delivered("wire_total_bytes_out_per_delivered", &D::out, &B::wire_total),
      per_delivered("empty_answers_bytes_out_per_delivered", &D::out, &B::empty_answers),
      per_delivered("segments_out_per_delivered", &D::out, &B::segments),
      per_delivered("payload_bytes_in_per_delivered", &D::in, &B::payload),
      per_delivered("envelope_bytes_in_per_delivered", &D::in, &B::envelope),
      per_delivered("http_headers_bytes_in_per_delivered", &D::in, &B::http_headers),
      per_delivered("websocket_framing_bytes_in_per_delivered", &D::in, &B::websocket_framing),
      per_delivered("handshakes_bytes_in_per_delivered", &D::in, &B::handshakes),
      per_delivered("application_total_bytes_in_per_delivered", &D::in, &B::application_total),
      per_delivered("tls_bytes_in_per_delivered", &D::in, &B::tls),
      per_delivered("window_edges_bytes_in_per_delivered", &D::in, &B::window_edges),
      per_delivered("retransmitted_bytes_in_per_delivered", &D::in, &B::retransmitted),
      per_delivered("tcp_ip_headers_bytes_in_per_delivered", &D::in, &B::tcp_ip_headers),
      per_delivered("wire_total_bytes_in_per_delivered", &D::in, &B::wire_total),
      per_delivered("empty_answers_bytes_in_per_delivered", &D::in, &B::empty_answers),
      per_delivered("segments_in_per_delivered", &D::in, &B::segments),
      per_delivered("payload_bytes_both_per_delivered", &D::both, &B::payload),
      per_delivered("envelope_bytes_both_per_delivered", &D::both, &B::envelope),
      per_delivered("http_headers_bytes_both_per_delivered", &D::both, &B::http_headers),
      per_delivered("websocket_framing_bytes_both_per_delivered", &D::both, &B::websocket_framing),
      per_delivered("handshakes_bytes_both_per_delivered", &D::both, &B::handshakes),
      per_delivered("application_total_bytes_both_per_delivered", &D::both, &B::application_total),
      per_delivered("tls_bytes_both_per_delivered", &D::both, &B::tls),
      per_delivered("window_edges_bytes_both_per_delivered", &D::both, &B::window_edges),
      per_delivered("retransmitted_bytes_both_per_delivered", &D::both, &B::retransmitted),
      per_delivered("tcp_ip_headers_bytes_both_per_delivered", &D::both, &B::tcp_ip_headers),
      per_delivered("wire_total_bytes_both_per_delivered", &D::both, &B::wire_total),
      per_delivered("empty_answers_bytes_both_per_delivered", &D::both, &B::empty_answers),
      per_delivered("segments_both_per_delivered", &D::both, &B::segments),
      plain("server_cpu_ms_per_1000_delivered", &S::server_cpu_ms_per_1000_delivered),
      plain("server_cpu_user_ms_per_1000_delivered", &S::server_cpu_user_ms_per_1000_delivered),
      plain("server_cpu_system_ms_per_1000_delivered", &S::server_cpu_system_ms_per_1000_delivered),
      plain("publishing_alone_cpu_ms_per_1000_delivered", &S::publishing_alone_cpu_ms_per_1000_delivered),
      plain("server_cpu_share_of_core", &S::server_cpu_share_of_core),
      plain("server_peak_resident_bytes", &S::server_peak_resident_bytes),
      part("server_voluntary_context_switches_per_second", &S::server_per_second, &V::voluntary_context_switches),
      part("server_involuntary_context_switches_per_second", &S::server_per_second, &V::involuntary_context_switches),
      part("server_requests_per_second", &S::server_per_second, &V::requests),
      part("server_connections_accepted_per_second", &S::server_per_second, &V::connections_accepted),
      part("server_pings_per_second", &S::server_per_second, &V::pings),
      part("server_timeouts_per_second", &S::server_per_second, &V::timeouts),
      plain("server_open_descriptors", &S::server_open_descriptors),
      part("server_resident_bytes_per_idle_subscriber", &S::server_idle_subscriber, &I::resident_bytes),
      figure("idle_cpu"),
      figure("idle_bytes"),
      part("server_socket_buffer_bytes_per_idle_subscriber", &S::server_idle_subscriber, &I::socket_buffer_bytes),
      part("server_kernel_bytes_per_idle_subscriber", &S::server_idle_subscriber, &I::kernel_bytes),
      plain("subscribers", &S::subscribers),
      plain("published", &S::published),
      part("requests_per_second", &S::per_second, &R::requests),
      part("empty_answers_per_second", &S::per_second, &R::empty_answers),
      part("connections_opened_per_second", &S::per_second, &R::connections_opened),
      per_second("application_total_bytes_out_per_second", &R::out, &B::application_total),
      per_second("wire_total_bytes_out_per_second", &R::out, &B::wire_total),
      per_second("segments_out_per_second", &R::out, &B::segments),
      per_second("application_total_bytes_in_per_second", &R::in, &B::application_total),
      per_second("wire_total_bytes_in_per_second", &R::in, &B::wire_total),
      per_second("segments_in_per_second", &R::in, &B::segments),
      per_second("application_total_bytes_both_per_second", &R::both, &B::application_total),
      per_second("wire_total_bytes_both_per_second", &R::both, &B::wire_total),
      per_second("segments_both_per_second", &R::both, &B::segments),
      plain("witnesses_disagreeing", &S::witnesses_disagreeing),
      plain("generator_cpu_share_of_core", &S::generator_cpu_share_of_core),
  };
}

const std::vector<Column>& columns() {
  static const auto all = [] {
    std::vector<Column> columns = measured_columns();
    add_theory_columns(columns);
    add_intervals(columns);
    columns.push_back({"reasons", [](const Summary& s) { return quoted(s.reasons); }});
    return columns;
  }();
  return all;
}

std::string line(const std::string& transport, const std::string& round, const Summary& summary) {
  std::string out = transport + ',' + round;
  for (const Column& column : columns()) out += ',' + column.cell(summary);
  return out + "\r\n";
}

}  // namespace

std::string csv_quoted(std::string text) {
  if (text.empty()) return text;
  for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2)) text.insert(at, 1, '"');
  return '"' + text + '"';
}

std::string report_csv(const Result& result) {
  std::string out = "transport,round";
  for (const Column& column : columns()) out += ',' + column.name;
  out += "\r\n";
  for (const Run& run : result.runs) {
    const std::vector<const Run*> alone = {&run};
    Summary summary = summarize(alone);
    summary.publishing_alone_cpu_ms_per_1000_delivered = publishing_share(result, run.transport, alone);
    summary.predicted = predicted(result.configuration, run.transport);
    out += line(run.transport, std::to_string(run.round), summary);
  }
  for (const std::string& transport : measured_transports(result))
    out += line(transport, "all", result.summary.at(transport));
  return out;
}

}  // namespace wirelab::lab
