#include "lab/result/summary.hpp"

#include <gtest/gtest.h>

#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using test::sample_result;

TEST(Summary, AddsTheRoundsUp) {
  const Summary s = sample_result().summary.at("short-poll");
  EXPECT_EQ(s.runs, 2U);
  EXPECT_EQ(s.expected, 200U);
  EXPECT_EQ(s.delivered, 200U);
  EXPECT_EQ(s.age_us.count, 200U);
  EXPECT_NEAR(s.age_us.p50, 50'000, 50);
  EXPECT_EQ(s.age_us.max, 100'000);
}

TEST(Summary, DerivesFiguresPerDeliveredMessage) {
  const Summary s = sample_result().summary.at("short-poll");
  EXPECT_DOUBLE_EQ(*s.requests_per_delivered, 2);
  EXPECT_DOUBLE_EQ(*s.connections_per_delivered, 2);
  EXPECT_DOUBLE_EQ(*s.connections_per_request, 1);
  EXPECT_DOUBLE_EQ(*s.empty_share, 0.5);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.payload, 128);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.envelope, 30);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->out.http_headers, 200);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->in.http_headers, 300);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.http_headers, 500);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.application_total, 658);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.empty_answers, 270);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.segments, 18);
  EXPECT_DOUBLE_EQ(*s.server_cpu_ms_per_1000_delivered, 5'000);  // half a second for a hundred
  EXPECT_DOUBLE_EQ(*s.server_cpu_share_of_core, 0.25);
  EXPECT_EQ(s.server_peak_resident_bytes, 3'145'728U);
  EXPECT_DOUBLE_EQ(s.generator_cpu_share_of_core, 0.1);
}

TEST(Summary, DividesByTimeToo) {
  const Summary s = sample_result().summary.at("short-poll");
  EXPECT_EQ(s.subscribers, 10U);
  EXPECT_EQ(s.published, 20U);
  EXPECT_DOUBLE_EQ(s.per_second->requests, 100);
  EXPECT_DOUBLE_EQ(s.per_second->empty_answers, 50);
  EXPECT_DOUBLE_EQ(s.per_second->connections_opened, 100);
  EXPECT_DOUBLE_EQ(s.per_second->out.application_total, s.bytes_per_delivered->out.application_total * 50);
  EXPECT_DOUBLE_EQ(s.per_second->in.wire_total, s.bytes_per_delivered->in.wire_total * 50);
  EXPECT_DOUBLE_EQ(s.per_second->both.segments, s.bytes_per_delivered->both.segments * 50);
  EXPECT_GT(s.per_second->both.wire_total, s.per_second->both.application_total);
  EXPECT_DOUBLE_EQ(s.server_per_second->requests.value(), 150);
  EXPECT_DOUBLE_EQ(s.server_per_second->connections_accepted.value(), 100);
  EXPECT_DOUBLE_EQ(s.server_per_second->pings.value(), 4);
  EXPECT_DOUBLE_EQ(s.server_per_second->timeouts.value(), 2);
  EXPECT_DOUBLE_EQ(s.server_per_second->voluntary_context_switches, 10);
  EXPECT_DOUBLE_EQ(s.server_per_second->involuntary_context_switches, 1.5);
}

TEST(Summary, TellsWhatTheServerSpentOnAndWhatOneThatWaitsCostsIt) {
  Result result = sample_result();
  Summary s = result.summary.at("short-poll");
  EXPECT_DOUBLE_EQ(*s.server_cpu_user_ms_per_1000_delivered, 2'000);
  EXPECT_DOUBLE_EQ(*s.server_cpu_system_ms_per_1000_delivered, 3'000);
  EXPECT_EQ(s.server_open_descriptors, 121U);
  EXPECT_DOUBLE_EQ(s.server_idle_subscriber->connections, 1);
  EXPECT_DOUBLE_EQ(s.server_idle_subscriber->resident_bytes, 50'000);
  EXPECT_DOUBLE_EQ(s.server_idle_subscriber->socket_buffer_bytes.value(), 4'000);
  EXPECT_DOUBLE_EQ(*s.server_idle_subscriber->kernel_bytes, 7'500);
  result.runs[0].server->idle_subscribers->kernel_bytes.reset();
  s = summarize(result).at("short-poll");
  EXPECT_FALSE(s.server_idle_subscriber->kernel_bytes) << "a sum of which a part is not known";
}

TEST(Summary, DoesNotDivideWhatIsTooLittleForTheKernelsTicks) {
  Result result = sample_result();
  for (lab::Run& run : result.runs) run.server->cpu_total_us = 99'000;
  const Summary s = summarize(result).at("websocket");
  EXPECT_TRUE(s.server_cpu_ms_per_1000_delivered);
  EXPECT_FALSE(s.server_cpu_user_ms_per_1000_delivered);
  EXPECT_FALSE(s.server_cpu_system_ms_per_1000_delivered);
}

// 65,800 bytes in 1,800 segments of 52 bytes of headers, 398 of them SYNs with 8 more.
TEST(Summary, CountsTheHeadersOfTcpAndIp) {
  const Summary s = sample_result().summary.at("short-poll");
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.wire_total, (65'800 + 1'800 * 52 + 398 * 8) / 100.0);
}

TEST(Summary, DividesByNothingNowhere) {
  lab::Run idle;
  const Summary s = summarize({&idle});
  EXPECT_FALSE(s.requests_per_delivered);
  EXPECT_FALSE(s.connections_per_delivered);
  EXPECT_FALSE(s.connections_per_request);
  EXPECT_FALSE(s.empty_share);
  EXPECT_FALSE(s.bytes_per_delivered);
  EXPECT_FALSE(s.server_cpu_ms_per_1000_delivered);
  EXPECT_FALSE(s.server_cpu_share_of_core);
  EXPECT_FALSE(s.server_peak_resident_bytes);
  EXPECT_FALSE(s.per_second);
  EXPECT_FALSE(s.server_per_second);
  EXPECT_FALSE(s.server_idle_subscriber);
  EXPECT_EQ(s.age_us.count, 0U);
}

TEST(Summary, WebSocketsAskForNothing) {
  const Summary s = sample_result().summary.at("websocket");
  EXPECT_DOUBLE_EQ(*s.requests_per_delivered, 0);
  EXPECT_FALSE(s.connections_per_request);
  EXPECT_DOUBLE_EQ(s.bytes_per_delivered->both.websocket_framing, 4);
}

TEST(Summary, AServersCostIsPerWhatItDeliveredInTheRunsThatToldIt) {
  Result result = sample_result();
  result.runs[2].server.reset();
  const Summary s = summarize(result).at("short-poll");
  EXPECT_DOUBLE_EQ(*s.server_cpu_ms_per_1000_delivered, 5'000);
  EXPECT_DOUBLE_EQ(*s.server_cpu_share_of_core, 0.25);
}

}  // namespace
}  // namespace wirelab::lab
