#include "tests/lab/sample.hpp"

#include "lab/result/summary.hpp"
#include "lab/run/run.hpp"

namespace wirelab::lab::test {

using namespace std::chrono_literals;

clients::LoadReport sample_report() {
  clients::LoadReport report;
  report.subscribers = 10;
  report.planned = 10;
  report.published = 10;
  report.expected = 100;
  report.window = 2s;

  meter::Tally& tally = report.tally;
  tally.delivered = 100;
  tally.window_delivered = 100;
  tally.in.payload = 12'800;
  tally.in.envelope = 3'000;

  for (int i = 1; i <= 100; ++i) report.age.record(i * 1ms);
  for (int i = 1; i <= 100; ++i) report.age_from_send.record(i * 1ms - 10us);
  for (int i = 1; i <= 1000; ++i) report.schedule_lag.record(10us);

  report.load_begin.cpu_total = 1'000ms;
  report.load_end.cpu_total = 1'200ms;
  report.server_load_idle = R"({"resident_bytes": 1000000, "connections_open": 1, "socket_buffer_bytes": 0})";
  report.server_load_connected =
      R"({"resident_bytes": 1500000, "connections_open": 11, "socket_buffer_bytes": 40000, "connection_structures_bytes": 3500})";
  report.server_load_begin = R"({"cpu_total_us": 99000, "cpu_user_us": 40000, "cpu_system_us": 60000,
    "reading_cpu_us": 1000, "resident_bytes": 2000000, "peak_resident_bytes": 2500000,
    "voluntary_context_switches": 10, "involuntary_context_switches": 1, "open_descriptors": 120,
    "connections_open": 100, "connections_accepted": 101, "requests": 200, "bytes_in": 5000, "bytes_out": 6000,
    "pings": 3, "timeouts": 1, "socket_buffer_bytes": 40000})";
  report.server_load_end = R"({"cpu_total_us": 600000, "cpu_user_us": 240000, "cpu_system_us": 360000,
    "reading_cpu_us": 900, "resident_bytes": 3000000, "peak_resident_bytes": 3145728,
    "voluntary_context_switches": 30, "involuntary_context_switches": 4, "open_descriptors": 121,
    "connections_open": 100, "connections_accepted": 301, "requests": 500, "bytes_in": 25000, "bytes_out": 46000,
    "pings": 11, "timeouts": 5, "socket_buffer_bytes": 60000})";
  return report;
}

namespace {

clients::LoadReport short_poll_report() {
  clients::LoadReport report = sample_report();
  report.tally.requests = 200;
  report.tally.empty_answers = 100;
  report.tally.connections = 200;
  report.tally.out.http_headers = 20'000;
  report.tally.in.http_headers = 30'000;
  report.tally.out.empty_answers = 10'000;
  report.tally.in.empty_answers = 17'000;
  report.subscribers_wire.bytes_out = 20'000;
  report.subscribers_wire.bytes_in = 45'800;
  report.subscribers_wire.segments_out = 1'000;
  report.subscribers_wire.segments_in = 800;
  report.subscribers_wire.header_bytes_out = 1'000 * 52 + 199 * 8;
  report.subscribers_wire.header_bytes_in = 800 * 52 + 199 * 8;
  report.subscribers_wire.connections = 199;  // one more was opened before the window
  for (int i = 1; i <= 200; ++i) report.service_time.record(250us);
  for (int i = 1; i <= 10; ++i) report.first_message.record(500us);
  return report;
}

clients::LoadReport websocket_report() {
  clients::LoadReport report = sample_report();
  report.tally.frames = 100;
  report.tally.in.websocket_framing = 400;
  report.subscribers_wire.bytes_in = 16'200;
  report.subscribers_wire.segments_in = 100;
  report.subscribers_wire.segments_out = 100;
  return report;
}

}  // namespace

Result sample_result() {
  Result result;
  result.created_utc = "2026-01-31T12:00:00Z";
  result.command = {"wirelab", "compare", "--rounds", "2"};
  Configuration& c = result.configuration;
  c.transports = {"short-poll", "websocket"};
  c.rounds = 2;
  c.server_program = "node server.js";
  c.subscribers = 10;
  c.rate_per_second = 5;
  c.arrivals = "constant";
  c.payload_bytes = 128;
  c.publish_via = "post";
  c.headers = "minimal";
  c.lanes_max = 64;
  c.poll_interval_ms = 250;
  c.poll_timer = "fixed-rate";
  c.hold_s = 25;
  c.warm_up_ms = 500;
  c.duration_ms = 2000;
  c.server_cpu = 0;
  c.generator_cpu = 1;
  result.host.cores = 2;
  result.host.cpu_model = "Abacus 9000";
  result.host.architecture = "x86_64";
  result.host.kernel = "Linux 6.1.0";
  result.host.tcp_congestion_control = "cubic";
  result.host.load_average_1_5_15_min = {0.5, 0.25, 0.125};
  result.host.ip_local_port_range = {32768, 60999};
  result.versions = {{"wirelab", "0.1.0"}, {"build", "RelWithDebInfo"}};
  result.git_revision = "abc";
  for (std::uint64_t round = 1; round <= 2; ++round) {
    result.runs.push_back(make_run(short_poll_report(), messages::Transport::short_poll));
    result.runs.push_back(make_run(websocket_report(), messages::Transport::websocket));
    result.runs[result.runs.size() - 2].round = result.runs.back().round = round;
    result.runs.back().order = 2;
  }
  result.summary = summarize(result);
  return result;
}

}  // namespace wirelab::lab::test
