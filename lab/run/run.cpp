#include "lab/run/run.hpp"

#include <algorithm>

#include "lab/result/distribution.hpp"
#include "lab/result/verdict.hpp"
#include "lab/text/units.hpp"

namespace wirelab::lab {
namespace {

double to_s(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

double share_of_core(double cpu_us, std::chrono::nanoseconds window) {
  return window.count() > 0 ? cpu_us / to_us(window) : 0;
}

MessageCounts count_messages(const clients::LoadReport& report) {
  const meter::Tally& tally = report.tally;
  MessageCounts counts;
  counts.planned = report.planned;
  counts.published = report.published;
  counts.expected = report.expected;
  counts.delivered = tally.delivered;
  // A stopped run may have delivered what its publisher had not heard back about yet.
  counts.lost = report.expected > tally.delivered ? report.expected - tally.delivered : 0;
  counts.duplicated = tally.duplicated;
  counts.out_of_order = tally.out_of_order;
  counts.gaps = tally.gaps;
  counts.foreign = tally.foreign;
  counts.publish_failures = report.publish_failures;
  return counts;
}

Window read_window(const clients::LoadReport& report) {
  const meter::Tally& tally = report.tally;
  Window window;
  window.duration_s = to_s(report.window);
  window.delivered = tally.window_delivered;
  window.requests = tally.requests;
  window.empty_answers = tally.empty_answers;
  window.frames = tally.frames;
  window.connections_opened = tally.connections;
  window.failures = tally.failures;
  window.failure_reasons = tally.failure_reasons;
  return window;
}

/// Both witnesses of one direction.
ByteParts<std::int64_t> split(const meter::ApplicationBytes& parsed, std::uint64_t tls, std::uint64_t kernel,
                              std::uint64_t retransmitted, std::uint64_t headers, std::uint64_t segments) {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  ByteParts<std::int64_t> parts;
  parts.payload = number(parsed.payload);
  parts.envelope = number(parsed.envelope);
  parts.http_headers = number(parsed.http_headers);
  parts.websocket_framing = number(parsed.websocket_framing);
  parts.handshakes = number(parsed.handshakes);
  parts.application_total = number(parsed.total());
  parts.tls = number(tls);
  parts.window_edges = number(kernel) - parts.application_total - parts.tls;
  parts.retransmitted = number(retransmitted);
  parts.tcp_ip_headers = number(headers);
  parts.wire_total = number(kernel + retransmitted + headers);
  parts.empty_answers = number(parsed.empty_answers);
  parts.segments = number(segments);
  return parts;
}

Bytes count_bytes(const clients::LoadReport& report) {
  const meter::WireCounts& wire = report.subscribers_wire;
  Bytes bytes;
  bytes.out = split(report.tally.out, report.tally.tls_bytes_out, wire.bytes_out, wire.bytes_retransmitted,
                    wire.header_bytes_out, wire.segments_out);
  bytes.in =
      split(report.tally.in, report.tally.tls_bytes_in, wire.bytes_in, 0, wire.header_bytes_in, wire.segments_in);
  bytes.wire = wire;
  bytes.publisher_wire = report.publisher_wire;
  bytes.witnesses.connections = report.witnesses.connections;
  bytes.witnesses.disagreeing = report.witnesses.disagreeing;
  bytes.witnesses.bytes_off = report.witnesses.bytes_off;
  bytes.witnesses.upgrade_answer_bytes = report.witnesses.upgrade_answer_bytes;
  bytes.witnesses.kernel = report.run_wire;
  bytes.witnesses.parsed_out = report.run_parsed.out;
  bytes.witnesses.parsed_in = report.run_parsed.in;
  bytes.witnesses.tls_out = report.run_parsed.tls_out;
  bytes.witnesses.tls_in = report.run_parsed.tls_in;
  return bytes;
}

/// The body of GET /load; null when the server said something else.
Json read_load(const std::string& body) { return Json::parse(body, nullptr, /*allow_exceptions=*/false); }

/// A later reading less an earlier one of the same process. `restarted` becomes true when it is of another.
struct Spent {
  const Json &begin, &end;
  bool restarted = false;
  std::uint64_t operator()(const char* key) {
    const auto before = begin.at(key).get<std::uint64_t>(), after = end.at(key).get<std::uint64_t>();
    restarted = restarted || after < before;
    return after - before;
  }
};

/// The total is exact but for what the first reading cost after it was taken; the kernel's estimate divides it.
void charge_cpu(ServerCost& cost, Spent& spent, std::chrono::nanoseconds window) {
  const auto reading_us = spent.begin.at("reading_cpu_us").get<double>();
  cost.cpu_total_us = std::max(static_cast<double>(spent("cpu_total_us")) - reading_us, 0.0);
  const auto user = static_cast<double>(spent("cpu_user_us")), system = static_cast<double>(spent("cpu_system_us"));
  cost.cpu_user_us = user + system > 0 ? cost.cpu_total_us * user / (user + system) : 0;
  cost.cpu_system_us = cost.cpu_total_us - cost.cpu_user_us;
  cost.cpu_share_of_core = share_of_core(cost.cpu_total_us, window);
}

/// Nullopt without subscribers, or without both readings.
std::optional<IdleSubscribers> idle_subscribers(const clients::LoadReport& report, const Json& before) {
  const Json connected = read_load(report.server_load_connected);
  if (report.subscribers == 0 || !before.is_object() || !connected.is_object()) return std::nullopt;
  const auto more = [&](const char* key) {
    return connected.at(key).get<std::int64_t>() - before.at(key).get<std::int64_t>();
  };
  const std::int64_t socket_buffer_bytes = more("socket_buffer_bytes");
  IdleSubscribers idle{report.subscribers, more("connections_open"), more("resident_bytes"), socket_buffer_bytes,
                       std::nullopt};
  const Json& structures_bytes = connected.at("connection_structures_bytes");
  if (!structures_bytes.is_null())
    idle.kernel_bytes = idle.connections * structures_bytes.get<std::int64_t>() + socket_buffer_bytes;
  return idle;
}

/// The same as seen from outside: a connection is a descriptor there.
std::optional<IdleSubscribers> idle_processes(const clients::LoadReport& report) {
  const auto &before = report.server_process_idle, &connected = report.server_process_connected;
  if (report.subscribers == 0 || !before || !connected) return std::nullopt;
  const auto more = [](std::uint64_t now, std::uint64_t then) {
    return static_cast<std::int64_t>(now) - static_cast<std::int64_t>(then);
  };
  return IdleSubscribers{report.subscribers, more(connected->open_descriptors, before->open_descriptors),
                         more(connected->resident_bytes, before->resident_bytes), std::nullopt, std::nullopt};
}

/// What was spent between two readings of a server's load; nullopt when they do not have what a ServerCost needs, or
/// are of two processes.
std::optional<ServerCost> server_cost(const clients::LoadReport& report) try {
  const Json begin = read_load(report.server_load_begin), end = read_load(report.server_load_end);
  if (!begin.is_object() || !end.is_object()) return std::nullopt;
  Spent spent{begin, end};
  const auto at_end = [&](const char* key) { return end.at(key).get<std::uint64_t>(); };
  ServerCost cost;
  charge_cpu(cost, spent, report.window);
  cost.peak_resident_bytes = at_end("peak_resident_bytes");
  cost.resident_bytes = at_end("resident_bytes");
  cost.socket_buffer_bytes = at_end("socket_buffer_bytes");
  cost.voluntary_context_switches = spent("voluntary_context_switches");
  cost.involuntary_context_switches = spent("involuntary_context_switches");
  cost.open_descriptors = at_end("open_descriptors");
  cost.requests = spent("requests");
  cost.connections_accepted = spent("connections_accepted");
  cost.pings = spent("pings");
  cost.timeouts = spent("timeouts");
  cost.bytes_in = spent("bytes_in");
  cost.bytes_out = spent("bytes_out");
  if (spent.restarted) return std::nullopt;
  const Json idle = read_load(report.server_load_idle);
  if (idle.is_object()) cost.idle_resident_bytes = idle.at("resident_bytes").get<std::uint64_t>();
  cost.idle_subscribers = idle_subscribers(report, idle);
  return cost;
} catch (const Json::exception&) {
  return std::nullopt;  // a /load of somebody else's
}

/// The same as seen from outside, of a server's processes. Nullopt without both readings.
std::optional<ServerCost> process_cost(const clients::LoadReport& report) {
  if (!report.server_process_begin || !report.server_process_end) return std::nullopt;
  const meter::ProcessLoad &begin = *report.server_process_begin, &end = *report.server_process_end;
  if (end.cpu_total < begin.cpu_total) return std::nullopt;  // a process of it ended meanwhile
  ServerCost cost;
  cost.cpu_total_us = to_us(end.cpu_total - begin.cpu_total);
  const double user = to_us(end.cpu_user - begin.cpu_user), system = to_us(end.cpu_system - begin.cpu_system);
  cost.cpu_user_us = user + system > 0 ? cost.cpu_total_us * user / (user + system) : 0;
  cost.cpu_system_us = cost.cpu_total_us - cost.cpu_user_us;
  cost.cpu_share_of_core = share_of_core(cost.cpu_total_us, report.window);
  cost.peak_resident_bytes = end.peak_resident_bytes;
  cost.resident_bytes = end.resident_bytes;
  cost.voluntary_context_switches = end.voluntary_context_switches - begin.voluntary_context_switches;
  cost.involuntary_context_switches = end.involuntary_context_switches - begin.involuntary_context_switches;
  cost.open_descriptors = end.open_descriptors;
  if (const auto& idle = report.server_process_idle) cost.idle_resident_bytes = idle->resident_bytes;
  cost.idle_subscribers = idle_processes(report);
  return cost;
}

GeneratorCost generator_cost(const clients::LoadReport& report, std::size_t processors) {
  GeneratorCost cost;
  cost.cpu_total_us = to_us(report.load_end.cpu_total - report.load_begin.cpu_total);
  cost.cpu_share_of_core = share_of_core(cost.cpu_total_us, report.window);
  cost.processors = processors;
  cost.busiest_thread_share_of_core = share_of_core(to_us(report.busiest_thread_cpu), report.window);
  cost.lag_us = to_distribution(report.generator_lag);
  return cost;
}

/// What connecting all of them took of the server.
std::optional<double> connecting_server_cpu(const clients::LoadReport& report) try {
  const auto &idle = report.server_process_idle, &connected = report.server_process_connected;
  if (idle && connected) return to_us(connected->cpu_total - idle->cpu_total);
  const Json before = read_load(report.server_load_idle), after = read_load(report.server_load_connected);
  if (!before.is_object() || !after.is_object()) return std::nullopt;
  return static_cast<double>(Spent{before, after}("cpu_total_us"));
} catch (const Json::exception&) {
  return std::nullopt;  // a /load of somebody else's
}

std::optional<Connecting> connecting(const clients::LoadReport& report) {
  if (report.connecting.count() <= 0) return std::nullopt;
  const double seconds = to_s(report.connecting);
  return Connecting{seconds, static_cast<double>(report.subscribers) / seconds, to_us(report.connecting_cpu),
                    connecting_server_cpu(report)};
}

}  // namespace

Run make_run(const clients::LoadReport& report, messages::Transport transport, std::size_t processors) {
  Run run;
  run.transport = messages::name(transport);
  run.interrupted = report.interrupted;
  run.subscribers = report.subscribers;
  run.messages = count_messages(report);
  if (run.messages.lost > 0)
    run.censored = Censored{run.messages.lost, to_us(report.waited_since_due), to_us(report.waited_since_sent)};
  run.age_us = to_distribution(report.age);
  run.age_from_send_us = to_distribution(report.age_from_send);
  run.service_time_us = to_distribution(report.service_time);
  run.publish_time_us = to_distribution(report.publish_time);
  run.schedule_lag_us = to_distribution(report.schedule_lag);
  if (report.first_message.count() > 0) run.first_message_us = to_distribution(report.first_message);
  run.connecting = connecting(report);
  run.window = read_window(report);
  run.bytes = count_bytes(report);
  if (report.tls)
    run.tls = TlsRecord{report.tls->version, report.tls->cipher,        report.tls->handshakes,
                        report.tls->resumed, report.tls->handshake.out, report.tls->handshake.in};
  if (report.tcp_min_rtt.count() > 0) run.tcp_min_rtt_us = to_distribution(report.tcp_min_rtt);
  run.server = report.server_process_begin ? process_cost(report) : server_cost(report);
  run.generator = generator_cost(report, processors);
  Judgement judgement = judge(run);
  run.verdict = judgement.verdict;
  run.reasons = std::move(judgement.reasons);
  return run;
}

void drop_buckets(Run& run) {
  for (const auto which :
       {&Run::age_us, &Run::age_from_send_us, &Run::service_time_us, &Run::publish_time_us, &Run::schedule_lag_us})
    (run.*which).buckets.clear();
  if (run.first_message_us) run.first_message_us->buckets.clear();
}

}  // namespace wirelab::lab
