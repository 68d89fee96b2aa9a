// What is made of several runs: intervals, rankings, verdicts, gates, changes. On figures made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "lab/result/bootstrap.hpp"
#include "lab/result/diff.hpp"
#include "lab/result/expected_age.hpp"
#include "lab/result/gates.hpp"
#include "lab/result/intervals.hpp"
#include "lab/result/summary.hpp"
#include "lab/result/verdict.hpp"

namespace wirelab::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A run in which everything went well: 1,000 messages of this age, and this server CPU each.
Run good_run(const std::string& transport, double age_us, double cpu_us_per_message) {
  Run run;
  run.transport = transport;
  run.messages = {.planned = 100, .published = 100, .expected = 1'000, .delivered = 1'000};
  run.age_us.count = 1'000;
  run.age_us.min = run.age_us.mean = run.age_us.p50 = run.age_us.p90 = run.age_us.p99 = run.age_us.max = age_us;
  run.age_us.buckets = {{age_us, 1'000}};
  run.window.duration_s = 1;
  run.window.delivered = 1'000;
  run.server.emplace().cpu_total_us = cpu_us_per_message * 1'000;
  return run;
}

Result result_of(std::vector<Run> runs) {
  Result result;
  for (const Run& run : runs)
    if (result.configuration.transports.empty() || result.configuration.transports.back() != run.transport)
      result.configuration.transports.push_back(run.transport);
  result.runs = std::move(runs);
  result.summary = summarize(result);
  return result;
}

std::optional<Interval> bootstrap_mean(const std::vector<double>& values) {
  const auto mean = [&](const Draw& draw) {
    double sum = 0;
    for (const std::size_t pick : draw) sum += values[pick];
    return std::vector<std::optional<double>>{sum / static_cast<double>(draw.size())};
  };
  return bootstrap(values.size(), 1, mean).at(0);
}

TEST(Bootstrap, OfThreeRunsIsTheirRange) {
  const auto interval = bootstrap_mean({3, 1, 2});
  ASSERT_TRUE(interval);
  EXPECT_DOUBLE_EQ(interval->low, 1);
  EXPECT_DOUBLE_EQ(interval->high, 3);
}

TEST(Bootstrap, CoversTheTruthAboutAsOftenAsItSays) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> draw(10, 1);
  int covered = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> values(12);
    for (double& value : values) value = draw(random);
    const auto interval = bootstrap_mean(values);
    covered += interval->low <= 10 && 10 <= interval->high;
  }
  EXPECT_GE(covered, 175);
  EXPECT_LE(covered, 199);
}

TEST(Bootstrap, OfNothingIsNothing) {
  EXPECT_FALSE(bootstrap_mean({}));
  EXPECT_FALSE(bootstrap(3, 1, [](const Draw&) { return std::vector<std::optional<double>>(1); }).at(0));
}

TEST(Ranking, ClaimsNoOrderWhereIntervalsOverlap) {
  std::vector<lab::Run> runs;
  for (const double noise : {1.0, 1.1, 1.2}) {
    runs.push_back(good_run("websocket", 1'000 * noise, 5));
    runs.push_back(good_run("long-poll", 1'100 * noise, 5));
    runs.push_back(good_run("short-poll", 100'000 * noise, 5));
  }
  const auto groups = ranking(result_of(runs), *find_figure("p50"));
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_THAT(groups[0], testing::UnorderedElementsAre("websocket", "long-poll"));
  EXPECT_THAT(groups[1], ElementsAre("short-poll"));
}

/// Two rounds that give the figure p50 exactly this interval, in milliseconds.
void add_rounds(std::vector<Run>& runs, const std::string& transport, double low_ms, double high_ms) {
  runs.push_back(good_run(transport, low_ms * 1'000, 5));
  runs.push_back(good_run(transport, high_ms * 1'000, 5));
}

TEST(Ranking, ATieWithOneOfAGroupIsATieWithAll) {
  std::vector<lab::Run> runs;
  add_rounds(runs, "websocket", 60, 62);  // apart from long-poll,
  add_rounds(runs, "long-poll", 90, 92);  // but short-poll may be anywhere among them
  add_rounds(runs, "short-poll", 75, 100);
  add_rounds(runs, "keep-alive", 110, 112);
  const auto groups = ranking(result_of(runs), *find_figure("p50"));
  EXPECT_THAT(groups, ElementsAre(ElementsAre("websocket"), testing::UnorderedElementsAre("short-poll", "long-poll"),
                                  ElementsAre("keep-alive")));
  add_rounds(runs, "short-poll", 61, 100);
  EXPECT_THAT(
      ranking(result_of(runs), *find_figure("p50")),
      ElementsAre(testing::UnorderedElementsAre("websocket", "short-poll", "long-poll"), ElementsAre("keep-alive")));
}

TEST(Ranking, ADifferenceOfNoUseIsATie) {
  std::vector<lab::Run> runs;
  add_rounds(runs, "websocket", 100, 100.1);
  add_rounds(runs, "long-poll", 102, 102.1);
  EXPECT_EQ(ranking(result_of(runs), *find_figure("p50")).size(), 1u);
  add_rounds(runs, "short-poll", 106, 106.1);
  EXPECT_EQ(ranking(result_of(runs), *find_figure("p50")).size(), 2u);
}

TEST(Ranking, LeavesOutWhatIsNotValid) {
  std::vector<lab::Run> runs;
  add_rounds(runs, "websocket", 1, 1.1);
  add_rounds(runs, "long-poll", 2, 2.1);
  runs[0].messages.lost = 1;
  EXPECT_THAT(ranking(result_of(runs), *find_figure("p50")), ElementsAre(ElementsAre("long-poll")));
}

TEST(Ranking, NeedsSeveralRounds) {
  const Result result = result_of({good_run("long-poll", 4'000, 5), good_run("websocket", 1'000, 5)});
  EXPECT_FALSE(interval_of(result.summary.at("websocket"), *find_figure("p50")));
  EXPECT_THAT(ranking(result, *find_figure("p50")), IsEmpty());
}

TEST(Intervals, AreOfTheRunsMergedAndStandInTheSummary) {
  std::vector<lab::Run> runs;
  add_rounds(runs, "websocket", 1, 3);
  const Summary summary = result_of(runs).summary.at("websocket");
  EXPECT_EQ(summary.intervals.size(), figures().size());
  const auto p50 = interval_of(summary, *find_figure("p50"));
  ASSERT_TRUE(p50);
  EXPECT_NEAR(p50->low, 1'000, 1);
  EXPECT_NEAR(p50->high, 3'000, 3);
  const auto cpu = interval_of(summary, *find_figure("server_cpu"));
  ASSERT_TRUE(cpu);
  EXPECT_DOUBLE_EQ(cpu->low, 5);
  EXPECT_DOUBLE_EQ(cpu->high, 5);
  EXPECT_FALSE(interval_of(summary, *find_figure("wire_bytes"))->high > 0);
}

TEST(Verdict, GoodRunsAreValid) {
  const lab::Run a = good_run("websocket", 1'000, 5), b = good_run("websocket", 1'050, 5.1);
  EXPECT_EQ(judge(a).verdict, Verdict::valid);
  EXPECT_THAT(judge({&a, &b}).reasons, IsEmpty());
}

TEST(Verdict, EachFaultHasItsNameAndItsLimit) {
  lab::Run run = good_run("websocket", 1'000, 5);
  run.messages.published = 99;
  EXPECT_EQ(judge(run).verdict, Verdict::valid) << "at the limit";
  run.messages.published = 98;
  EXPECT_EQ(judge(run).verdict, Verdict::rate_not_met);
  EXPECT_THAT(judge(run).reasons.at(0), HasSubstr("98 of 100 messages"));

  run = good_run("websocket", 1'000, 5);
  run.generator.cpu_share_of_core = 0.80;
  EXPECT_EQ(judge(run).verdict, Verdict::valid);
  run.generator.cpu_share_of_core = 0.81;
  EXPECT_EQ(judge(run).verdict, Verdict::client_saturated);

  run = good_run("websocket", 1'000, 5);
  run.generator.cpu_share_of_core = 1.6;
  run.generator.processors = 2;
  run.generator.busiest_thread_share_of_core = 0.8;
  EXPECT_EQ(judge(run).verdict, Verdict::valid) << "two threads, two processors";
  run.generator.busiest_thread_share_of_core = 0.81;
  EXPECT_EQ(judge(run).verdict, Verdict::client_saturated) << "one of them has no time left";
  run.generator.busiest_thread_share_of_core = 0.5;
  run.generator.processors = 1;
  EXPECT_EQ(judge(run).verdict, Verdict::client_saturated) << "they share one";

  run = good_run("websocket", 1'000, 5);
  run.schedule_lag_us.count = 1'000;
  run.schedule_lag_us.p99 = 1'001;
  EXPECT_EQ(judge(run).verdict, Verdict::client_saturated);

  for (auto fault : {&MessageCounts::lost, &MessageCounts::duplicated, &MessageCounts::out_of_order}) {
    run = good_run("websocket", 1'000, 5);
    run.messages.*fault = 1;
    EXPECT_EQ(judge(run).verdict, Verdict::lossy);
  }
}

/// Late by a millisecond at p99, and by more than three quarters of what is measured: less is told beside it.
TEST(Verdict, AGeneratorThatComesLateIsSaturated) {
  lab::Run run = good_run("websocket", 1'000, 5);
  run.age_us.count = 10'000;
  const auto with_lag = [&](double lag_us, double age_us) {
    run.generator.lag_us = Percentiles{};
    run.generator.lag_us->count = 1'000;
    run.generator.lag_us->p99 = lag_us;
    run.age_us.p99 = age_us;
    return judge(run);
  };
  EXPECT_EQ(with_lag(1'000, 1'200).verdict, Verdict::valid);
  EXPECT_EQ(with_lag(1'001, 1'200).verdict, Verdict::client_saturated);
  EXPECT_THAT(with_lag(16'000, 20'000).reasons.at(0),
              HasSubstr("16.0 ms late to what was due in it (p99), of an age of 20.0 ms"));
  EXPECT_EQ(with_lag(15'000, 20'000).verdict, Verdict::valid);
  EXPECT_TRUE(lab::generator_lag(run)->more_than(lab::kGeneratorLagShareTold));
  with_lag(2'000, 20'000);
  EXPECT_FALSE(lab::generator_lag(run)->more_than(lab::kGeneratorLagShareTold));
  with_lag(50'000, 60'000);
  run.generator.lag_us->count = 999;
  run.generator.lag_us->p90 = 1'000, run.age_us.p90 = 1'500;
  EXPECT_EQ(judge(run).verdict, Verdict::valid) << "too few to know a p99";
  run.generator.lag_us->p90 = 1'201;
  EXPECT_THAT(judge(run).reasons.at(0), HasSubstr("(p90)"));
  run.generator.lag_us->count = 99;
  EXPECT_EQ(judge(run).verdict, Verdict::valid) << "or even a p90";
}

TEST(Verdict, TheGravestCountsAndAllAreNamed) {
  lab::Run run = good_run("websocket", 1'000, 5);
  run.messages.lost = 3;
  run.generator.cpu_share_of_core = 0.95;
  EXPECT_EQ(judge(run).verdict, Verdict::lossy);
  EXPECT_EQ(judge(run).reasons.size(), 2u);
}

TEST(Verdict, RoundsThatDisagreeAreNoisy) {
  const lab::Run a = good_run("websocket", 1'000, 5), b = good_run("websocket", 2'000, 5),
                 c = good_run("websocket", 1'200, 5);
  EXPECT_EQ(judge({&a, &b, &c}).verdict, Verdict::noisy);
  EXPECT_THAT(judge({&a, &b, &c}).reasons.at(0), HasSubstr("83% apart"));
  const lab::Run d = good_run("websocket", 1'000, 9);
  EXPECT_EQ(judge({&a, &a, &d}).verdict, Verdict::noisy) << "the CPU";
}

/// 1,000 deliveries, aged 1 ms to 1 s, and so many that never came within 5 s.
lab::Run lossy_run(std::uint64_t lost) {
  lab::Run run = good_run("websocket", 1'000, 5);
  run.age_us.buckets.clear();
  for (int i = 1; i <= 1'000; ++i) run.age_us.buckets.emplace_back(i * 1e3, 1);
  run.age_us.max = 1e6;
  run.messages.expected = 1'000 + lost;
  run.messages.lost = lost;
  if (lost > 0) run.censored = Censored{lost, 5e6, 4.9e6};
  return run;
}

TEST(ExpectedAge, TheLostRankBehindAllThatCame) {
  const lab::Run none = lossy_run(0), few = lossy_run(8), many = lossy_run(1'000);
  const auto at = [](const lab::Run& run, const AgePercentile& percentile) {
    return age_at(summarize({&run}), percentile).value();
  };
  EXPECT_NEAR(at(none, kP99).us, 990e3, 1e3);
  EXPECT_NEAR(at(few, kP99).us, 998e3, 1e3) << "the 998th of 1,008";
  EXPECT_FALSE(at(few, kP99).at_least);
  EXPECT_NEAR(at(many, kP50).us, 1e6, 1e3) << "the 1,000th of 2,000: the last that came";
  EXPECT_FALSE(at(many, kP50).at_least);
  EXPECT_TRUE(at(many, kP90).at_least);
  EXPECT_DOUBLE_EQ(at(many, kP90).us, 5e6);
  EXPECT_FALSE(summarize({&many}).age_of_expected_us.p90);
  const lab::Run most = lossy_run(1'001);
  EXPECT_TRUE(at(most, kP50).at_least) << "the 1,001st of 2,001 never came";
}

TEST(ExpectedAge, OfSeveralRunsTheShortestWaitIsTheBound) {
  lab::Run a = lossy_run(500), b = lossy_run(500);
  b.censored->age_min_us = 2e6;
  const Summary summary = summarize(std::vector<const lab::Run*>{&a, &b});
  EXPECT_EQ(summary.censored->count, 1'000u);
  EXPECT_DOUBLE_EQ(summary.censored->age_min_us, 2e6);
  EXPECT_EQ(summary.age_of_expected_us.count, 3'000u);
  EXPECT_DOUBLE_EQ(age_at(summary, kP99)->us, 2e6);
  EXPECT_DOUBLE_EQ(age_max(summary)->us, 2e6);
  EXPECT_TRUE(age_max(summary)->at_least);
}

TEST(ExpectedAge, NeedsTenSamplesBeyondToo) {
  lab::Run run = lossy_run(0);
  run.age_us.count = 900;
  EXPECT_FALSE(age_at(summarize({&run}), kP99));
  run.messages.lost = 100;
  EXPECT_TRUE(age_at(summarize({&run}), kP99)) << "the lost are samples";
}

TEST(Gate, WhatIsLostHoldsNoUpperBound) {
  const Result result = result_of({lossy_run(1'000)});
  EXPECT_FALSE(check(parse_gate("websocket.p99<10s"), result).at(0).held) << "5 s at least, but how much?";
  EXPECT_FALSE(check(parse_gate("websocket.p99==5s"), result).at(0).held);
  EXPECT_TRUE(check(parse_gate("websocket.p99>=5s"), result).at(0).held);
  EXPECT_THAT(check(parse_gate("websocket.p99<10s"), result).at(0).sentence, HasSubstr("age p99, ms >= 5000 (lost)"));
  EXPECT_TRUE(check(parse_gate("websocket.p50<=1001ms"), result).at(0).held) << "half of what was expected came";
}

TEST(Gate, ReadsUnitsAndRelations) {
  EXPECT_DOUBLE_EQ(parse_gate("websocket.p99<5ms").bound, 5'000);
  EXPECT_DOUBLE_EQ(parse_gate("*.wire_bytes<=2KiB").bound, 2'048);
  EXPECT_DOUBLE_EQ(parse_gate("long-poll.delivered>=99.9%").bound, 0.999);
  EXPECT_DOUBLE_EQ(parse_gate("short-poll.server_cpu>0.5").bound, 0.5);
  for (const char* wrong : {"", "p99<5ms", "websocket.p99", "websocket.p99<", "websocket.p99<5", "websocket.p99<fast",
                            "fax.p99<5ms", "websocket.p98<5ms", "websocket.p99=<5ms", "websocket.lost<1ms"})
    EXPECT_THROW(parse_gate(wrong), std::invalid_argument) << wrong;
}

TEST(Gates, AnObjectiveIsAGateForWhicheverTransport) {
  const Gate gate = parse_objective("p99<5ms");
  EXPECT_EQ(gate.transport, "*");
  EXPECT_EQ(gate.text, "p99<5ms");
  EXPECT_DOUBLE_EQ(gate.bound, 5'000);
  for (const char* wrong : {"", "p99", "p99<", "p99<fast", "websocket.p99<5ms", "luck<5", "p99<>5ms"}) {
    try {
      parse_objective(wrong);
      ADD_FAILURE() << wrong << " was accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::StartsWith(std::string("--objective '") + wrong + "': "));
      EXPECT_THAT(error.what(), testing::EndsWith("; write it like p99<100ms"));
    }
  }
}

TEST(Gate, HoldsOrIsMissedPerTransport) {
  const Result result = result_of({good_run("long-poll", 4'000, 5), good_run("websocket", 1'000, 5)});
  EXPECT_TRUE(check(parse_gate("websocket.p50<2ms"), result).at(0).held);
  EXPECT_FALSE(check(parse_gate("websocket.p50<1ms"), result).at(0).held) << "not less than itself";
  EXPECT_TRUE(check(parse_gate("websocket.p50<=1ms"), result).at(0).held);
  const auto both = check(parse_gate("*.p50<2ms"), result);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_FALSE(both[0].held);
  EXPECT_TRUE(both[1].held);
  EXPECT_FALSE(check(parse_gate("keep-alive.p50<2ms"), result).at(0).held) << "not measured is not held";
  EXPECT_THAT(check(parse_gate("websocket.p50<2ms"), result).at(0).sentence, HasSubstr("age p50, ms = 1"));
}

TEST(Welch, AgreesWithTheIntegral) {
  // t = 1.92154, 7.0870 degrees of freedom; the density integrated numerically.
  EXPECT_NEAR(welch_p_value({1, 2, 3, 4, 5}, {3, 4, 5, 6, 9}), 0.0956017, 1e-6);
  EXPECT_DOUBLE_EQ(welch_p_value({1, 2}, {}), 1);
  EXPECT_DOUBLE_EQ(welch_p_value({1, 1}, {1, 1}), 1);
}

Result noisy_result(double age_us, double cpu_us, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, 0.05);
  std::vector<Run> runs;
  for (const char* transport : {"long-poll", "websocket"})
    for (int round = 0; round < 5; ++round)
      runs.push_back(good_run(transport, age_us * std::exp(noise(random)), cpu_us * std::exp(noise(random))));
  return result_of(runs);
}

TEST(Diff, FindsNoChangeBetweenTwoRunsOfOneBuild) {
  int false_alarms = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed)
    for (const Change& change : compare_results(noisy_result(1'000, 5, 2 * seed), noisy_result(1'000, 5, 2 * seed + 1)))
      false_alarms += change.changed;
  EXPECT_LE(false_alarms, 1) << "of six comparisons; 5% of them may";
}

TEST(Diff, FindsExactlyWhatWasSlowedDown) {
  const auto changes = compare_results(noisy_result(1'000, 5, 1), noisy_result(1'000, 6.5, 2));
  for (const Change& change : changes)
    EXPECT_EQ(change.changed, change.figure->name == "server_cpu") << change.transport << " " << change.figure->name;
}

TEST(Diff, SaysWhatWasSetDifferently) {
  Result before = noisy_result(1'000, 5, 1), after = before;
  after.configuration.subscribers = before.configuration.subscribers + 1;
  EXPECT_THAT(differences_in_setting(before, after), ElementsAre(HasSubstr("subscribers")));
  EXPECT_THAT(diff_text(before, before), HasSubstr("No change beyond noise"));
}

}  // namespace
}  // namespace wirelab::lab
