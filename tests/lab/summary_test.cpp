#include "lab/summary.hpp"

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
  const Summary s = summarize(result.runs).at("short-poll");
  EXPECT_DOUBLE_EQ(*s.server_cpu_ms_per_1000_delivered, 5'000);
  EXPECT_DOUBLE_EQ(*s.server_cpu_share_of_core, 0.25);
}

}  // namespace
}  // namespace wirelab::lab
