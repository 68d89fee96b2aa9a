#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "lab/process/affinity.hpp"
#include "lab/process/descriptors.hpp"
#include "lab/process/interrupt.hpp"
#include "lab/process/progress.hpp"
#include "lab/run/round_order.hpp"
#include "lab/run/serve.hpp"
#include "lab/text/output.hpp"
#include "messages/transport.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;

std::vector<Transport> all() { return {messages::kTransports.begin(), messages::kTransports.end()}; }

TEST(OrderOfRound, RunsEveryTransportOnce) {
  for (std::uint64_t round = 1; round <= 50; ++round) {
    auto order = order_of_round(all(), round, 1);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, all());
  }
}

TEST(OrderOfRound, IsTheSameForTheSameSeedAndAnotherForOthers) {
  std::set<std::vector<Transport>> by_round, by_seed;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    EXPECT_EQ(order_of_round(all(), i, 7), order_of_round(all(), i, 7));
    by_round.insert(order_of_round(all(), i, 7));
    by_seed.insert(order_of_round(all(), 1, i));
  }
  EXPECT_GT(by_round.size(), 15U);  // of 24
  EXPECT_GT(by_seed.size(), 15U);
}

TEST(Progress, FillsUp) {
  EXPECT_EQ(render_progress(0, "a", 80, false), "[------------------------]   0% a");
  EXPECT_EQ(render_progress(0.5, "a", 80, false), "[############------------]  50% a");
  EXPECT_EQ(render_progress(7, "a", 80, false), "[########################] 100% a");
}

TEST(Progress, StaysOnItsLine) { EXPECT_EQ(render_progress(0.5, "a long label", 40, false).size(), 40U); }

TEST(Progress, IsPlainWhenColourIsNotWanted) {
  EXPECT_THAT(render_progress(0.5, "a", 80, false), testing::Not(testing::HasSubstr("\x1b")));
  EXPECT_THAT(render_progress(0.5, "a", 80, true), testing::HasSubstr("\x1b[32m####"));
}

TEST(Interrupt, TheFirstSignalAsks) {
  const Interrupt interrupt;
  EXPECT_FALSE(interrupt.requested());
  raise(SIGTERM);
  EXPECT_TRUE(interrupt.requested());
  EXPECT_EQ(interrupt.exit_code(), 143);
}

TEST(Interrupt, TheSecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        raise(SIGINT);
        raise(SIGINT);
      },
      testing::ExitedWithCode(130), "");
}

TEST(ServeUrl, IsReadBackFromTheLineThatIsPrinted) {
  EXPECT_EQ(server_url("127.0.0.1", 9000), "http://127.0.0.1:9000");
  EXPECT_EQ(server_url("::1", 9000), "http://[::1]:9000");
  EXPECT_EQ(listening_line("http://[::1]:9000", "websocket"), "wirelab: listening on http://[::1]:9000 (websocket)");
  EXPECT_EQ(listening_url("wirelab: listening on http://[::1]:9000 (websocket)"), "http://[::1]:9000");
  EXPECT_EQ(listening_url("wirelab: cannot listen"), std::nullopt);
}

TEST(Affinity, RefusesAProcessorThatIsNotThereAndSaysWhichAre) {
  try {
    pin_to_cpus(1'000);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("--cpu 1000: this process may run on processor "));
  }
}

TEST(Affinity, ConfinesToWhatThereIs) {
  const auto before = allowed_cpus();
  EXPECT_EXIT(
      {
        pin_to_cpus(before.back(), 5);
        _exit(allowed_cpus() == std::vector<int>{before.back()} ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Descriptors, AreRaisedAsFarAsAllowedAndNeverLowered) {
  const std::uint64_t now = raise_descriptor_limit(0);
  EXPECT_GT(now, 0U);
  EXPECT_EQ(raise_descriptor_limit(1), now);
  EXPECT_GE(raise_descriptor_limit(now + 10), now);
}

TEST(Output, NamesTheFileThatCannotBeWritten) {
  try {
    write_output("/does/not/exist/result.json", "text");
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("cannot write /does/not/exist/result.json: No such file"));
  }
}

TEST(Output, WritesTheTextAsItIs) {
  const std::string file = testing::TempDir() + "wirelab_output.txt";
  write_output(file, "a\r\nb");
  std::ifstream in(file, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "a\r\nb");
}

TEST(Output, AFolderIsMadeBeforeAndGoesOnlyIfNothingIsInIt) {
  const std::filesystem::path chosen = tests::own_temp("made") + "/deeper";
  EXPECT_EQ(make_output_folder(chosen, "2026-01-31T12:00:00Z"), chosen);
  write_output(chosen / "result.json", "{}");
  drop_output_folder(chosen);
  EXPECT_TRUE(std::filesystem::exists(chosen));
  std::filesystem::remove(chosen / "result.json");
  drop_output_folder(chosen);
  EXPECT_FALSE(std::filesystem::exists(chosen));
  EXPECT_THROW(make_output_folder("/dev/null/results", "2026-01-31T12:00:00Z"), std::filesystem::filesystem_error);
}

TEST(Output, KnowsTheTime) { EXPECT_THAT(utc_now(), testing::MatchesRegex("20..-..-..T..:..:..Z")); }

}  // namespace
}  // namespace wirelab::lab
