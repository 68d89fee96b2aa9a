// Experiments: theory of a figure and how near is near enough, points beside it, the record, the table.
#include <gmock/gmock.h>

#include "lab/report/experiment_report.hpp"
#include "lab/result/experiment_result.hpp"
#include "lab/result/experiment_theory.hpp"
#include "lab/result/summary.hpp"
#include "lab/text/document.hpp"
#include "tests/lab/sample.hpp"

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
  const auto marks = marks_of(ten_a_second(20), over);
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_DOUBLE_EQ(marks[0].value, 100);
  EXPECT_TRUE(marks_of(ten_a_second(20), parse_over("rtt=20ms,90ms")).empty());
  for (const auto& [value, predicted] : theory_curve(kTimesPushed, ten_a_second(20), "long-poll", over))
    EXPECT_NEAR(predicted, value < 100 ? 1 : 2, 1e-9) << value;
}

TEST(ExperimentTheory, KnowsWhatALinkThatLosesDoesToPushedMessages) {
  Configuration c = ten_a_second(50);
  c.link->loss_share = 0.01;  // each loss: 150 ms to its own message, and 50 ms to the next one
  EXPECT_THAT(theory_of(kMean, c, "websocket"), Optional(DoubleNear(27'000, 1e-6)));
  EXPECT_FALSE(theory_of(kMean, c, "long-poll"));
  c.link->loss_share = 0;
  c.link->drop_segments = {7};
  EXPECT_THAT(theory_of({find_figure("max"), std::nullopt}, c, "websocket"), Optional(DoubleNear(175'000, 1e-6)));
  EXPECT_FALSE(theory_of(kMean, c, "websocket"));
  c.arrivals = "poisson";
  EXPECT_FALSE(theory_of({find_figure("max"), std::nullopt}, c, "websocket"));
}

TEST(ExperimentTheory, HasFiguresThatNoRecordHas) {
  Configuration c = ten_a_second(50);
  c.poll_interval_ms = 200;
  EXPECT_THAT(theory_of({find_figure("service"), std::nullopt}, c, "short-poll"), Optional(DoubleNear(100'000, 1e-6)));
  EXPECT_FALSE(theory_of({find_figure("service"), std::nullopt}, c, "websocket"));
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

TEST(ExperimentCsv, HasALineAPoint) {
  const std::string csv = experiment_csv(cliff_experiment());
  EXPECT_THAT(csv, HasSubstr("transport,variant,rtt_ms,measured,"));
  EXPECT_THAT(csv, HasSubstr("\r\nlong-poll,,90,1.02,"));
  EXPECT_THAT(csv, ContainsRegex("long-poll,,110,1\\.02,[^\r]*,no,2,VALID\r\n"));
}

}  // namespace
}  // namespace wirelab::lab
