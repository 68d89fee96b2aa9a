#include "lab/run/sweep.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "lab/report/sweep_report.hpp"
#include "lab/result/summary.hpp"
#include "lab/result/sweep_result.hpp"
#include "lab/run/run.hpp"
#include "lab/text/document.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// What was asked for: subscribers, transport, seed.
using Asked = std::tuple<std::size_t, Transport, std::uint64_t>;

class MeasurePoints : public testing::Test {
 protected:
  MeasurePoints() { over("clients=10,100,1000"); }

  void over(const char* text) {
    plan_.over = parse_over(text);
    plan_.settings.clear();
    for (const double value : plan_.over.values) {
      plan_.settings.emplace_back().plan.seed = 7;
      set_value(plan_.over.axis, value, plan_.settings.back());
    }
    plan_.transports = {Transport::long_poll, Transport::websocket};
  }

  /// Every run is the sample's, but for those that `fails` names.
  std::vector<SweepPoint> measure() {
    const auto carry_out = [this](const RunRequest& request) -> std::optional<lab::Run> {
      const clients::LoadPlan& plan = request.settings.plan;
      asked_.emplace_back(plan.subscribers, request.transport, plan.seed);
      if (fails_ && fails_(request)) throw std::runtime_error(request.what + ": no more ports");
      if (asked_.size() == stop_after_) interrupted_ = true;
      return make_run(test::sample_report(), request.transport);
    };
    testing::internal::CaptureStderr();
    auto points = measure_points(
        plan_, carry_out, [this](Nanos left) { left_.push_back(left); }, interrupted_);
    said_ = testing::internal::GetCapturedStderr();
    return points;
  }

  std::size_t asked(std::size_t subscribers, Transport transport) const {
    return static_cast<std::size_t>(std::count_if(asked_.begin(), asked_.end(), [&](const Asked& asked) {
      return std::get<0>(asked) == subscribers && std::get<1>(asked) == transport;
    }));
  }

  SweepPlan plan_;
  std::function<bool(const RunRequest&)> fails_;
  std::size_t stop_after_ = 0;
  std::atomic<bool> interrupted_{false};
  std::vector<Asked> asked_;
  std::vector<Nanos> left_;
  std::string said_;
};

TEST_F(MeasurePoints, RunsEveryTransportAtEveryPointOnceARoundInAnOrderOfItsOwn) {
  const auto points = measure();
  ASSERT_EQ(asked_.size(), 18U);
  std::set<std::vector<std::pair<std::size_t, Transport>>> orders;
  for (std::uint64_t round = 0; round < 3; ++round) {
    std::vector<std::pair<std::size_t, Transport>> order;
    for (std::size_t i = 0; i < 6; ++i) {
      const auto& [subscribers, transport, seed] = asked_[round * 6 + i];
      EXPECT_EQ(seed, 7 + round) << "the cells of a round have the same random choices";
      order.emplace_back(subscribers, transport);
    }
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(std::unique(order.begin(), order.end()), order.end());
  }
  EXPECT_EQ(orders.size(), 3U) << "no two rounds of this seed are alike";
  ASSERT_EQ(points.size(), 3U);
  for (const SweepPoint& point : points) {
    EXPECT_EQ(point.runs.size(), 6U);
    EXPECT_TRUE(point.not_carried_out.empty());
  }
}

TEST_F(MeasurePoints, IsTheSameAgainForTheSameSeed) {
  measure();
  const auto first = std::exchange(asked_, {});
  measure();
  EXPECT_EQ(asked_, first);
}

TEST_F(MeasurePoints, SummariesAreMadeBeforeTheBucketsGo) {
  const auto points = measure();
  const Summary& summary = points[0].summary.at("websocket");
  EXPECT_EQ(summary.age_us.count, 300U);
  EXPECT_NEAR(summary.age_us.p50, 50'000, 50);
  for (const lab::Run& run : points[0].runs) {
    EXPECT_EQ(run.age_us.count, 100U);
    EXPECT_NEAR(run.age_us.p50, 50'000, 50);
    for (const Distribution* its :
         {&run.age_us, &run.age_from_send_us, &run.service_time_us, &run.publish_time_us, &run.schedule_lag_us})
      EXPECT_TRUE(its->buckets.empty());
  }
}

TEST_F(MeasurePoints, EveryPointHasATheoryOfItsOwn) {
  over("rate=10,40");
  plan_.transports = {Transport::keep_alive};
  const auto points = measure();
  ASSERT_EQ(points.size(), 2U);
  EXPECT_DOUBLE_EQ(points[0].summary.at("keep-alive").predicted.value().requests_per_delivered, 0.4);
  EXPECT_DOUBLE_EQ(points[1].summary.at("keep-alive").predicted.value().requests_per_delivered, 0.1);
}

TEST_F(MeasurePoints, WhatCannotBeCarriedOutIsNotTriedThereAgainNorBeyondAndSaysSo) {
  fails_ = [](const RunRequest& request) {
    return request.transport == Transport::long_poll && request.settings.plan.subscribers >= 100;
  };
  const auto points = measure();
  EXPECT_EQ(asked(10, Transport::long_poll), 3U);
  EXPECT_EQ(asked(100, Transport::long_poll), 1U) << "once, and not again in later rounds";
  EXPECT_LE(asked(1000, Transport::long_poll), 1U) << "at most before 100 had failed";
  EXPECT_EQ(asked(1000, Transport::websocket), 3U);

  EXPECT_TRUE(points[0].not_carried_out.empty());
  for (const std::size_t i : {1U, 2U}) {
    ASSERT_EQ(points[i].not_carried_out.size(), 1U);
    EXPECT_EQ(points[i].not_carried_out[0].transport, "long-poll");
    EXPECT_EQ(points[i].not_carried_out[0].runs, 3U);
    EXPECT_FALSE(points[i].summary.contains("long-poll"));
    EXPECT_TRUE(points[i].summary.contains("websocket"));
  }
  EXPECT_THAT(points[1].not_carried_out[0].reason,
              testing::MatchesRegex("long-poll at 100 subscribers, round 1 of 3: no more ports"));
  EXPECT_THAT(said_, HasSubstr("no more ports; not tried again there, nor beyond"));
}

TEST_F(MeasurePoints, AnEasierPointIsStillRunAfterAHarderOneFailed) {
  fails_ = [](const RunRequest& request) { return request.settings.plan.subscribers == 1000; };
  const auto points = measure();
  for (const Transport transport : plan_.transports) {
    EXPECT_EQ(asked(10, transport), 3U);
    EXPECT_EQ(asked(100, transport), 3U);
    EXPECT_EQ(asked(1000, transport), 1U);
  }
}

TEST_F(MeasurePoints, OfIntervalsTheShorterIsTheHarder) {
  over("poll-interval=50ms,1s");
  fails_ = [](const RunRequest& request) {
    return request.settings.plan.client.poll_interval == std::chrono::milliseconds(50);
  };
  const auto points = measure();
  EXPECT_EQ(points[0].not_carried_out.size(), 2U);
  EXPECT_EQ(points[1].runs.size(), 6U);
}

TEST_F(MeasurePoints, WhatFailsInALaterRoundLeavesTheEarlierRuns) {
  fails_ = [](const RunRequest& request) {
    return request.transport == Transport::websocket && request.settings.plan.subscribers == 1000 &&
           request.settings.plan.seed == 8;
  };
  const auto points = measure();
  EXPECT_EQ(points[2].summary.at("websocket").runs, 1U);
  ASSERT_EQ(points[2].not_carried_out.size(), 1U);
  EXPECT_EQ(points[2].not_carried_out[0].runs, 2U);
}

TEST_F(MeasurePoints, AfterASignalThereIsWhatWasMeasured) {
  stop_after_ = 4;
  auto points = measure();
  EXPECT_EQ(points.size(), plan_.settings.size());
  drop_unmeasured(points);
  EXPECT_EQ(asked_.size(), 4U);
  std::size_t runs = 0;
  for (const SweepPoint& point : points) {
    EXPECT_FALSE(point.runs.empty());
    runs += point.runs.size();
  }
  EXPECT_EQ(runs, 4U);
}

TEST_F(MeasurePoints, TellsWhatIsLeftBeforeEveryRun) {
  measure();
  ASSERT_EQ(left_.size(), 18U);
  const Nanos each = expected_run_time(plan_.settings[0]);
  for (std::size_t i = 0; i < left_.size(); ++i) EXPECT_EQ(left_[i], each * (18 - i));
}

// -- the record ---------------------------------------------------------------------------------------------------

/// Two points; at the second the websocket's generator was saturated and short-poll was not carried out.
SweepResult sample_sweep() {
  const Result result = test::sample_result();
  SweepResult sweep;
  static_cast<Provenance&>(sweep) = result;
  sweep.over = {"clients", "subscribers", {10, 1000}};
  sweep.configuration = result.configuration;
  sweep.points.push_back({10, result.summary, {}, result.runs});
  SweepPoint& last = sweep.points.emplace_back();
  last.value = 1000;
  for (Run run : result.runs) {
    if (run.transport != "websocket") continue;
    run.generator.cpu_share_of_core = 0.9;
    last.runs.push_back(run);
  }
  last.summary = summarize(last.runs);
  last.not_carried_out.push_back({"short-poll", 2, "short-poll at 1,000 subscribers, round 1 of 2: no more ports"});
  return sweep;
}

TEST(SweepResult, IsReadBackAsItWasWritten) {
  const std::string text = to_text(sample_sweep());
  EXPECT_EQ(schema_of(text), "wirelab.sweep/1");
  EXPECT_EQ(to_text(parse_sweep(text)), text);
}

std::string sweep_complaint(const std::string& text) {
  try {
    parse_sweep(text);
  } catch (const JsonError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SweepResult, WhatIsWrongIsNamedWithItsPlace) {
  EXPECT_EQ(sweep_complaint("no"), "not JSON");
  EXPECT_THAT(sweep_complaint(to_text(test::sample_result())),
              HasSubstr("' is not what this wirelab reads here (wirelab.sweep/1)"));
  Json json = Json::parse(to_text(sample_sweep()));
  json["points"][1]["summary"]["websocket"]["age_us"]["p50"] = "fast";
  EXPECT_EQ(sweep_complaint(json.dump()), "points.1.summary.websocket.age_us.p50: not a number");
  json = Json::parse(to_text(sample_sweep()));
  json["over"]["axis"] = "luck";
  EXPECT_THAT(sweep_complaint(json.dump()), HasSubstr("over.axis: 'luck' is none of: clients"));
}

TEST(SweepResult, APointIsAResultOfItsOwn) {
  const SweepResult sweep = sample_sweep();
  const Result result = result_at(sweep, sweep.points[1]);
  EXPECT_EQ(result.configuration.subscribers, 1000U);
  EXPECT_EQ(result.configuration.rate_per_second, sweep.configuration.rate_per_second);
  EXPECT_EQ(result.git_revision, "abc");
  EXPECT_EQ(result.runs.size(), 2U);
  EXPECT_TRUE(result.summary.contains("websocket"));
}

// -- the table ----------------------------------------------------------------------------------------------------

std::string line_with(const std::string& text, const std::string& after, const std::string& words) {
  const auto from = text.find(words, text.find(after));
  return from == std::string::npos ? "none" : text.substr(from, text.find('\n', from) - from);
}

TEST(SweepText, HasABlockAFigureWithARowAPoint) {
  const std::string text = sweep_text(sample_sweep());
  EXPECT_THAT(text, HasSubstr("10 to 1,000 subscribers on 1 channel, 5 messages/s"));
  EXPECT_THAT(line_with(text, "age p50, ms", "10 subscribers"), testing::MatchesRegex("10 subscribers +50.0 +50.0"));
  EXPECT_THAT(line_with(text, "server CPU, ms per 1,000", "10 subscribers"),
              testing::MatchesRegex("10 subscribers +5,000 +5,000"));
  EXPECT_THAT(line_with(text, "requests per second", "10 subscribers"),
              testing::MatchesRegex("10 subscribers +100 +0"));
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    EXPECT_LE(end - at, 110U) << text.substr(at, end - at);
    EXPECT_NE(text[end - 1], ' ') << text.substr(at, end - at);
  }
}

TEST(SweepText, SaysWhoIsAheadWhereThatCanBeSaid) {
  SweepResult sweep = sample_sweep();
  const auto cpu = [&](const char* transport) -> std::optional<Interval>& {
    return sweep.points[0].summary.at(transport).intervals.at("server_cpu_ms_per_1000_delivered");
  };
  cpu("short-poll") = Interval{20, 30};
  cpu("websocket") = Interval{7, 8};
  const std::string text = sweep_text(sweep);
  const auto server = text.find("server CPU\n", text.find("Best first"));
  EXPECT_THAT(line_with(text.substr(server), "", "10 subscribers"),
              testing::MatchesRegex("10 subscribers +websocket, short-poll"));
  EXPECT_THAT(line_with(text.substr(server), "", "1,000 subscribers"), testing::MatchesRegex("1,000 subscribers +-"));

  cpu("websocket") = Interval{7, 21};
  const std::string tied = sweep_text(sweep);
  EXPECT_THAT(line_with(tied.substr(tied.find("server CPU\n", tied.find("Best first"))), "", "10 subscribers"),
              HasSubstr(" = "));
  sweep.configuration.rounds = 1;
  EXPECT_THAT(sweep_text(sweep), Not(HasSubstr("Best first")));
}

TEST(SweepText, MarksWhatIsNotValidAndNamesWhatIsMissing) {
  const std::string text = sweep_text(sample_sweep());
  EXPECT_THAT(line_with(text, "age p50, ms", "1,000 subscribers"),
              testing::MatchesRegex("1,000 subscribers +none +50.0\\*"));
  EXPECT_THAT(text, HasSubstr("* websocket at 1,000 subscribers: CLIENT-SATURATED\n    round 1: the load generator"));
  EXPECT_THAT(text, HasSubstr("! short-poll at 1,000 subscribers: 2 runs not carried out\n    short-poll at 1,000"));
  EXPECT_THAT(text, Not(HasSubstr("VALID at every point")));
}

TEST(SweepText, LeavesOutWhatNoPointHas) {
  SweepResult sweep = sample_sweep();
  EXPECT_THAT(sweep_text(sweep), Not(HasSubstr("idle")));
  EXPECT_THAT(sweep_text(sweep), HasSubstr("bytes per delivered above TCP\n"));
  sweep.points.erase(sweep.points.begin());
  const std::string text = sweep_text(sweep);
  EXPECT_THAT(text.substr(0, text.find("age p50")), Not(HasSubstr("  short-poll"))) << "carried out at no point";
  Summary& summary = sweep.points[0].summary.at("websocket");
  summary.bytes_per_delivered.reset();
  EXPECT_THAT(sweep_text(sweep), Not(HasSubstr("bytes per delivered")));
  EXPECT_THAT(sweep_text(sweep), HasSubstr("server CPU, ms per 1,000 delivered\n"));
}

TEST(SweepText, SaysSoWhenAllIsWellAndWhenItWasStopped) {
  SweepResult sweep = sample_sweep();
  sweep.points.pop_back();
  EXPECT_THAT(sweep_text(sweep), HasSubstr("! stopped after 1 of 2 points"));
  sweep.over.values.pop_back();
  EXPECT_THAT(sweep_text(sweep), HasSubstr("verdict: VALID at every point"));
}

TEST(SweepCsv, HasALineAPointAndTransportWithTheSameColumns) {
  const std::string csv = sweep_csv(sample_sweep());
  std::vector<std::string> lines;
  for (std::size_t at = 0, end; (end = csv.find("\r\n", at)) != std::string::npos; at = end + 2)
    lines.push_back(csv.substr(at, end - at));
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[0], testing::StartsWith("subscribers,not_carried_out_runs,transport,round,verdict,"));
  EXPECT_THAT(lines[1], testing::StartsWith("10,0,short-poll,all,VALID,"));
  EXPECT_THAT(lines[2], testing::StartsWith("10,0,websocket,all,VALID,"));
  EXPECT_THAT(lines[3], testing::StartsWith("1000,2,short-poll,all,,,"));
  EXPECT_THAT(lines[4], testing::StartsWith("1000,0,websocket,all,CLIENT-SATURATED,"));
  EXPECT_EQ(std::count(lines[3].begin(), lines[3].end(), ','), std::count(lines[0].begin(), lines[0].end(), ','));
}

}  // namespace
}  // namespace wirelab::lab
