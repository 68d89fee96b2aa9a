#include "lab/run/run.hpp"

#include <gtest/gtest.h>

#include "lab/result/summary.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

using messages::Transport;
using test::sample_report;

TEST(Run, CountsMessages) {
  clients::LoadReport report = sample_report();
  report.tally.delivered = 97;
  report.tally.duplicated = 2;
  report.tally.out_of_order = 4;
  report.publish_failures = 5;
  const lab::Run run = make_run(report, Transport::long_poll);
  EXPECT_EQ(run.transport, "long-poll");
  EXPECT_EQ(run.messages.planned, 10U);
  EXPECT_EQ(run.messages.published, 10U);
  EXPECT_EQ(run.messages.expected, 100U);
  EXPECT_EQ(run.messages.delivered, 97U);
  EXPECT_EQ(run.messages.lost, 3U);
  EXPECT_EQ(run.messages.duplicated, 2U);
  EXPECT_EQ(run.messages.out_of_order, 4U);
  EXPECT_EQ(run.messages.publish_failures, 5U);
}

TEST(Run, IsJudgedWhenItIsMade) {
  clients::LoadReport report = sample_report();
  EXPECT_EQ(make_run(report, Transport::websocket).verdict, Verdict::valid);
  report.tally.delivered = 97;
  const lab::Run run = make_run(report, Transport::websocket);
  EXPECT_EQ(run.verdict, Verdict::lossy);
  EXPECT_EQ(run.reasons, std::vector<std::string>{"3 of 100 deliveries did not come"});
}

TEST(Run, WhatNeverCameIsACensoredSample) {
  clients::LoadReport report = sample_report();
  report.waited_since_due = std::chrono::milliseconds(5'100);
  report.waited_since_sent = std::chrono::milliseconds(5'000);
  EXPECT_FALSE(make_run(report, Transport::websocket).censored) << "nothing is lost";
  report.tally.delivered = 97;
  const lab::Run run = make_run(report, Transport::websocket);
  ASSERT_TRUE(run.censored);
  EXPECT_EQ(run.censored->count, 3U);
  EXPECT_DOUBLE_EQ(run.censored->age_min_us, 5'100'000);
  EXPECT_DOUBLE_EQ(run.censored->age_from_send_min_us, 5'000'000);
}

TEST(Run, LosesNothingWhenMoreWasDeliveredThanThePublisherHeardBackAbout) {
  clients::LoadReport report = sample_report();
  report.expected = 90;
  EXPECT_EQ(make_run(report, Transport::websocket).messages.lost, 0U);
}

TEST(Run, ADirectionsBytesSumToTheKernelsCount) {
  clients::LoadReport report = sample_report();
  report.tally.in.http_headers = 20;
  report.tally.in.websocket_framing = 30;
  report.tally.in.handshakes = 40;
  report.tally.in.empty_answers = 25;  // a part of the others
  report.tally.out.http_headers = 50;
  report.subscribers_wire.bytes_in = 15'900;
  report.subscribers_wire.header_bytes_in = 5'200;
  report.subscribers_wire.bytes_out = 45;
  report.subscribers_wire.header_bytes_out = 520;
  report.subscribers_wire.bytes_retransmitted = 7;
  const Bytes bytes = make_run(report, Transport::websocket).bytes;
  EXPECT_EQ(bytes.in.application_total, 12'800 + 3'000 + 20 + 30 + 40);
  EXPECT_EQ(bytes.in.window_edges, 10);
  EXPECT_EQ(bytes.in.wire_total, 15'900 + 5'200);
  EXPECT_EQ(bytes.out.application_total, 50);
  EXPECT_EQ(bytes.out.window_edges, -5);
  EXPECT_EQ(bytes.out.wire_total, 45 + 7 + 520);
  for (const ByteParts<std::int64_t>& parts : {bytes.in, bytes.out})
    EXPECT_EQ(parts.wire_total, parts.payload + parts.envelope + parts.http_headers + parts.websocket_framing +
                                    parts.handshakes + parts.window_edges + parts.retransmitted + parts.tcp_ip_headers);
}

TEST(Run, SaysHowItsTwoWitnessesAgree) {
  clients::LoadReport report = sample_report();
  report.witnesses = {30, 1, 12, 129};
  report.run_wire.bytes_in = 5'000;
  report.run_parsed = {4'000, 4'988};
  const Witnesses witnesses = make_run(report, Transport::websocket).bytes.witnesses;
  EXPECT_EQ(witnesses.connections, 30U);
  EXPECT_EQ(witnesses.disagreeing, 1U);
  EXPECT_EQ(witnesses.bytes_off, 12U);
  EXPECT_EQ(witnesses.upgrade_answer_bytes, 129U);
  EXPECT_EQ(witnesses.kernel.bytes_in, 5'000U);
  EXPECT_EQ(witnesses.parsed_out, 4'000U);
  EXPECT_EQ(witnesses.parsed_in, 4'988U);
}

TEST(Run, ChargesTheServerWithWhatItSpentInTheWindow) {
  const lab::Run run = make_run(sample_report(), Transport::websocket);
  ASSERT_TRUE(run.server);
  EXPECT_EQ(run.server->cpu_total_us, 500'000);
  EXPECT_EQ(run.server->cpu_user_us, 200'000);
  EXPECT_EQ(run.server->cpu_system_us, 300'000);
  EXPECT_DOUBLE_EQ(run.server->cpu_share_of_core, 0.25);  // half a second in two
  EXPECT_EQ(run.server->peak_resident_bytes, 3'145'728U);
  EXPECT_EQ(run.server->resident_bytes, 3'000'000U);
  EXPECT_EQ(run.server->idle_resident_bytes, 1'000'000U);
  EXPECT_EQ(run.server->voluntary_context_switches, 20U);
  EXPECT_EQ(run.server->involuntary_context_switches, 3U);
  EXPECT_EQ(run.server->pings, 8U);
  EXPECT_EQ(run.server->timeouts, 4U);
  EXPECT_EQ(run.server->socket_buffer_bytes, 60'000U);
  EXPECT_EQ(run.server->open_descriptors, 121U);
  EXPECT_EQ(run.server->requests, 300U);
  EXPECT_EQ(run.server->connections_accepted, 200U);
  EXPECT_EQ(run.server->bytes_in, 20'000U);
  EXPECT_EQ(run.server->bytes_out, 40'000U);
  EXPECT_DOUBLE_EQ(run.generator.cpu_total_us, 200'000);
  EXPECT_DOUBLE_EQ(run.generator.cpu_share_of_core, 0.1);
}

TEST(Run, SaysWhatTheGeneratorWasBusyWith) {
  clients::LoadReport report = sample_report();
  report.busiest_thread_cpu = 150ms;
  for (int i = 1; i <= 1000; ++i) report.generator_lag.record(i * 1us);
  const lab::Run run = make_run(report, Transport::websocket, 2);
  EXPECT_EQ(run.generator.processors, 2U);
  EXPECT_DOUBLE_EQ(*run.generator.busiest_thread_share_of_core, 0.075);
  EXPECT_EQ(run.generator.lag_us->count, 1'000U);
  EXPECT_NEAR(run.generator.lag_us->p99, 990, 2);
  EXPECT_FALSE(run.connecting) << "it never said how long that took";
}

TEST(Run, SaysHowFastSubscribersConnected) {
  clients::LoadReport report = sample_report();
  report.connecting = 4ms;
  report.connecting_cpu = 3ms;
  EXPECT_DOUBLE_EQ(make_run(report, Transport::websocket).connecting->subscribers_per_second, 2'500);
  EXPECT_FALSE(make_run(report, Transport::websocket).connecting->server_cpu_us) << "no server that tells";
  report.server_load_idle = R"({"cpu_total_us": 1000})", report.server_load_connected = R"({"cpu_total_us": 3500})";
  EXPECT_EQ(make_run(report, Transport::websocket).connecting->server_cpu_us, 2'500);
  report.server_process_idle.emplace().cpu_total = 5ms, report.server_process_connected.emplace().cpu_total = 9ms;
  const auto connecting = make_run(report, Transport::websocket).connecting;
  EXPECT_EQ(connecting->server_cpu_us, 4'000) << "the kernel knows better";
  EXPECT_DOUBLE_EQ(connecting->duration_s, 0.004);
  EXPECT_DOUBLE_EQ(connecting->generator_cpu_us, 3'000);
}

// 601 ms between the readings, of which the first one took 1 ms after it was taken.
TEST(Run, TheFirstReadingsOwnCostIsNotTheWindows) {
  clients::LoadReport report = sample_report();
  const auto cost_us = [&] { return make_run(report, Transport::websocket).server->cpu_total_us; };
  EXPECT_EQ(cost_us(), 500'000);
  const auto at = report.server_load_begin.find(R"("reading_cpu_us": 1000)");
  report.server_load_begin.replace(at, 22, R"("reading_cpu_us": 900000)");
  EXPECT_EQ(cost_us(), 0) << "rounding never makes it negative";
}

TEST(Run, TheKernelsDivisionDividesTheExactTotal) {
  clients::LoadReport report = sample_report();
  const auto at = report.server_load_end.find(R"("cpu_user_us": 240000)");
  report.server_load_end.replace(at, 21, R"("cpu_user_us": 140000)");
  const lab::Run run = make_run(report, Transport::websocket);
  EXPECT_DOUBLE_EQ(run.server->cpu_user_us, 125'000);  // a quarter of what the ticks saw
  EXPECT_DOUBLE_EQ(run.server->cpu_system_us, 375'000);
}

TEST(Run, IdleSubscribersAreWhatTheServerGrewByWhenTheyConnected) {
  clients::LoadReport report = sample_report();
  const auto idle = [&] { return make_run(report, Transport::long_poll).server->idle_subscribers; };
  ASSERT_TRUE(idle());
  EXPECT_EQ(idle()->count, 10U);
  EXPECT_EQ(idle()->connections, 10);
  EXPECT_EQ(idle()->resident_bytes, 500'000);
  EXPECT_EQ(idle()->socket_buffer_bytes, 40'000);
  EXPECT_EQ(idle()->kernel_bytes, 40'000 + 10 * 3'500);
  report.server_load_connected.replace(report.server_load_connected.find("3500"), 4, "null");
  EXPECT_FALSE(idle()->kernel_bytes) << "not told";
  report.server_load_connected.clear();
  EXPECT_FALSE(idle());
  report = sample_report();
  report.subscribers = 0;
  EXPECT_FALSE(idle());
}

TEST(Run, AServerWithoutOurLoadHasNoCost) {
  for (const char* body : {"", "not JSON", "[]", "{}", R"({"cpu_total_us":"many"})"}) {
    clients::LoadReport report = sample_report();
    report.server_load_end = body;
    EXPECT_FALSE(make_run(report, Transport::websocket).server) << body;
  }
}

meter::ProcessLoad seen(int cpu_ms, std::uint64_t resident_bytes, std::uint64_t descriptors) {
  meter::ProcessLoad load;
  load.cpu_total = std::chrono::milliseconds(cpu_ms);
  load.cpu_user = load.cpu_total / 4;
  load.cpu_system = load.cpu_total / 4;
  load.resident_bytes = load.peak_resident_bytes = resident_bytes;
  load.voluntary_context_switches = static_cast<std::uint64_t>(cpu_ms);
  load.open_descriptors = descriptors;
  return load;
}

TEST(Run, AForeignServersCostIsWhatTheKernelSaysOfItsProcesses) {
  clients::LoadReport report = sample_report();
  report.server_process_idle = seen(10, 1'000'000, 8);
  report.server_process_connected = seen(20, 1'600'000, 18);
  report.server_process_begin = seen(100, 1'700'000, 19);
  report.server_process_end = seen(500, 1'800'000, 19);
  const lab::Run run = make_run(report, Transport::websocket);
  ASSERT_TRUE(run.server);
  EXPECT_DOUBLE_EQ(run.server->cpu_total_us, 400'000);
  EXPECT_DOUBLE_EQ(run.server->cpu_user_us, 200'000) << "divided as the ticks are";
  EXPECT_EQ(run.server->idle_resident_bytes, 1'000'000U);
  EXPECT_EQ(run.server->resident_bytes, 1'800'000U);
  EXPECT_EQ(run.server->voluntary_context_switches, 400U);
  EXPECT_FALSE(run.server->requests) << "it does not tell";
  ASSERT_TRUE(run.server->idle_subscribers);
  EXPECT_EQ(run.server->idle_subscribers->count, 10U);
  EXPECT_EQ(run.server->idle_subscribers->connections, 10) << "a descriptor each";
  EXPECT_EQ(run.server->idle_subscribers->resident_bytes, 600'000);
  EXPECT_FALSE(run.server->idle_subscribers->socket_buffer_bytes);

  lab::Result result;
  result.configuration.transports = {"websocket"};
  result.runs = {run, make_run(sample_report(), Transport::websocket)};
  const Summary both = summarize(result).at("websocket");
  EXPECT_FALSE(both.server_per_second->requests) << "a sum is known only if all its parts are";
  EXPECT_GT(both.server_per_second->voluntary_context_switches, 0);
}

TEST(Run, AForeignServerOfWhichAProcessEndedHasNoCost) {
  clients::LoadReport report = sample_report();
  report.server_process_begin = seen(500, 1, 1);
  report.server_process_end = seen(100, 1, 1);
  EXPECT_FALSE(make_run(report, Transport::websocket).server);
  report.server_process_end.reset();
  EXPECT_FALSE(make_run(report, Transport::websocket).server);
}

TEST(Run, AServerThatWasRestartedMeanwhileHasNoCost) {
  clients::LoadReport report = sample_report();
  std::swap(report.server_load_begin, report.server_load_end);
  EXPECT_FALSE(make_run(report, Transport::websocket).server);
}

}  // namespace
}  // namespace wirelab::lab
