#include "lab/run.hpp"

#include "lab/distribution.hpp"
#include "lab/units.hpp"
#include "lab/verdict.hpp"

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
ByteParts<std::int64_t> split(const meter::ApplicationBytes& parsed, std::uint64_t kernel, std::uint64_t retransmitted,
                              std::uint64_t headers, std::uint64_t segments) {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  ByteParts<std::int64_t> parts;
  parts.payload = number(parsed.payload);
  parts.envelope = number(parsed.envelope);
  parts.http_headers = number(parsed.http_headers);
  parts.websocket_framing = number(parsed.websocket_framing);
  parts.handshakes = number(parsed.handshakes);
  parts.application_total = number(parsed.total());
  parts.window_edges = number(kernel) - parts.application_total;
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
  bytes.out =
      split(report.tally.out, wire.bytes_out, wire.bytes_retransmitted, wire.header_bytes_out, wire.segments_out);
  bytes.in = split(report.tally.in, wire.bytes_in, 0, wire.header_bytes_in, wire.segments_in);
  bytes.wire = wire;
  bytes.publisher_wire = report.publisher_wire;
  bytes.witnesses.connections = report.witnesses.connections;
  bytes.witnesses.disagreeing = report.witnesses.disagreeing;
  bytes.witnesses.bytes_off = report.witnesses.bytes_off;
  bytes.witnesses.upgrade_answer_bytes = report.witnesses.upgrade_answer_bytes;
  bytes.witnesses.kernel = report.run_wire;
  bytes.witnesses.parsed_out = report.run_parsed.out;
  bytes.witnesses.parsed_in = report.run_parsed.in;
  return bytes;
}

/// The body of GET /load; null when the server said something else.
Json read_load(const std::string& body) { return Json::parse(body, nullptr, /*allow_exceptions=*/false); }

/// What was spent between two readings of a server's load; nullopt when they do not have what a ServerCost needs, or
/// are of two processes.
std::optional<ServerCost> server_cost(const clients::LoadReport& report) try {
  const Json begin = read_load(report.server_load_begin), end = read_load(report.server_load_end);
  if (!begin.is_object() || !end.is_object()) return std::nullopt;
  bool restarted = false;
  const auto at_end = [&](const char* key) { return end.at(key).get<std::uint64_t>(); };
  const auto spent = [&](const char* key) {
    const auto before = begin.at(key).get<std::uint64_t>();
    restarted = restarted || at_end(key) < before;
    return at_end(key) - before;
  };
  ServerCost cost;
  cost.cpu_total_us = static_cast<double>(spent("cpu_total_us"));
  cost.cpu_user_us = static_cast<double>(spent("cpu_user_us"));
  cost.cpu_system_us = static_cast<double>(spent("cpu_system_us"));
  cost.cpu_share_of_core = share_of_core(cost.cpu_total_us, report.window);
  cost.peak_resident_bytes = at_end("peak_resident_bytes");
  cost.resident_bytes = at_end("resident_bytes");
  cost.voluntary_context_switches = spent("voluntary_context_switches");
  cost.involuntary_context_switches = spent("involuntary_context_switches");
  cost.open_descriptors = at_end("open_descriptors");
  cost.requests = spent("requests");
  cost.connections_accepted = spent("connections_accepted");
  cost.bytes_in = spent("bytes_in");
  cost.bytes_out = spent("bytes_out");
  if (restarted) return std::nullopt;
  const Json idle = read_load(report.server_load_idle);
  if (idle.is_object()) cost.idle_resident_bytes = idle.at("resident_bytes").get<std::uint64_t>();
  return cost;
} catch (const Json::exception&) {
  return std::nullopt;  // a /load of somebody else's
}

GeneratorCost generator_cost(const clients::LoadReport& report) {
  const double cpu_us = to_us(report.load_end.cpu_total - report.load_begin.cpu_total);
  return {cpu_us, share_of_core(cpu_us, report.window)};
}

}  // namespace

Run make_run(const clients::LoadReport& report, messages::Transport transport) {
  Run run;
  run.transport = messages::name(transport);
  run.interrupted = report.interrupted;
  run.messages = count_messages(report);
  run.age_us = to_distribution(report.age);
  run.age_from_send_us = to_distribution(report.age_from_send);
  run.service_time_us = to_distribution(report.service_time);
  run.publish_time_us = to_distribution(report.publish_time);
  run.schedule_lag_us = to_distribution(report.schedule_lag);
  run.window = read_window(report);
  run.bytes = count_bytes(report);
  run.server = server_cost(report);
  run.generator = generator_cost(report);
  Judgement judgement = judge(run);
  run.verdict = judgement.verdict;
  run.reasons = std::move(judgement.reasons);
  return run;
}

}  // namespace wirelab::lab
