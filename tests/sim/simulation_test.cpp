// The real backends and clients on a simulated network do what theory says of them, and do it again to the last digit.
#include "sim/simulation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "model/delivery.hpp"

namespace wirelab::sim {
namespace {

using messages::Transport;
using namespace std::chrono_literals;

constexpr double kHeaderBytes = 800;
/// So many standard deviations off, chance is out of the question, whatever the seed.
constexpr double kLuck = 4.5;

struct Cell {
  Transport transport;
  bool reconnects;
  double rate;
  std::chrono::milliseconds round_trip;
};

Plan plan_of(const Cell& cell, std::uint64_t messages) {
  Plan plan;
  plan.round_trip = cell.round_trip;
  plan.exchange_header_bytes = static_cast<std::uint64_t>(kHeaderBytes);
  plan.load.transport = cell.transport;
  plan.load.subscribers = 1;
  plan.load.client.poll_interval = 1s;
  plan.load.client.long_poll_reuse = cell.reconnects ? net::Reuse::new_connection : net::Reuse::keep_alive;
  plan.load.publish.rate_per_second = cell.rate;
  plan.load.publish.arrivals = clients::Arrivals::poisson;
  plan.load.publish.payload_bytes = 64;  // a frame of less than 126 bytes has two of header
  plan.load.warm_up = 10s;
  plan.load.duration = net::Nanos(std::llround(static_cast<double>(messages) / cell.rate * 1e9));
  return plan;
}

model::Prediction predict(const Cell& cell) {
  model::Situation s;
  s.messages_per_second = cell.rate;
  s.round_trip = cell.round_trip;
  s.poll_interval = 1s;
  s.long_poll_reconnects = cell.reconnects;
  s.hold = 25s;
  s.payload_bytes = 64;
  s.request_header_bytes = kHeaderBytes;
  s.response_header_bytes = 0;
  return model::predict(cell.transport, s);
}

double ms(std::chrono::duration<double> time) { return time.count() * 1e3; }

/// Of the age, in ms: with that share of probability uniform on the wait.
double deviation_ms(const model::AgePrediction& age) {
  const double mean = age.waiting_share / 2, square = age.waiting_share / 3;
  return ms(age.wait) * std::sqrt(square - mean * mean);
}

double share_no_older(const meter::Histogram& age, std::chrono::duration<double> limit) {
  double within = 0;
  for (const auto& [highest, count] : age.buckets())
    if (ms(highest) <= ms(limit) * (1 + 1.0 / 1024)) within += static_cast<double>(count);
  return within / static_cast<double>(age.count());
}

void expect_as_predicted(const Cell& cell, std::uint64_t messages) {
  const model::Prediction theory = predict(cell);
  const Report report = simulate(plan_of(cell, messages));
  const auto n = static_cast<double>(report.age.count());
  const double luck = kLuck / std::sqrt(n);
  const double seconds = std::chrono::duration<double>(report.window).count();
  const auto requests = static_cast<double>(report.tally.requests);
  const auto headers = static_cast<double>(report.tally.in.http_headers + report.tally.in.websocket_framing);

  EXPECT_EQ(report.age.count(), report.expected);
  EXPECT_EQ(report.tally.duplicated + report.tally.out_of_order + report.tally.gaps + report.tally.failures, 0U);
  EXPECT_NEAR(report.age.mean_ns() / 1e6, ms(theory.age.mean()), luck * deviation_ms(theory.age) + 0.001);
  EXPECT_LE(ms(report.age.max()), ms(theory.age.max()) + 0.001);
  EXPECT_GE(ms(report.age.min()), ms(theory.age.transit) - 0.001);
  if (theory.age.waiting_share > 0) {
    EXPECT_NEAR(share_no_older(report.age, theory.age.percentile(99)), 0.99, luck * std::sqrt(0.99 * 0.01) + 1e-4);
  }
  EXPECT_NEAR(requests / seconds, theory.requests_per_second, luck * theory.requests_per_second);
  EXPECT_NEAR(static_cast<double>(report.tally.connections) / seconds, theory.connections_per_second,
              luck * theory.connections_per_second);
  if (requests > 0) {
    EXPECT_NEAR(static_cast<double>(report.tally.empty_answers) / requests, theory.empty_share, luck / 2);
  }
  EXPECT_NEAR(headers / static_cast<double>(report.tally.window_delivered), theory.header_bytes,
              luck * theory.header_bytes);
  EXPECT_NEAR(ms(report.first_answer), ms(theory.first_message), 0.001);
}

/// The table of tests/model/delivery_test.cpp, played.
TEST(Simulation, DoesWhatTheorySaysInEveryCellOfTheTable) {
  for (const double rate : {0.2, 1.0, 10.0})
    for (const auto round_trip : {0ms, 50ms, 200ms}) {
      for (const Transport transport : messages::kTransports) {
        SCOPED_TRACE(testing::Message() << messages::name(transport) << " at " << rate << "/s, " << round_trip.count());
        expect_as_predicted({transport, false, rate, round_trip}, 150);
      }
      SCOPED_TRACE(testing::Message() << "reconnecting at " << rate << "/s, " << round_trip.count());
      expect_as_predicted({Transport::long_poll, true, rate, round_trip}, 150);
    }
}

TEST(Simulation, IsTheSameAgainForTheSameSeedAndAnotherForAnother) {
  Plan plan = plan_of({Transport::short_poll, false, 10, 50ms}, 200);
  const Report one = simulate(plan), again = simulate(plan);
  EXPECT_EQ(one.age.buckets(), again.age.buckets());
  EXPECT_EQ(one.age.mean_ns(), again.age.mean_ns());
  EXPECT_EQ(one.tally.requests, again.tally.requests);
  EXPECT_EQ(one.tally.in.payload, again.tally.in.payload);
  plan.load.seed = 2;
  EXPECT_NE(simulate(plan).age.mean_ns(), one.age.mean_ns());
}

TEST(Simulation, CountsTheBytesThatRealExchangesHave) {
  Plan plan = plan_of({Transport::long_poll, false, 10, 50ms}, 200);
  plan.exchange_header_bytes = 0;
  const std::string request =
      "GET /long-poll/bench?after=x2qxvk-255&hold=25 HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n"
      "User-Agent: wirelab\r\nAccept: */*\r\n\r\n";
  const std::string response =
      "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Type: application/json\r\nContent-Length: 100\r\nCache-Control: no-store\r\n\r\n";
  const Report minimal = simulate(plan);
  const auto requests = static_cast<double>(minimal.tally.requests);
  EXPECT_NEAR(static_cast<double>(minimal.tally.out.http_headers) / requests, static_cast<double>(request.size()), 1);
  EXPECT_NEAR(static_cast<double>(minimal.tally.in.http_headers) / requests, static_cast<double>(response.size()), 1);
  plan.headers = messages::find_header_set("browser");
  const Report browser = simulate(plan);
  EXPECT_EQ(browser.tally.requests, minimal.tally.requests) << "what it carries changes no timing";
  EXPECT_GT(browser.tally.out.http_headers, 4 * minimal.tally.out.http_headers);
}

/// One message every 100 ms: level up to that round trip, then long polls are twice as old as pushed messages.
TEST(Simulation, ShowsTheCliff) {
  const auto mean_ms = [](Transport transport, std::chrono::milliseconds round_trip) {
    Plan plan = plan_of({transport, false, 10, round_trip}, 220);
    plan.load.publish.arrivals = clients::Arrivals::constant;
    return simulate(plan).age.mean_ns() / 1e6;
  };
  EXPECT_NEAR(mean_ms(Transport::long_poll, 90ms) / mean_ms(Transport::websocket, 90ms), 1, 1e-6);
  EXPECT_NEAR(mean_ms(Transport::long_poll, 110ms) / mean_ms(Transport::websocket, 110ms), 2, 0.02);
}

TEST(Simulation, EachChannelOfAPoissonStreamIsAsIfItWereAlone) {
  Plan plan = plan_of({Transport::long_poll, false, 4, 200ms}, 4'000);
  plan.load.subscribers = plan.load.channels = 4;
  const Report report = simulate(plan);
  const model::Prediction theory = predict({Transport::long_poll, false, 1, 200ms});
  EXPECT_EQ(report.age.count(), report.planned);
  const double luck = kLuck / std::sqrt(static_cast<double>(report.age.count()));
  EXPECT_NEAR(report.age.mean_ns() / 1e6, ms(theory.age.mean()), luck * deviation_ms(theory.age));
  const double seconds = std::chrono::duration<double>(report.window).count();
  EXPECT_NEAR(static_cast<double>(report.tally.requests) / seconds / 4, theory.requests_per_second, luck);
}

TEST(Simulation, EverySubscriberHearsEveryMessageOnce) {
  Plan plan = plan_of({Transport::keep_alive, false, 5, 50ms}, 100);
  plan.load.subscribers = 20;
  plan.load.channels = 2;
  const Report report = simulate(plan);
  EXPECT_GT(report.planned, 50U);
  EXPECT_EQ(report.age.count(), report.planned * 10);
}

}  // namespace
}  // namespace wirelab::sim
