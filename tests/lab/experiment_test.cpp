// Experiments: theory of a figure and how near is near enough, points beside it, the record, the table.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "lab/report/experiment_report.hpp"
#include "lab/result/experiment_result.hpp"
#include "lab/result/experiment_theory.hpp"
#include "lab/result/series_file.hpp"
#include "lab/result/strip.hpp"
#include "lab/result/summary.hpp"
#include "lab/text/document.hpp"
#include "tests/lab/sample.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

using testing::ContainsRegex;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Optional;

const Look kMean{find_figure("mean"), std::nullopt};
const Look kTimesPushed{find_figure("mean"), "websocket"};

/// One message every 100 ms, over a link.
Configuration ten_a_second(double round_trip_ms) {
  Configuration c = test::sample_result().configuration;
  c.transports = {"long-poll", "websocket"};
  c.rate_per_second = 10;
  c.hold_s = 25;
  c.link.emplace().rtt_ms = round_trip_ms;
  return c;
}

TEST(ExperimentTheory, HasTheCliff) {
  EXPECT_THAT(theory_of(kTimesPushed, ten_a_second(90), "long-poll"), Optional(DoubleNear(1, 1e-9)));
  EXPECT_THAT(theory_of(kTimesPushed, ten_a_second(110), "long-poll"), Optional(DoubleNear(2, 1e-9)));
  EXPECT_THAT(theory_of(kMean, ten_a_second(110), "long-poll"), Optional(DoubleNear(110'000, 1e-6)));
  EXPECT_FALSE(theory_of(kTimesPushed, ten_a_second(0), "long-poll")) << "nothing is so many times nothing";
  const Over over = parse_over("rtt=20ms,90ms,110ms,230ms");
  const auto marks = marks_of(kTimesPushed, ten_a_second(20), over);
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_DOUBLE_EQ(marks[0].value, 100);
  EXPECT_TRUE(marks_of(kTimesPushed, ten_a_second(20), parse_over("rtt=20ms,90ms")).empty());
  EXPECT_TRUE(marks_of({find_figure("first_message"), std::nullopt}, ten_a_second(20), over).empty()) << "of no age";
  for (const auto& [value, predicted] : theory_curve(kTimesPushed, ten_a_second(20), "long-poll", over))
    EXPECT_NEAR(predicted, value < 100 ? 1 : 2, 1e-9) << value;
}

TEST(ExperimentTheory, KnowsWhatALinkThatLosesDoesToPushedMessages) {
  Configuration c = ten_a_second(50);
  c.link->loss_share = 0.01;  // each loss: 150 ms to its own message, and 50 ms to the next one
  EXPECT_THAT(theory_of(kMean, c, "websocket"), Optional(DoubleNear(27'000, 1e-6)));
  EXPECT_FALSE(theory_of(kMean, c, "long-poll"));
  c.link->loss_share = 0.05;
  EXPECT_FALSE(theory_of(kMean, c, "websocket")) << "losses meet";
  c.link->loss_share = 0;
  c.link->drop_segments = {7};
  EXPECT_THAT(theory_of({find_figure("max"), std::nullopt}, c, "websocket"), Optional(DoubleNear(175'000, 1e-6)));
  EXPECT_FALSE(theory_of(kMean, c, "websocket"));
  c.arrivals = "poisson";
  EXPECT_FALSE(theory_of({find_figure("max"), std::nullopt}, c, "websocket"));
}

TEST(ExperimentTheory, KnowsTheOldestByLongPollAndWhatWaitsBehindALostSegment) {
  const Look oldest{find_figure("max"), std::nullopt};
  Configuration c = ten_a_second(50);
  c.rate_per_second = 100;
  c.payload_bytes = 64;
  c.link->drop_segments = {7};
  // Deaf for a round trip, then the timeout of a round trip and 200 ms and half a tick, then half a round trip.
  EXPECT_THAT(theory_of(oldest, c, "long-poll"), Optional(DoubleNear(327'000, 1e-6)));
  c.link->rtt_ms = 200;
  EXPECT_FALSE(theory_of(oldest, c, "long-poll")) << "twenty messages take two segments";
  c.link->rtt_ms = 20;
  c.long_poll_reconnects = true;
  EXPECT_FALSE(theory_of(oldest, c, "long-poll"));

  // Repeated after 30 ms, by which time three more are held: their ages come down by the gap.
  const MessageAges ages = {{-10, 0}, {0, 0}, {10, 0}, {20, 0}, {30, 0}};
  const MessageAges theory = theory_of_strip(c, "websocket", ages);
  ASSERT_EQ(theory.size(), ages.size());
  const double expected_us[] = {10'000, 40'000, 30'000, 20'000, 10'000};
  for (std::size_t i = 0; i < ages.size(); ++i) {
    EXPECT_EQ(theory[i].first, ages[i].first);
    EXPECT_NEAR(theory[i].second, expected_us[i], 1e-6) << i;
  }
  EXPECT_TRUE(theory_of_strip(c, "long-poll", ages).empty());
}

TEST(ExperimentTheory, HasFiguresThatNoRecordHas) {
  Configuration c = ten_a_second(50);
  c.poll_interval_ms = 200;
  EXPECT_THAT(theory_of({find_figure("service"), std::nullopt}, c, "short-poll"), Optional(DoubleNear(100'000, 1e-6)));
  EXPECT_FALSE(theory_of({find_figure("service"), std::nullopt}, c, "websocket"));
  for (const char* transport : {"short-poll", "keep-alive", "long-poll", "websocket"})
    EXPECT_THAT(theory_of({find_figure("first_message"), std::nullopt}, c, transport),
                Optional(DoubleNear(100'000, 1e-6)));
  c.arrivals = "poisson";
  EXPECT_THAT(theory_of({find_figure("empty"), std::nullopt}, c, "keep-alive"), Optional(DoubleNear(0.135335, 1e-6)));
  EXPECT_FALSE(theory_of({find_figure("server_cpu"), std::nullopt}, c, "keep-alive"));
}

TEST(ExperimentTheory, NearEnoughIsAShareOfItOrWhatNobodyCouldTellApart) {
  const Configuration c = ten_a_second(50);
  EXPECT_DOUBLE_EQ(tolerance_of(kMean, c, "websocket", 25'000, 0.05), 2'000);
  EXPECT_DOUBLE_EQ(tolerance_of(kMean, c, "websocket", 100'000, 0.05), 5'000);
  EXPECT_DOUBLE_EQ(tolerance_of(kTimesPushed, c, "long-poll", 1, 0.05), 0.08) << "2 ms of 25";
  EXPECT_DOUBLE_EQ(tolerance_of({find_figure("empty"), std::nullopt}, c, "keep-alive", 0.1, 0.05), 0.02);
  EXPECT_DOUBLE_EQ(tolerance_of({find_figure("requests"), std::nullopt}, c, "keep-alive", 4, 0.05), 0.2);
}

// -- the record ---------------------------------------------------------------------------------------------------

/// Two points over a link: at 90 ms long-poll is as old as websocket and at 110 ms too, against all theory.
SweepResult cliff_sweep() {
  SweepResult sweep;
  static_cast<Provenance&>(sweep) = test::sample_result();
  sweep.over = {"rtt", "rtt_ms", {90, 110}};
  sweep.configuration = ten_a_second(90);
  for (const double value : sweep.over.values) {
    SweepPoint& point = sweep.points.emplace_back();
    point.value = value;
    for (const char* transport : {"long-poll", "websocket"}) {
      Summary& summary = point.summary[transport];
      summary.runs = 2;
      summary.age_us.count = 100;
      summary.age_us.mean = transport == std::string("websocket") ? 50'000 : 51'000;
      summary.intervals["age_mean_us"] =
          transport == std::string("websocket") ? Interval{40'000, 60'000} : Interval{50'000, 52'000};
    }
  }
  return sweep;
}

ExperimentResult cliff_experiment() {
  const SweepResult sweep = cliff_sweep();
  ExperimentResult result;
  static_cast<Provenance&>(result) = sweep;
  result.title = "The cliff";
  result.question = "Where?";
  result.over = sweep.over;
  result.look = {"mean", "age_mean_us", "websocket"};
  result.tolerance_share = 0.05;
  result.configuration = sweep.configuration;
  result.series = {series_of(sweep, "", kTimesPushed, 0.05).front()};
  return result;
}

TEST(ExperimentSeries, HasEachPointBesideItsTheory) {
  const auto all = series_of(cliff_sweep(), "hold=25s", kTimesPushed, 0.05);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].transport, "long-poll");
  EXPECT_EQ(all[0].variant, "hold=25s");
  ASSERT_EQ(all[0].points.size(), 2U);
  const ExperimentPoint& before = all[0].points[0];
  EXPECT_THAT(before.measured, Optional(DoubleNear(1.02, 1e-9)));
  EXPECT_NEAR(before.interval.value().low, 50.0 / 60, 1e-9);
  EXPECT_NEAR(before.interval.value().high, 52.0 / 40, 1e-9);
  EXPECT_THAT(before.within, Optional(true));
  EXPECT_THAT(all[0].points[1].within, Optional(false));
  EXPECT_THAT(all[0].points[1].predicted, Optional(DoubleNear(2, 1e-9)));
}

TEST(ExperimentSeries, SaysWhatWasNotMeasured) {
  SweepResult sweep = cliff_sweep();
  sweep.points[0].summary.erase("websocket");
  sweep.points[1].summary.clear();
  const auto all = series_of(sweep, "", kTimesPushed, 0.05);
  for (const ExperimentPoint& point : all.front().points) {
    EXPECT_FALSE(point.measured);
    EXPECT_FALSE(point.within);
  }
  EXPECT_EQ(all.front().points[1].runs, 0U);
}

TEST(ExperimentResult, IsReadBackAsItWasWritten) {
  const std::string text = to_text(cliff_experiment());
  EXPECT_EQ(schema_of(text), "wirelab.experiment/1");
  EXPECT_EQ(to_text(parse_experiment(text)), text);
}

TEST(Strip, IsWhatLiesAroundTheOldest) {
  MessageAges ages;
  for (int i = 0; i < 200; ++i) ages.emplace_back(10 * i, i == 100 ? 500 : 100 + i % 2);
  const MessageAges around = around_oldest(ages);
  ASSERT_EQ(around.size(), kStripBefore + 1 + kStripBehind);
  EXPECT_EQ(around[kStripBefore], (std::pair<double, double>(0, 500)));
  EXPECT_EQ(around.front().first, -10.0 * kStripBefore);
  ages.resize(103);
  EXPECT_EQ(around_oldest(ages).back().first, 20);
  EXPECT_TRUE(around_oldest({}).empty());
}

TEST(Strip, IsReadFromASeriesOfOneMessageAnInterval) {
  LoadSettings settings;
  settings.plan.subscribers = 1;
  settings.plan.publish.rate_per_second = 100;
  const Nanos step = strip_step(settings);
  EXPECT_EQ(step, std::chrono::milliseconds(10));
  meter::Series series(step, 4);
  series.set_window(step, 5 * step);
  series.delivered(step, step);
  series.delivered(3 * step, 3 * step);  // the second was lost
  series.delivered(4 * step, 2 * step);
  const auto file = std::filesystem::path(tests::own_temp("strip.ndjson"));
  std::ofstream(file) << series_text(series, "websocket", 1);
  EXPECT_EQ(read_strip(file), (MessageAges{{-20, 10'000}, {0, 30'000}, {10, 20'000}}));
  std::filesystem::remove(file);
  EXPECT_THROW(read_strip(file), std::runtime_error);
  settings.plan.subscribers = 2;
  EXPECT_THROW(strip_step(settings), std::invalid_argument);
}

TEST(ExperimentResult, WhatIsWrongIsNamedWithItsPlace) {
  const auto complaint = [](const char* part, const char* key) -> std::string {
    Json json = Json::parse(to_text(cliff_experiment()));
    json[part][key] = "luck";
    try {
      parse_experiment(json.dump());
    } catch (const JsonError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(complaint("over", "axis"), HasSubstr("over.axis: 'luck' is none of: clients"));
  EXPECT_EQ(complaint("look", "figure"), "look.figure: 'luck' is no figure");
}

// -- the table ----------------------------------------------------------------------------------------------------

TEST(ExperimentText, HoldsEachPointAgainstTheory) {
  ExperimentResult result = cliff_experiment();
  std::string text = experiment_text(result);
  EXPECT_THAT(text, HasSubstr("The cliff\nWhere?\n"));
  EXPECT_THAT(text, HasSubstr("emulated link: round trip 90ms to 110ms"));
  EXPECT_THAT(text, HasSubstr("age mean, times websocket's"));
  EXPECT_THAT(text, ContainsRegex("round trip 90ms +1\\.02 +0\\.833 to 1\\.30 +1\\.00 +\\+0\\.0200 +within\n"));
  EXPECT_THAT(text, ContainsRegex("round trip 110ms +1\\.02 +[^\n]* +2\\.00 +-0\\.980 +MISSED\n"));
  EXPECT_THAT(text, HasSubstr("theory: MISSED at 1 of 2 points\n"));
  result.series[0].points.pop_back();
  EXPECT_THAT(experiment_text(result), HasSubstr("theory: met at 1 of 1 point\n"));
  result.series[0].points[0].verdict = Verdict::noisy;
  result.series[0].points[0].reasons = {"rounds differ"};
  text = experiment_text(result);
  EXPECT_THAT(text, HasSubstr("within *\n"));
  EXPECT_THAT(text, HasSubstr("* long-poll at round trip 90ms: NOISY\n    rounds differ\n"));
}

TEST(ExperimentText, HasTheMessagesAroundTheOldest) {
  ExperimentResult result = cliff_experiment();
  result.strips = {
      {"websocket", "", 90, {{{-30, 44'000}, {-20, 45'000}, {-10, 46'000}, {0, 95'000}, {10, 85'000}}}, {}, 98'000},
      {"long-poll", "", 90, {}, {}, {}}};
  const std::string text = experiment_text(result);
  EXPECT_THAT(text, ContainsRegex("websocket at 90ms +45 +46 +95 +85\n"));
  EXPECT_THAT(text, ContainsRegex("long-poll at 90ms +nothing was dropped\n"));
  EXPECT_EQ(to_text(parse_experiment(to_text(result))), to_text(result));
}

TEST(ExperimentCsv, HasALineAPoint) {
  const std::string csv = experiment_csv(cliff_experiment());
  EXPECT_THAT(csv, HasSubstr("transport,variant,rtt_ms,measured,"));
  EXPECT_THAT(csv, HasSubstr("\r\nlong-poll,,90,1.02,"));
  EXPECT_THAT(csv, ContainsRegex("long-poll,,110,1\\.02,[^\r]*,no,2,VALID\r\n"));
}

}  // namespace
}  // namespace wirelab::lab
