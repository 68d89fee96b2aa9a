#include "lab/result/load_settings.hpp"

#include <gmock/gmock.h>

#include <CLI/App.hpp>
#include <fstream>

#include "lab/cli/cli_options.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

std::string complaint(LoadSettings settings) {
  try {
    complete(settings);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

LoadSettings parse(std::vector<std::string> flags) {
  LoadSettings settings;
  CLI::App app;
  add_load_flags(app, settings);
  std::reverse(flags.begin(), flags.end());  // as CLI11 wants them
  app.parse(flags);
  return settings;
}

class Replayed : public testing::Test {
 protected:
  Replayed() : file_(tests::own_temp("replay.ndjson")) {
    std::ofstream(file_) << R"({"at_ms":0,"text":"first"})" << '\n' << R"({"at_ms":90000,"text":"last"})" << '\n';
  }
  std::string file_;
};

TEST(LoadSettings, TheFlagsOfAChildSayWhatItsParentWasTold) {
  const std::vector<std::string> given = {"-c",
                                          "10k",
                                          "--channels",
                                          "7",
                                          "-t",
                                          "3",
                                          "-R",
                                          "12.5",
                                          "--arrivals",
                                          "poisson",
                                          "--payload",
                                          "4KiB",
                                          "-d",
                                          "1.5s",
                                          "--warm-up",
                                          "250ms",
                                          "-n",
                                          "900",
                                          "--publish-via",
                                          "native",
                                          "--lanes",
                                          "9",
                                          "--poll-interval",
                                          "100us",
                                          "--poll-timer",
                                          "fixed-delay",
                                          "--hold",
                                          "10s",
                                          "--seed",
                                          "42",
                                          "--speed",
                                          "60",
                                          "--connect-timeout",
                                          "7s",
                                          "--source",
                                          "127.0.0.2",
                                          "--source",
                                          "127.0.0.3",
                                          "--long-poll-reconnects"};
  const LoadSettings parent = parse(given);
  const LoadSettings child = parse(to_flags(parent));
  EXPECT_EQ(to_flags(child), to_flags(parent));
  const clients::LoadPlan& plan = child.plan;
  EXPECT_EQ(plan.subscribers, 10'000U);
  EXPECT_EQ(plan.channels, 7U);
  EXPECT_EQ(plan.threads, 3U);
  EXPECT_EQ(plan.publish.rate_per_second, 12.5);
  EXPECT_EQ(plan.publish.arrivals, clients::Arrivals::poisson);
  EXPECT_EQ(plan.publish.payload_bytes, 4'096U);
  EXPECT_EQ(child.duration, 1'500ms);
  EXPECT_EQ(plan.warm_up, 250ms);
  EXPECT_EQ(plan.publish.messages_max, 900U);
  EXPECT_EQ(plan.publish.via, clients::PublishVia::native);
  EXPECT_EQ(plan.publish.lanes_max, 9U);
  EXPECT_EQ(plan.client.poll_interval, 100us);
  EXPECT_EQ(plan.client.poll_timer, clients::PollTimer::fixed_delay);
  EXPECT_EQ(plan.client.hold, 10s);
  EXPECT_EQ(plan.client.long_poll_reuse, net::Reuse::new_connection);
  EXPECT_EQ(plan.seed, 42U);
  EXPECT_EQ(plan.publish.speed, 60);
  EXPECT_EQ(plan.connect_deadline, 7s);
  EXPECT_EQ(plan.sources, (std::vector<std::string>{"127.0.0.2", "127.0.0.3"}));
}

TEST(LoadSettings, WithoutFlagsTheyAreThePlansDefaults) {
  LoadSettings settings = parse({});
  complete(settings);
  EXPECT_EQ(settings.plan.subscribers, 100U);
  EXPECT_EQ(measured_duration(settings), 3s);
  EXPECT_EQ(describe(settings).lanes_max, 64U);
  EXPECT_EQ(describe(settings).poll_interval_ms, 250);
  EXPECT_EQ(describe(settings).duration_ms, 3'000);
}

TEST(LoadSettings, RefuseWhatCannotBeRunAndNameTheFlag) {
  const auto with = [](auto change) {
    LoadSettings settings;
    change(settings);
    return complaint(settings);
  };
  EXPECT_EQ(with([](auto& s) { s.plan.subscribers = 0; }), "none") << "publishing alone";
  EXPECT_EQ(with([](auto& s) { s.plan.subscribers = 0, s.plan.channels = 7; }), "none");
  EXPECT_THAT(with([](auto& s) { s.plan.subscribers = 0, s.plan.publish.rate_per_second = 0; }),
              testing::HasSubstr("--subscribers 0 with --rate 0"));
  EXPECT_THAT(with([](auto& s) { s.plan.channels = 0; }), testing::HasSubstr("--channels 0"));
  EXPECT_THAT(with([](auto& s) { s.plan.channels = 101; }), testing::HasSubstr("--channels 101: give 1 to 100"));
  EXPECT_EQ(with([](auto& s) { s.plan.channels = 100; }), "none");
  const auto lanes = [&](std::size_t count, std::size_t channels) {
    return with([=](auto& s) { s.plan.publish.lanes_max = count, s.plan.channels = channels; });
  };
  EXPECT_THAT(lanes(0, 1), testing::HasSubstr("--lanes 0: give 1 to 65536"));
  EXPECT_EQ(lanes(6'553, 10), "none");
  EXPECT_THAT(lanes(6'554, 10), testing::HasSubstr("--lanes 6554: give 1 to 6553"));
  EXPECT_THAT(with([](auto& s) { s.plan.threads = 0; }), testing::HasSubstr("--threads 0"));
  EXPECT_THAT(with([](auto& s) { s.plan.threads = 101; }), testing::HasSubstr("--threads 101"));
  EXPECT_THAT(with([](auto& s) { s.plan.publish.payload_bytes = 56; }), testing::HasSubstr("--payload 56: give 57"));
  EXPECT_EQ(with([](auto& s) { s.plan.publish.payload_bytes = 57; }), "none");
  EXPECT_THAT(with([](auto& s) { s.plan.client.poll_interval = 0s; }), testing::HasSubstr("--poll-interval 0"));
  EXPECT_THAT(with([](auto& s) { s.plan.publish.speed = 0; }), testing::HasSubstr("--speed 0"));
  EXPECT_THAT(with([](auto& s) { s.duration = 0s; }), testing::HasSubstr("--duration 0"));
  EXPECT_THAT(with([](auto& s) { s.replay_file = "/does/not/exist"; }), testing::HasSubstr("/does/not/exist"));
}

TEST(LoadSettings, SubscribersNeedAPortEach) {
  clients::LoadPlan plan;
  plan.publish.lanes_max = 64;
  const auto refusal = [&](std::size_t subscribers, std::size_t sources, const std::vector<std::uint64_t>& range) {
    plan.subscribers = subscribers;
    plan.sources.assign(sources, "127.0.0.1");
    try {
      check_ports(plan, range);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  const std::vector<std::uint64_t> range = {32'768, 60'999};
  EXPECT_EQ(refusal(28'168, 0, range), "none");
  EXPECT_EQ(refusal(28'169, 0, range),
            "--subscribers 28169: one address has 28232 ports to dial from (net.ipv4.ip_local_port_range is 32768 "
            "60999); give more addresses, 2 in all, like --source 127.0.0.1 --source 127.0.0.2");
  EXPECT_EQ(refusal(28'169, 2, range), "none");
  EXPECT_THAT(refusal(60'000, 2, range), testing::HasSubstr("2 addresses have 56464 ports"));
  EXPECT_EQ(refusal(60'000, 0, {}), "none") << "the system does not say";
}

TEST(LoadSettings, FlagsRefuseUnknownNamesAndListTheKnownOnes) {
  const auto message = [](const std::vector<std::string>& flags) {
    try {
      parse(flags);
    } catch (const CLI::ParseError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_THAT(message({"--arrivals", "pareto"}), testing::HasSubstr("'pareto' is none of: constant, poisson, burst"));
  EXPECT_THAT(message({"--poll-timer", "x"}), testing::HasSubstr("fixed-rate, fixed-delay"));
  EXPECT_THAT(message({"--publish-via", "x"}), testing::HasSubstr("post, native"));
  EXPECT_THAT(message({"--hold", "1500ms"}), testing::HasSubstr("'1500ms' is too fine: the unit here is 1s"));
  EXPECT_THAT(message({"--rate", "-5"}), testing::HasSubstr("'-5' is not a rate"));
}

TEST(LoadSettings, AsManyMessagesAsAskedForTakeTheirTime) {
  LoadSettings settings = parse({"--messages", "100", "--rate", "20"});
  complete(settings);
  EXPECT_EQ(measured_duration(settings), 4'500ms);  // and half a second of warm-up

  settings = parse({"--messages", "100", "--rate", "20", "--duration", "1s"});
  complete(settings);
  EXPECT_EQ(measured_duration(settings), 1s);

  EXPECT_THAT(complaint(parse({"--messages", "10", "--rate", "20"})), testing::HasSubstr("--messages 10: all of them"));
  EXPECT_THAT(complaint(parse({"--messages", "10", "--rate", "0"})), testing::HasSubstr("--rate 0"));
}

TEST(LoadSettings, AddressesAreCheckedBeforeAnythingStarts) {
  EXPECT_NO_THROW(check_addresses("http://127.0.0.1:9000", {"127.0.0.2", "127.0.0.3"}));
  EXPECT_THROW(check_addresses("ftp://127.0.0.1", {}), std::invalid_argument);
  EXPECT_THROW(check_addresses("http://127.0.0.1", {"::1"}), std::invalid_argument);
  EXPECT_THROW(check_addresses("http://127.0.0.1", {"localhost"}), std::invalid_argument);
}

TEST(LoadSettings, WaitForALatePollBeforeCallingAMessageLost) {
  LoadSettings settings = parse({"--poll-interval", "30s"});
  complete(settings);
  EXPECT_GT(settings.plan.drain_deadline, 60s);
}

TEST_F(Replayed, ARunIsAsLongAsTheReplayUnlessADurationIsGiven) {
  LoadSettings settings = parse({"--replay", file_, "--speed", "60"});
  complete(settings);
  EXPECT_EQ(settings.plan.publish.replay.size(), 2U);
  EXPECT_EQ(measured_duration(settings), 1'501ms);  // the last one is in it
  EXPECT_EQ(describe(settings).replay->messages, 2U);
  EXPECT_EQ(describe(settings).replay->file, file_);
  EXPECT_EQ(describe(settings).duration_ms, 1'501);

  settings = parse({"--replay", file_, "--duration", "10s"});
  complete(settings);
  EXPECT_EQ(measured_duration(settings), 10s);
}

}  // namespace
}  // namespace wirelab::lab
