#include "lab/run/predict.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "lab/process/exit_code.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using testing::HasSubstr;

PredictCommand ten_a_second_at_fifty_ms() {
  PredictCommand command;
  command.situation.messages_per_second = 10;
  command.situation.round_trip = model::Seconds(0.05);
  command.situation.poll_interval = model::Seconds(1);
  return command;
}

std::string message(const PredictCommand& command) {
  try {
    predict(command);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

TEST(Predict, IsATableOfAllFourThatFitsAHundredAndFourColumns) {
  const std::string text = predict_text(ten_a_second_at_fifty_ms(), {});
  EXPECT_THAT(text, HasSubstr("10.0 messages/s of 128 B to each of 1,000,000 subscribers, round trip 50.0 ms"));
  EXPECT_THAT(text, testing::ContainsRegex("  mean +525 +525 +36\\.3 +25\\.0\n"));
  EXPECT_THAT(text, testing::ContainsRegex("  requests per second +1,000,000 +1,000,000 +9,037,255 +0\n"));
  EXPECT_THAT(text, testing::ContainsRegex("  server cores, at the measured cost +- +- +- +-\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

TEST(Predict, SaysWhereTheyCrossAndWhatTheFirstMessageTakes) {
  PredictCommand command = ten_a_second_at_fifty_ms();
  command.situation.tls_round_trips = 1;
  const std::string text = predict_text(command, {{"keep-alive", 30}, {"websocket", 5}});
  EXPECT_THAT(text, testing::ContainsRegex("  server to client +150 +150 +150 +150\n"));
  EXPECT_THAT(text, testing::ContainsRegex("  client to server +125 +125 +125 +175\n"));
  EXPECT_THAT(text, HasSubstr("once the interval is above 111 ms\n"));
  EXPECT_THAT(text, HasSubstr("once the round trip is above 100 ms\n"));
  EXPECT_THAT(text, HasSubstr("once an interval brings 6.00 messages\n"));
  EXPECT_THAT(text,
              HasSubstr("Assumed: Poisson arrivals, the same ones for every subscriber, published at the server"));
  EXPECT_THAT(predict_text(command, {}), testing::Not(HasSubstr("an interval brings")));
}

// The sample's server spent half a second on a hundred deliveries: in 200 answers, or in 100 frames.
TEST(Predict, ExtendsAMeasuredCostAnAnswerOrAFrame) {
  const ServerCosts costs = server_costs(test::sample_result());
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_DOUBLE_EQ(costs.at("short-poll"), 2'500);
  EXPECT_DOUBLE_EQ(costs.at("websocket"), 5'000);
  PredictCommand command = ten_a_second_at_fifty_ms();
  command.subscribers = 1'000;
  const Json json = Json::parse(predict_json(command, costs));
  EXPECT_DOUBLE_EQ(json["transports"]["short-poll"]["server_cores"], 1'000 * 1 * 0.0025);
  EXPECT_DOUBLE_EQ(json["transports"]["websocket"]["server_cores"], 1'000 * 10 * 0.005);
  EXPECT_TRUE(json["transports"]["long-poll"]["server_cores"].is_null()) << "it was not measured";
}

TEST(Predict, AServerThatToldNothingHasNoCost) {
  Result result = test::sample_result();
  for (lab::Run& run : result.runs) run.server.reset();
  for (auto& [transport, summary] : result.summary) summary.server_cpu_ms_per_1000_delivered.reset();
  EXPECT_TRUE(server_costs(result).empty());
}

TEST(Predict, HeadersAreInTheBytes) {
  PredictCommand command = ten_a_second_at_fifty_ms();
  testing::internal::CaptureStdout();
  command.json = true;
  command.headers = messages::find_header_set("lg2009");
  EXPECT_EQ(predict(command), kOk);
  const Json json = Json::parse(testing::internal::GetCapturedStdout());
  EXPECT_GT(json["transports"]["long-poll"]["header_bytes_per_delivered"], 800);
  EXPECT_DOUBLE_EQ(json["transports"]["websocket"]["header_bytes_per_delivered"], 4);
}

TEST(Predict, SaysWhatItHasNoPredictionFor) {
  PredictCommand command;
  command.situation.messages_per_second = 0;
  EXPECT_THAT(message(command), HasSubstr("--rate 0"));
  command = {};
  command.situation.poll_interval = model::Seconds(0);
  EXPECT_THAT(message(command), HasSubstr("--poll-interval 0"));
  command = {};
  command.situation.round_trip = model::Seconds(-1);
  EXPECT_THAT(message(command), HasSubstr("--rtt"));
  command = {};
  command.situation.hold = model::Seconds(0);
  EXPECT_THAT(message(command), HasSubstr("--hold 0"));
  command = {};
  command.situation.tls_round_trips = 3;
  EXPECT_THAT(message(command), HasSubstr("--tls-round-trips 3"));
  command = {};
  command.subscribers = 0;
  EXPECT_THAT(message(command), HasSubstr("--subscribers 0"));
}

}  // namespace
}  // namespace wirelab::lab
