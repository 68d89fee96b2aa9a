#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "lab/report/capacity_report.hpp"
#include "lab/result/capacity_result.hpp"
#include "lab/result/verdict.hpp"
#include "lab/run/capacity_probe.hpp"
#include "lab/run/capacity_search.hpp"
#include "lab/run/run.hpp"
#include "lab/text/document.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;
using OneRun = lab::Run;  // testing::Test has a Run of its own

/// A run of 1,000 deliveries, all of this age, and of this one from the actual send.
OneRun run_with_age(Nanos age, Nanos from_send, Transport transport = Transport::websocket) {
  clients::LoadReport report = test::sample_report();
  report.age = report.age_from_send = {};
  for (int i = 0; i < 1'000; ++i) report.age.record(age);
  for (int i = 0; i < 1'000; ++i) report.age_from_send.record(from_send);
  report.expected = report.tally.delivered = report.tally.window_delivered = 1'000;
  return make_run(report, transport);
}

OneRun run_with_age(Nanos age, Transport transport = Transport::websocket) { return run_with_age(age, age, transport); }

/// The verdict follows, as in make_run().
void judge_again(OneRun& run) {
  const Judgement judgement = judge(run);
  run.verdict = judgement.verdict;
  run.reasons = judgement.reasons;
}

void saturate(OneRun& run) {
  run.generator.cpu_share_of_core = 0.95;
  judge_again(run);
}

/// With so many lanes busy: in 2 s 10 messages are published.
void make_late(OneRun& run, double lanes) {
  run.schedule_lag_us.p99 = 5'000;
  run.publish_time_us.mean = lanes / 5 * 1e6;
  judge_again(run);
}

/// 1,000 deliveries of 10 subscribers: so one message's copies take a hundredth of what is given.
void set_burst(OneRun& run, double server_us, double generator_us) {
  run.server->cpu_total_us = server_us * 100;
  run.generator.cpu_total_us = generator_us * 100;
}

// -- a probe ------------------------------------------------------------------------------------------------------

class JudgeProbe : public testing::Test {
 protected:
  JudgeProbe() { plan_.subscribers = 10; }

  ProbeJudgement judge(const OneRun& run, const char* objective = "p99<50ms") const {
    return judge_probe(run, parse_objective(objective), plan_);
  }

  clients::LoadPlan plan_;
};

TEST_F(JudgeProbe, PassesWhenItHoldsTheObjective) {
  const auto judgement = judge(run_with_age(49ms));
  EXPECT_EQ(judgement.said, Probe::passed);
  EXPECT_NEAR(*judgement.measured, 49'000, 50);
  EXPECT_EQ(judgement.reason, "");
}

TEST_F(JudgeProbe, WhatMissesTheObjectiveSaysByWhatAndWhatBothSidesNeeded) {
  OneRun run = run_with_age(60ms);
  set_burst(run, 30'000, 20'000);
  const auto judgement = judge(run);
  EXPECT_EQ(judgement.said, Probe::missed);
  EXPECT_EQ(
      judgement.reason,
      "age p99 = 60.0 ms; the copies of one message take 30.0 ms of the server's processor and 20.0 ms of the load "
      "generator's");
}

TEST_F(JudgeProbe, WhatASaturatedGeneratorStillHearsInTimeWasDeliveredInTime) {
  OneRun run = run_with_age(49ms);
  saturate(run);
  EXPECT_EQ(judge(run).said, Probe::passed) << "its own slowness is in the ages: without it they were lower still";
  EXPECT_EQ(judge(run, "server_cpu<1000000").said, Probe::generator_limited) << "of CPU that cannot be said";
  run.messages.lost = 1;
  judge_again(run);
  EXPECT_EQ(judge(run).said, Probe::generator_limited) << "who lost it?";
}

TEST_F(JudgeProbe, AServerThatMakesThePublisherLateIsToBlameForIt) {
  OneRun run = run_with_age(60ms, 55ms);
  make_late(run, 40);
  EXPECT_EQ(judge(run).said, Probe::missed) << "too old even from the actual send, and all lanes busy";
  EXPECT_THAT(
      judge(run).reason,
      StartsWith("age p99 = 60.0 ms; from the actual send 55.0 ms, with 40.0 of 64 lanes waiting for the server; "));
  saturate(run);
  EXPECT_EQ(judge(run).said, Probe::generator_limited);
  run = run_with_age(60ms, 55ms);
  make_late(run, 5);
  EXPECT_EQ(judge(run).said, Probe::generator_limited) << "lanes to spare: it was late by itself";
  run = run_with_age(60ms, 45ms);
  make_late(run, 40);
  EXPECT_EQ(judge(run).said, Probe::generator_limited) << "sent in time, it would have come in time";
}

TEST_F(JudgeProbe, AGeneratorAtItsLimitSaysNothingOfTheServer) {
  OneRun run = run_with_age(60ms);
  saturate(run);
  EXPECT_EQ(judge(run).said, Probe::generator_limited);
  EXPECT_THAT(judge(run).reason, StartsWith("CLIENT-SATURATED: the load generator used 95% of a core"));
  run.messages.lost = 7;
  judge_again(run);
  EXPECT_EQ(run.verdict, Verdict::lossy) << "the graver verdict hides the other";
  EXPECT_EQ(judge(run).said, Probe::generator_limited);
}

TEST_F(JudgeProbe, AGeneratorThatReadsTheCopiesOfAMessageTooSlowlyIsItsOwnLimit) {
  OneRun run = run_with_age(60ms);
  set_burst(run, 30'000, 55'000);
  EXPECT_EQ(judge(run).said, Probe::generator_limited)
      << "54 ms of 60 at p99 are its own, though it used 55% of a core";
  set_burst(run, 55'000, 55'000);
  EXPECT_EQ(judge(run).said, Probe::missed) << "the server alone would have missed it too";
  set_burst(run, 30'000, 50'000);
  EXPECT_EQ(judge(run).said, Probe::missed) << "99% of the copies are read in less than the objective";
  set_burst(run, 30'000, 55'000);
  plan_.threads = 2;
  EXPECT_EQ(judge(run).said, Probe::missed) << "each thread reads half of them";
  plan_.threads = 1;
  plan_.channels = 2;
  EXPECT_EQ(judge(run).said, Probe::missed) << "half of the subscribers hear a message";
}

TEST_F(JudgeProbe, AgainstAServerThatDoesNotTellItsLoadTheGeneratorIsBlamed) {
  OneRun run = run_with_age(60ms);
  set_burst(run, 30'000, 55'000);
  run.server.reset();
  EXPECT_EQ(judge(run).said, Probe::generator_limited);
  EXPECT_THAT(judge(run).reason, HasSubstr("take an unknown time of the server's"));
}

TEST_F(JudgeProbe, PollsComeWhenTheyPleaseSoTheyHaveNoBurst) {
  OneRun run = run_with_age(60ms, Transport::keep_alive);
  set_burst(run, 30'000, 55'000);
  plan_.client.poll_interval = 10ms;
  EXPECT_EQ(judge(run).said, Probe::missed);
  EXPECT_EQ(judge(run).reason, "age p99 = 60.0 ms");
}

TEST_F(JudgeProbe, WhatNoServerCouldHoldIsSaid) {
  plan_.client.poll_interval = 250ms;
  EXPECT_EQ(judge(run_with_age(247ms, Transport::short_poll)).reason,
            "age p99 = 247 ms; polls every 250 ms make it 248 ms by themselves, however fast the server");
  EXPECT_THAT(judge(run_with_age(247ms, Transport::short_poll), "p50<130ms").reason, Not(HasSubstr("polls every")));
}

TEST_F(JudgeProbe, LostMessagesMissAnyObjective) {
  OneRun run = run_with_age(1ms);
  run.messages.lost = 1;
  judge_again(run);
  EXPECT_EQ(judge(run).said, Probe::missed);
  EXPECT_THAT(judge(run).reason, StartsWith("LOSSY: 1 of 1000 deliveries did not come"));
}

TEST_F(JudgeProbe, AFigureAmongTheLostIsKnownFromBelow) {
  OneRun run = run_with_age(1ms);
  run.messages.expected = 1'100;
  run.messages.lost = 100;
  run.censored = Censored{100, 5'000'000, 5'000'000};
  judge_again(run);
  const auto judgement = judge(run);
  EXPECT_EQ(judgement.said, Probe::missed);
  EXPECT_TRUE(judgement.at_least);
  EXPECT_EQ(judgement.measured, 5'000'000);
  EXPECT_THAT(judgement.reason, AllOf(StartsWith("LOSSY: 100 of 1100"), HasSubstr("; age p99 >= 5,000 ms; ")));
}

TEST_F(JudgeProbe, WhatCannotBeBelievedSpeaksAgainstNobody) {
  OneRun disagreeing = run_with_age(1ms);
  disagreeing.bytes.witnesses.disagreeing = 1;
  judge_again(disagreeing);
  EXPECT_EQ(judge(disagreeing).said, Probe::not_carried_out);
  EXPECT_EQ(judge(run_with_age(1ms), "p999<1s").said, Probe::not_carried_out) << "1,000 are too few";
  EXPECT_EQ(judge(run_with_age(1ms), "p999<1s").reason, "age p99.9, ms: too few deliveries to tell");
}

TEST_F(JudgeProbe, KnowsWhatAPercentileNeeds) {
  const auto needed = [](const char* objective) { return deliveries_needed(parse_objective(objective)); };
  EXPECT_NEAR(needed("p99<1s"), 1'000, 1e-6);
  EXPECT_NEAR(needed("p50<1s"), 20, 1e-6);
  EXPECT_EQ(needed("max<1s"), 1);
  EXPECT_EQ(needed("idle_cpu<5"), 0);
}

// -- the searches -------------------------------------------------------------------------------------------------

class FindCapacities : public testing::Test {
 protected:
  FindCapacities() {
    plan_.objective = parse_objective("p99<50ms");
    plan_.search = {.from = 10, .to = 1'000, .resolution = 0.1, .agree = 2};
    plan_.transports = {Transport::long_poll, Transport::websocket};
    plan_.settings.plan.seed = 7;
    run_ = [](const RunRequest& request) { return aged(request, 100); };
  }

  /// Ages grow with the subscribers: they miss the objective from so many on.
  static OneRun aged(const RunRequest& request, std::size_t limit) {
    return run_with_age(request.settings.plan.subscribers < limit ? 1ms : 60ms, request.transport);
  }

  CapacityResult& find() {
    const auto carry_out = [this](const RunRequest& request) -> std::optional<OneRun> {
      asked_.push_back(request.what);
      seeds_.push_back(request.settings.plan.seed);
      OneRun run = run_(request);
      if (asked_.size() == stop_at_) run.interrupted = interrupted_ = true;
      return run;
    };
    testing::internal::CaptureStderr();
    find_capacities(
        plan_, carry_out, [this](Nanos left) { left_.push_back(left); }, interrupted_, result_);
    said_ = testing::internal::GetCapturedStderr();
    return result_;
  }

  const Capacity& of(const char* transport) { return result_.capacity.at(transport); }

  CapacityPlan plan_;
  std::function<OneRun(const RunRequest&)> run_;
  std::size_t stop_at_ = 0;
  std::atomic<bool> interrupted_{false};
  std::vector<std::string> asked_;
  std::vector<std::uint64_t> seeds_;
  std::vector<Nanos> left_;
  std::string said_;
  CapacityResult result_;
};

TEST_F(FindCapacities, FindsEachTransportsOwnAndRecordsEveryProbe) {
  run_ = [](const RunRequest& request) { return aged(request, request.transport == Transport::websocket ? 500 : 100); };
  find();
  EXPECT_EQ(of("long-poll").passed, 95);
  EXPECT_EQ(of("long-poll").failed, 104);
  EXPECT_EQ(of("long-poll").limit, "objective");
  EXPECT_THAT(of("long-poll").words, StartsWith("95 subscribers; at 104 subscribers: age p99 = 60.0 ms"));
  EXPECT_LT(*of("websocket").passed, 500);
  EXPECT_GE(*of("websocket").failed, 500);
  ASSERT_EQ(result_.probes.size(), asked_.size());
  for (const CapacityProbe& probe : result_.probes) {
    const double limit = probe.transport == "websocket" ? 500 : 100;
    EXPECT_EQ(probe.outcome, probe.value < limit ? "passed" : "missed");
    EXPECT_NEAR(*probe.measured, probe.value < limit ? 1'000 : 60'000, 60);
    EXPECT_EQ(probe.reason.empty(), probe.outcome == "passed");
    ASSERT_TRUE(probe.run);
    EXPECT_TRUE(probe.run->age_us.buckets.empty());
  }
}

TEST_F(FindCapacities, TheTransportsTakeTurnsAndTheRunsAtAValueDifferInTheirSeeds) {
  find();
  for (std::size_t i = 0; i + 1 < 8; i += 2) {
    EXPECT_NE(asked_[i].substr(0, 4), asked_[i + 1].substr(0, 4)) << asked_[i] << " and " << asked_[i + 1];
    EXPECT_EQ(seeds_[i], 7 + i / 2 % 2) << asked_[i];
    EXPECT_EQ(seeds_[i], seeds_[i + 1]);
  }
  EXPECT_THAT(asked_[0], HasSubstr(" at 10 subscribers, run 1"));
}

TEST_F(FindCapacities, WhatNeverHoldsIsSaidToBeLessThanTheFirst) {
  run_ = [](const RunRequest& request) { return aged(request, 0); };
  find();
  EXPECT_EQ(asked_.size(), 4U);
  EXPECT_EQ(of("websocket").passed, std::nullopt);
  EXPECT_EQ(of("websocket").limit, "objective");
  EXPECT_THAT(of("websocket").words, StartsWith("less than 10 subscribers; there: age p99 = 60.0 ms"));
}

TEST_F(FindCapacities, WhatAlwaysHoldsIsAtLeastTheEnd) {
  run_ = [](const RunRequest& request) { return aged(request, 1'000'000); };
  find();
  EXPECT_EQ(of("websocket").passed, 1'000);
  EXPECT_EQ(of("websocket").failed, std::nullopt);
  EXPECT_EQ(of("websocket").limit, "end-of-search");
  EXPECT_EQ(of("websocket").words, "at least 1,000 subscribers, where the search ended");
}

TEST_F(FindCapacities, AgainstASaturatedGeneratorTheAnswerIsAtLeast) {
  run_ = [](const RunRequest& request) {
    OneRun run = aged(request, 100);
    if (request.settings.plan.subscribers >= 100) saturate(run);
    return run;
  };
  find();
  EXPECT_EQ(of("websocket").passed, 95);
  EXPECT_EQ(of("websocket").limit, "load-generator");
  EXPECT_THAT(of("websocket").words,
              StartsWith("at least 95 subscribers; at 104 subscribers the load generator is at its limit, which says "
                         "nothing of the server: CLIENT-SATURATED"));
}

TEST_F(FindCapacities, NowAndThenALieChangesNothing) {
  for (std::size_t lie = 1; lie <= 20; ++lie) {
    asked_.clear();
    result_ = {};
    run_ = [&](const RunRequest& request) {
      const bool truth = request.settings.plan.subscribers < 100;
      return run_with_age((asked_.size() == lie) != truth ? 1ms : 60ms, request.transport);
    };
    find();
    for (const char* transport : {"long-poll", "websocket"}) {
      EXPECT_EQ(of(transport).passed, 95) << "lie " << lie;
      EXPECT_EQ(of(transport).failed, 104) << "lie " << lie;
    }
  }
}

TEST_F(FindCapacities, WhatCannotBeCarriedOutEndsASearchButNotTheOthers) {
  run_ = [](const RunRequest& request) {
    if (request.transport == Transport::long_poll && request.settings.plan.subscribers > 50)
      throw std::runtime_error("no more ports");
    return aged(request, 500);
  };
  find();
  EXPECT_EQ(of("long-poll").limit, "not-carried-out");
  EXPECT_THAT(of("long-poll").words, HasSubstr("nobody can tell: no more ports"));
  EXPECT_EQ(of("websocket").limit, "objective");
  EXPECT_THAT(said_, HasSubstr("wirelab: no more ports\n"));
  for (const CapacityProbe& probe : result_.probes)
    if (probe.outcome == "not-carried-out") {
      EXPECT_FALSE(probe.run);
    }
}

TEST_F(FindCapacities, AfterASignalThereIsWhatIsKnown) {
  plan_.transports = {Transport::websocket};
  stop_at_ = 1;
  find();
  EXPECT_EQ(of("websocket").words, "not known: stopped before anything was");
  EXPECT_EQ(result_.probes[0].outcome, "interrupted");

  for (const auto& [stop, words] :
       {std::pair{4, "at least 10 subscribers, when it was stopped"},
        std::pair{11, "at least 80 subscribers and less than 160 subscribers, when it was stopped"}}) {
    asked_.clear();
    result_ = {};
    interrupted_ = false;
    stop_at_ = static_cast<std::size_t>(stop);
    find();
    EXPECT_EQ(asked_.size(), stop_at_);
    EXPECT_EQ(of("websocket").limit, "stopped");
    EXPECT_EQ(of("websocket").words, words);
  }
}

TEST_F(FindCapacities, TellsBeforeEveryRunWhatIsLeftAtMost) {
  find();
  const Nanos each = expected_run_time(plan_.settings);
  EXPECT_EQ(left_[0], each * (Search(plan_.search).runs_left_max() * 2));
  for (std::size_t i = 0; i < left_.size(); ++i) EXPECT_GE(left_[i], each * (left_.size() - i));
}

TEST_F(FindCapacities, TheRateIsSearchedJustSo) {
  plan_.axis = Axis::rate;
  plan_.search = {.from = 0.5, .to = 100, .step = 0.001, .resolution = 0.1, .agree = 1};
  run_ = [](const RunRequest& request) {
    return run_with_age(request.settings.plan.publish.rate_per_second < 3 ? 1ms : 60ms, request.transport);
  };
  find();
  EXPECT_LT(*of("websocket").passed, 3);
  EXPECT_GE(*of("websocket").failed, 3);
  EXPECT_LE(*of("websocket").failed, *of("websocket").passed * 1.1);
}

// -- the record and the report ------------------------------------------------------------------------------------

/// Of two transports: the one found its limit, the other's generator was at its own, with a figure among the lost.
CapacityResult sample_capacity() {
  const Result sample = test::sample_result();
  CapacityResult result;
  static_cast<Provenance&>(result) = sample;
  result.objective = {"p99<50ms", "p99", "age_p99_us", 50'000};
  result.search = {"clients", "subscribers", 10, 1'000, 0.1, 2};
  result.configuration = sample.configuration;
  result.configuration.transports = {"long-poll", "websocket"};
  result.capacity["long-poll"] = {95, 104, "objective", "95 subscribers; at 104 subscribers: age p99 = 60.0 ms"};
  result.capacity["websocket"] = {{}, 10, "load-generator", "not known; at 10 subscribers the load generator is"};
  result.probes.push_back({"long-poll", 95, "passed", 1'000.0, false, "", run_with_age(1ms)});
  result.probes.push_back(
      {"websocket", 10, "generator-limited", 5e6, true, "he said \"no\", twice", run_with_age(1ms)});
  result.probes.push_back({"long-poll", 104, "not-carried-out", {}, false, "no more ports", {}});
  return result;
}

TEST(CapacityResult, IsReadBackAsItWasWritten) {
  const std::string text = to_text(sample_capacity());
  EXPECT_EQ(schema_of(text), "wirelab.capacity/1");
  EXPECT_EQ(to_text(parse_capacity(text)), text);
}

TEST(CapacityResult, WhatIsWrongIsNamedWithItsPlace) {
  const auto complaint = [](const std::string& text) -> std::string {
    try {
      parse_capacity(text);
    } catch (const JsonError& error) {
      return error.what();
    }
    return "accepted";
  };
  Json json = Json::parse(to_text(sample_capacity()));
  json["objective"]["figure"] = "luck";
  EXPECT_EQ(complaint(json.dump()), "objective.figure: 'luck' is no figure");
  json = Json::parse(to_text(sample_capacity()));
  json["search"]["axis"] = "luck";
  EXPECT_THAT(complaint(json.dump()), StartsWith("search.axis: 'luck' is none of: clients"));
  json = Json::parse(to_text(sample_capacity()));
  json["probes"][0]["value"] = "many";
  EXPECT_EQ(complaint(json.dump()), "probes.0.value: not a number");
}

TEST(CapacityText, HasTheAnswersAndEveryProbe) {
  const std::string text = capacity_text(sample_capacity());
  EXPECT_THAT(text, HasSubstr("10 to 1,000 subscribers on 1 channel, 5 messages/s"));
  EXPECT_THAT(text, HasSubstr("Most subscribers with p99<50ms, to within 10%; 2 runs must agree at each\n"
                              "  long-poll   95 subscribers; at 104 subscribers: age p99 = 60.0 ms\n"
                              "  websocket   not known; at 10 subscribers the load generator is\n"));
  EXPECT_THAT(text, HasSubstr("  95 subscribers                    1.00      25.0      10.0   passed\n"));
  EXPECT_THAT(text, HasSubstr("  10 subscribers                 >=5,000      25.0      10.0   generator-limited\n"));
  EXPECT_THAT(text, HasSubstr("  104 subscribers                      -         -         -   not-carried-out\n"));
}

TEST(CapacityCsv, HasALineAProbe) {
  EXPECT_THAT(
      capacity_csv(sample_capacity()),
      AllOf(
          StartsWith("transport,subscribers,run,outcome,age_p99_us,at_least,verdict,"),
          HasSubstr("\r\nlong-poll,95,1,passed,1000,0,VALID,0.25,0.1,\r\n"),
          HasSubstr("\r\nwebsocket,10,1,generator-limited,5000000,1,VALID,0.25,0.1,\"he said \"\"no\"\", twice\"\r\n"),
          HasSubstr("\r\nlong-poll,104,,not-carried-out,,0,,,,\"no more ports\"\r\n")));
}

}  // namespace
}  // namespace wirelab::lab
