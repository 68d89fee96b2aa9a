#include "lab/result/publishing_alone.hpp"

#include <gmock/gmock.h>

#include "lab/report/report_csv.hpp"
#include "lab/report/report_text.hpp"
#include "lab/result/summary.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using test::sample_result;

/// 500 ms for 10 messages.
lab::Run run_alone() {
  lab::Run run = sample_result().runs[0];
  run.subscribers = 0;
  return run;
}

TEST(PublishingAlone, IsTheServersCostOfAMessageThatNobodyHears) {
  const auto alone = publishing_alone(run_alone());
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->published, 10U);
  EXPECT_DOUBLE_EQ(alone->duration_s, 2);
  EXPECT_DOUBLE_EQ(alone->cpu_us_per_published, 50'000);
  EXPECT_DOUBLE_EQ(*alone->cpu_user_us_per_published, 20'000);
  EXPECT_DOUBLE_EQ(*alone->cpu_system_us_per_published, 30'000);
  EXPECT_EQ(alone->server.requests, 300U);
  lab::Run little = run_alone();
  little.server->cpu_total_us = 199'000;
  EXPECT_FALSE(publishing_alone(little)->cpu_user_us_per_published) << "too little for the kernel's ticks";
}

TEST(PublishingAlone, IsUnknownWithoutMessagesAndWithoutTheServersLoad) {
  lab::Run run = run_alone();
  run.messages.published = 0;
  EXPECT_FALSE(publishing_alone(run));
  run = run_alone();
  run.server.reset();
  EXPECT_FALSE(publishing_alone(run));
}

// 20 messages of 50 ms each, in 200 deliveries.
TEST(PublishingAlone, IsAPartOfWhatEveryDeliveryCosts) {
  Result result = sample_result();
  result.publishing_alone = publishing_alone(run_alone());
  result.summary = summarize(result);
  EXPECT_DOUBLE_EQ(*result.summary.at("short-poll").publishing_alone_cpu_ms_per_1000_delivered, 5'000);
  EXPECT_THAT(report_text(result), testing::ContainsRegex("    of it, publishing alone +5,000 +5,000\n"));
  EXPECT_THAT(report_text(result), testing::HasSubstr("publishing alone: 50,000 ms of server CPU per 1,000 published; "
                                                      "10 messages in 2.0 s\n"));
  EXPECT_THAT(report_csv(result), testing::HasSubstr("publishing_alone_cpu_ms_per_1000_delivered,"));
  const Result read = parse_result(to_text(result));
  EXPECT_EQ(to_text(read), to_text(result));
}

TEST(PublishingAlone, SaysNothingOfWebSocketsThatArePublishedOnInFrames) {
  Result result = sample_result();
  result.publishing_alone = publishing_alone(run_alone());
  result.configuration.publish_via = "native";
  result.summary = summarize(result);
  EXPECT_TRUE(result.summary.at("short-poll").publishing_alone_cpu_ms_per_1000_delivered);
  EXPECT_FALSE(result.summary.at("websocket").publishing_alone_cpu_ms_per_1000_delivered);
}

TEST(PublishingAlone, IsNotToBeHadWhereNothingIsDelivered) {
  Result result = sample_result();
  result.publishing_alone = publishing_alone(run_alone());
  for (lab::Run& run : result.runs) run.window.delivered = 0;
  EXPECT_FALSE(summarize(result).at("short-poll").publishing_alone_cpu_ms_per_1000_delivered);
}

TEST(PublishingAlone, ItsRunIsTheComparisonsWithoutSubscribers) {
  LoadSettings settings;
  settings.plan.subscribers = 200;
  settings.plan.threads = 2;
  settings.plan.channels = 50;
  settings.plan.publish.via = clients::PublishVia::native;
  const auto alone = without_subscribers(settings);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->plan.subscribers, 0U);
  EXPECT_EQ(alone->plan.threads, 1U);
  EXPECT_EQ(alone->plan.channels, 50U);
  EXPECT_EQ(alone->plan.publish.via, clients::PublishVia::post);
  settings.plan.publish.rate_per_second = 0;
  EXPECT_FALSE(without_subscribers(settings)) << "idle";
  settings.plan.publish.replay.push_back({std::chrono::milliseconds(0), "recorded"});
  EXPECT_TRUE(without_subscribers(settings));
}

}  // namespace
}  // namespace wirelab::lab
