#include "lab/result/link_settings.hpp"

#include <gmock/gmock.h>

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "lab/cli/cli_link.hpp"
#include "lab/report/report_link.hpp"
#include "lab/result/load_settings.hpp"
#include "lab/result/theory.hpp"
#include "lab/result/verdict.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

LinkSettings parse_link(std::vector<std::string> flags) {
  LinkSettings settings;
  CLI::App app;
  app.option_defaults()->take_last();
  add_link_flags(app, settings);
  std::reverse(flags.begin(), flags.end());  // as CLI11 wants them
  app.parse(flags);
  return settings;
}

TEST(LinkSettings, NoFlagsAreNoLink) {
  const LinkSettings settings = parse_link({});
  EXPECT_FALSE(settings.on());
  EXPECT_FALSE(describe(settings));
  check(settings);
  gain_rights_for(settings);  // asks for nothing
}

TEST(LinkSettings, EveryFlagIsInTheRecord) {
  const LinkSettings settings =
      parse_link({"--rtt", "50ms", "--jitter", "5ms", "--reorder", "--loss", "1%", "--bandwidth", "10mbit", "--queue",
                  "64k", "--drop-segment", "5", "--drop-segment", "7", "--cut-at", "3s", "--pcap", "out.pcap"});
  check(settings);
  const LinkConfiguration link = *describe(settings);
  EXPECT_EQ(link.rtt_ms, 50);
  EXPECT_EQ(link.jitter_ms, 5);
  EXPECT_TRUE(link.reorder);
  EXPECT_EQ(link.loss_share, 0.01);
  EXPECT_EQ(link.bandwidth_bits_per_second, 10'000'000);
  EXPECT_EQ(link.queue_bytes, 64'000);
  EXPECT_EQ(link.drop_segments, (std::vector<std::uint64_t>{5, 7}));
  EXPECT_EQ(link.cut_at_ms, 3'000);
  EXPECT_EQ(settings.pcap_file, "out.pcap");
  EXPECT_EQ(link_words(link),
            "round trip 50ms, jitter 5ms with reordering, loss 1%, 10mbit with a queue of 64000, dropped: data segment "
            "5, 7, cut after 3s");
  const link::Impairments of_run = settings.of_run(42);
  EXPECT_EQ(of_run.round_trip, 50ms);
  EXPECT_EQ(of_run.seed, 42U);
}

TEST(LinkSettings, WithoutARoundTripTheOthersMeanNothing) {
  for (const char* flag :
       {"--jitter=1ms", "--loss=1%", "--bandwidth=1mbit", "--drop-segment=1", "--cut-at=1s", "--pcap=x", "--reorder"})
    EXPECT_THROW(parse_link({flag}), CLI::RequiresError) << flag;
  EXPECT_THROW(parse_link({"--rtt", "0", "--queue", "64k"}), CLI::RequiresError) << "a queue before nothing";
  EXPECT_TRUE(parse_link({"--rtt", "0"}).on());
}

TEST(LinkSettings, CapturesOfSeveralRunsAreSeveralFiles) {
  const LinkSettings settings = parse_link({"--rtt", "0", "--pcap", "some/where/out.pcap"});
  EXPECT_EQ(settings.with_capture_of("websocket-2").pcap_file, "some/where/out-websocket-2.pcap");
  EXPECT_EQ(parse_link({"--rtt", "0"}).with_capture_of("websocket-2").pcap_file, "");
}

TEST(LinkSettings, ALinkHasAddressesOfItsOwn) {
  LoadSettings settings;
  settings.link.round_trip = 50ms;
  settings.plan.sources = {"127.0.0.2"};
  try {
    complete(settings);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("--source with --rtt"));
  }
}

Run run_with_link(double added_p99_us, std::uint64_t not_taken) {
  Run run = test::sample_result().runs.front();
  LinkRecord& record = run.link.emplace();
  record.relay_added_us.count = 10'000;
  record.relay_added_us.p99 = added_p99_us;
  record.packets_not_taken = not_taken;
  record.up.packets = 1'234, record.up.bytes = 56'789, record.up.syns = 10, record.up.retransmissions = 2;
  record.up.lost = 3, record.up.cut = 1;
  return run;
}

TEST(LinkVerdict, ALateRelayIsNotTheLinkThatWasAskedFor) {
  EXPECT_EQ(judge(run_with_link(kLinkAddedMaxUs, 0)).verdict, Verdict::valid);
  const Judgement late = judge(run_with_link(kLinkAddedMaxUs + 1, 0)), slow = judge(run_with_link(0, 1));
  EXPECT_EQ(late.verdict, Verdict::link_late);
  EXPECT_EQ(slow.verdict, Verdict::link_late);
  EXPECT_THAT(slow.reasons, testing::ElementsAre(HasSubstr("too slow for 1 packets")));
}

TEST(LinkReport, SaysWhatWentOverIt) {
  Result result = test::sample_result();
  EXPECT_EQ(report_link(result), "");
  result.runs = {run_with_link(120, 0), run_with_link(90, 0)};
  const std::string text = report_link(result);
  EXPECT_THAT(text, HasSubstr("short-poll"));
  EXPECT_THAT(text,
              HasSubstr("up 2,468 packets, 113,578 B, 20 SYN, 4 repeated, 8 dropped; relay late by 0.12 ms at p99"));
  EXPECT_THAT(text, testing::Not(HasSubstr("websocket")));
}

TEST(LinkTheory, KnowsTheDistanceAndNothingElse) {
  Configuration configuration = test::sample_result().configuration;
  configuration.link.emplace().rtt_ms = 50;
  ASSERT_TRUE(predicted(configuration, "websocket"));
  EXPECT_DOUBLE_EQ(predicted(configuration, "websocket")->age_mean_us, 25'000);
  configuration.link->loss_share = 0.01;
  EXPECT_FALSE(predicted(configuration, "websocket"));
}

}  // namespace
}  // namespace wirelab::lab
