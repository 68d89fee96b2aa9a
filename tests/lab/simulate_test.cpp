// `wirelab simulate`: what it prints, and when it says that theory and the simulation part.
#include "lab/run/simulate.hpp"

#include <gmock/gmock.h>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;
using testing::ContainsRegex;
using testing::HasSubstr;

SimulateCommand little() {
  SimulateCommand command;
  command.transports = parse_simulated({"websocket", "long-poll-reconnecting"});
  command.round_trips = {std::chrono::milliseconds(50), std::chrono::milliseconds(100)};
  command.messages_per_second = {10};
  command.messages = 300;
  return command;
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(SimulateCommand, KnowsTheFourAndTheLongPollThatReconnects) {
  const auto all = parse_simulated({"all"});
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(name(all[2]), "long-poll");
  EXPECT_EQ(name(all[3]), "long-poll-reconnecting");
  EXPECT_EQ(parse_simulated({"short-poll", "websocket"}).size(), 2U);
  EXPECT_THAT(refusal([] { parse_simulated({"pigeon"}); }),
              HasSubstr("'pigeon': give short-poll, keep-alive, long-poll, long-poll-reconnecting, websocket, or all"));
}

TEST(SimulateCells, AreEveryRateRoundTripAndTransport) {
  const auto cells = simulate_cells(little());
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_EQ(cells[0].simulated.age_mean_ms, 25);
  EXPECT_EQ(cells[2].round_trip_ms, 100);
  EXPECT_EQ(cells[2].predicted.age_p99_ms, 50);
  EXPECT_FALSE(cells[0].simulated.empty_share);
  EXPECT_TRUE(cells[1].simulated.empty_share);
  EXPECT_GT(cells[1].simulated.connections_per_second, 5);
  EXPECT_NEAR(cells[1].simulated.header_bytes_per_delivered, cells[1].predicted.header_bytes_per_delivered, 30);
}

TEST(SimulateCells, AreTheSameBytesAgain) {
  const SimulateCommand command = little();
  const std::string json = simulate_json(command, simulate_cells(command));
  EXPECT_EQ(simulate_json(command, simulate_cells(command)), json);
  EXPECT_EQ(Json::parse(json)["cells"].size(), 4U);
}

TEST(SimulateText, HasTheoryAndTheDifferenceUnderEachLine) {
  SimulateCommand command = little();
  command.transports = parse_simulated({"websocket"});
  const std::string text = simulate_text(command, simulate_cells(command));
  EXPECT_THAT(text, HasSubstr("10.0 messages/s, round trip 50.0 ms"));
  EXPECT_THAT(text, ContainsRegex("websocket +25\\.0 +25\\.0 +25\\.0 +25\\.0 +0 +- +4\\.00 +100\n"
                                  "  theory +25\\.0 +25\\.0 +25\\.0 +25\\.0 +0 +- +4\\.00 +100\n"
                                  "  difference +0 +0 +0 +0 +0 +- +0 +0\n"));
  EXPECT_THAT(text, HasSubstr("Of 2 cells 2 are as theory has it."));
  auto cells = simulate_cells(command);
  cells[0].agrees = false;
  EXPECT_THAT(simulate_text(command, cells), HasSubstr("websocket !"));
  EXPECT_THAT(simulate_text(command, cells), HasSubstr("Of 2 cells 1 is as theory has it."));
}

SimulatedCell agreeing() {
  SimulatedCell cell;
  cell.predicted = {100, 90, 200, 210, 5, 0, 0.5, 800, 100};
  cell.simulated = cell.predicted;
  cell.within_predicted_p99_share = 0.99;
  return cell;
}

TEST(Agreement, IsOfEveryFigure) {
  EXPECT_TRUE(agrees(agreeing()));
  const auto disagree = [](auto change) {
    SimulatedCell cell = agreeing();
    change(cell);
    return !agrees(cell);
  };
  EXPECT_FALSE(disagree([](SimulatedCell& c) { c.simulated.age_mean_ms = 100.9; }));
  EXPECT_TRUE(disagree([](SimulatedCell& c) { c.simulated.age_mean_ms = 101.1; }));
  EXPECT_TRUE(disagree([](SimulatedCell& c) { c.simulated.requests_per_second = 5.1; }));
  EXPECT_TRUE(disagree([](SimulatedCell& c) { c.simulated.connections_per_second = 0.1; }));
  EXPECT_TRUE(disagree([](SimulatedCell& c) { c.simulated.empty_share = 0.51; }));
  EXPECT_TRUE(disagree([](SimulatedCell& c) { c.simulated.empty_share.reset(); }));
  EXPECT_TRUE(disagree([](SimulatedCell& c) { c.simulated.header_bytes_per_delivered = 790; }));
  EXPECT_TRUE(disagree([](SimulatedCell& c) { c.simulated.first_answer_ms = 50; }));
}

TEST(Agreement, OfAPercentileMayBeInRank) {
  SimulatedCell cell = agreeing();
  cell.simulated.age_p99_ms = 230;
  EXPECT_TRUE(agrees(cell));
  cell.within_predicted_p99_share = 0.985;
  EXPECT_FALSE(agrees(cell));
}

TEST(SimulateCells, SayWhatCannotBeSimulated) {
  const auto refused = [](auto change) {
    SimulateCommand command = little();
    change(command);
    return refusal([&] { simulate_cells(command); });
  };
  EXPECT_THAT(refused([](SimulateCommand& c) { c.messages_per_second = {1, 0}; }), HasSubstr("--rate 0"));
  EXPECT_THAT(refused([](SimulateCommand& c) { c.round_trips = {std::chrono::hours(1)}; }), HasSubstr("--rtt"));
  EXPECT_THAT(refused([](SimulateCommand& c) { c.poll_interval = Nanos(0); }), HasSubstr("--poll-interval 0"));
  EXPECT_THAT(refused([](SimulateCommand& c) { c.hold = std::chrono::seconds(61); }),
              HasSubstr("--hold: give 1s to 60s"));
  EXPECT_THAT(refused([](SimulateCommand& c) { c.payload_bytes = 56; }), HasSubstr("--payload 56: give 57 to 65536"));
  EXPECT_THAT(refused([](SimulateCommand& c) { c.subscribers = 0; }), HasSubstr("--subscribers"));
  EXPECT_THAT(refused([](SimulateCommand& c) { c.messages = 200'000'000; }),
              HasSubstr("100,000,000 deliveries at most"));
}

}  // namespace
}  // namespace wirelab::lab
