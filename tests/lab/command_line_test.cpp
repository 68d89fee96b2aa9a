#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "lab/cli/cli.hpp"
#include "lab/result/result.hpp"
#include "tests/lab/sample.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

using testing::HasSubstr;

struct Outcome {
  int exit_code;
  std::string out, err;
};

Outcome wirelab(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "wirelab");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int exit_code = run_cli(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(stdout);
  return {exit_code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    std::ofstream(result_) << to_text(test::sample_result());
    std::ofstream(broken_) << "{}";
  }
  const std::string result_ = tests::own_temp("result.json");
  const std::string broken_ = tests::own_temp("broken.json");
  const std::string toml_ = tests::own_temp("options.toml");
};

TEST_F(CommandLine, HelpOfEachSubcommandFitsAScreenAndEndsWithExamples) {
  for (const char* subcommand :
       {"compare", "sweep", "run", "serve", "load", "report", "doctor", "predict", "ladder", "course"}) {
    const Outcome help = wirelab({subcommand, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    std::istringstream in(help.out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    EXPECT_LE(lines.size(), 60U) << subcommand;
    for (const std::string& line : lines) EXPECT_LE(line.size(), 100U) << line;
    const auto examples = std::find(lines.begin(), lines.end(), "Examples:");
    ASSERT_NE(examples, lines.end()) << subcommand;
    EXPECT_GE(std::count_if(examples, lines.end(),
                            [&](const auto& line) { return line.starts_with("  wirelab " + std::string(subcommand)); }),
              2)
        << subcommand;
  }
}

TEST_F(CommandLine, TellsItsVersion) {
  const Outcome version = wirelab({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, testing::StartsWith("wirelab 0."));
}

TEST_F(CommandLine, BadArgumentsAreNamedOnStandardErrorAndEndWithTwo) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases = {
      {{}, "subcommand"},
      {{"fly"}, "fly"},
      {{"compare", "--bogus"}, "--bogus"},
      {{"compare", "--rate", "fast"}, "'fast' is not a rate"},
      {{"compare", "--duration", "3"}, "'3' is not a duration"},
      {{"compare", "--transports", "short-poll,pigeon"}, "'pigeon' is none of: short-poll, keep-alive"},
      {{"compare", "--rounds", "0"}, "--rounds 0"},
      {{"compare", "--subscribers", "16k"},
       "--subscribers and --lanes together: compare's servers allow 15936 at most"},
      {{"compare", "--payload", "65KiB"}, "--payload: compare's servers allow 64KiB at most"},
      {{"compare", "--hold", "61s"}, "--hold: compare's servers allow 60s at most"},
      {{"compare", "--replay", "/does/not/exist"}, "/does/not/exist"},
      {{"sweep"}, "--over is required"},
      {{"sweep", "--over", "clients=1,many"}, "--over: 'many' is not a count"},
      {{"sweep", "--over", "clients=10,20k"}, "--over clients at 20,000: --subscribers and --lanes together: sweep's"},
      {{"sweep", "--over", "payload=10,100"}, "--over payload at 10: --payload 10: give 57 at least"},
      {{"sweep", "--over", "clients=1", "--rounds", "0"}, "--rounds 0"},
      {{"sweep", "--over", "rate=1,2", "--replay", "x"}, "--over rate: a replay has a rate of its own"},
      {{"sweep", "--over", "rate=1,2", "--messages", "9"}, "--over rate with --messages: every point would last"},
      {{"sweep", "--over", "clients=1", "--expect", "fast"}, "--expect 'fast'"},
      {{"load"}, "TRANSPORT"},
      {{"load", "pigeon"}, "'pigeon' is none of"},
      {{"load", "websocket", "--dialect", "klingon"}, "none of wirelab, nchan"},
      {{"load", "long-poll", "--dialect", "socket.io"}, "only websocket"},
      {{"load", "websocket", "--dialect", "socket.io", "--targets", "/x/{channel},/y/{channel}"}, "/socket.io/"},
      {{"load", "websocket", "--targets", "/in/{channel},/out/{channel}"}, "add --dialect nchan"},
      {{"load", "websocket", "--dialect", "nchan", "--targets", "/in,/out/{channel}"}, "with {channel} in it"},
      {{"load", "websocket", "--dialect", "nchan", "--targets", "/in/{channel}"}, "give two paths"},
      {{"load", "websocket", "--dialect", "nchan", "--publish-via", "native"}, "--publish-via native"},
      {{"load", "keep-alive", "--dialect", "nchan", "--rate", "20"}, "one message"},
      {{"load", "long-poll", "--dialect", "nchan", "--rtt", "5ms"}, "--rtt with --dialect"},
      {{"load", "long-poll", "--server-pid", "1", "--rtt", "5ms"}, "--server-pid with --rtt"},
      {{"load", "websocket", "--subscribers", "0", "--rate", "0"}, "--subscribers 0"},
      {{"compare", "--subscribers", "0"}, "--subscribers 0: compare needs one at least"},
      {{"serve", "--backend", "pigeon"}, "'pigeon' is none of"},
      {{"serve", "--port", "70000"}, "70000"},
      {{"serve", "--log-level", "loud"}, "'loud' is none of"},
      {{"serve", "--drain", "soon"}, "'soon' is not a duration"},
      {{"serve", "--cpu", "1000"}, "--cpu 1000"},
      {{"serve", "--threads", "0"}, "--threads"},
      {{"report"}, "RESULT"},
      {{"report", result_.c_str(), "--format", "pdf"}, "'pdf'"},
  };
  for (const auto& [arguments, names] : cases) {
    const Outcome outcome = wirelab(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << names;
    EXPECT_EQ(outcome.out, "") << names;
    EXPECT_THAT(outcome.err, HasSubstr(names));
  }
}

TEST_F(CommandLine, ReportsAResultInEachFormat) {
  EXPECT_THAT(wirelab({"report", result_.c_str()}).out, HasSubstr("Age at delivery, ms"));
  EXPECT_THAT(wirelab({"report", result_.c_str(), "--format", "csv"}).out, testing::StartsWith("transport,round,"));
  EXPECT_EQ(wirelab({"report", result_.c_str(), "--format", "json"}).out, to_text(test::sample_result()));
}

TEST_F(CommandLine, OfAFlagTypedTwiceTheLastCounts) {
  EXPECT_THAT(wirelab({"report", result_.c_str(), "--format", "json", "--format", "csv"}).out,
              testing::StartsWith("transport,round,"));
}

TEST_F(CommandLine, AFileThatIsNoResultFails) {
  const Outcome outcome = wirelab({"report", broken_.c_str()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(broken_ + ": not a wirelab result"));
}

TEST_F(CommandLine, OptionsMayComeFromATomlFileAndThoseTypedWin) {
  std::ofstream(toml_) << "# a scenario\nformat = \"csv\"\n";
  EXPECT_THAT(wirelab({"report", result_.c_str(), "--config", toml_.c_str()}).out,
              testing::StartsWith("transport,round,"));
  EXPECT_THAT(wirelab({"report", result_.c_str(), "--config", toml_.c_str(), "--format", "text"}).out,
              HasSubstr("Age at delivery, ms"));
}

TEST_F(CommandLine, ATomlFileWithAnUnknownOrBadOptionIsRefused) {
  std::ofstream(toml_) << "subscribres = 7\n";
  Outcome outcome = wirelab({"compare", "--config", toml_.c_str()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("subscribres"));

  std::ofstream(toml_) << "rounds = 0\n";
  outcome = wirelab({"compare", "--config", toml_.c_str()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--rounds 0"));

  outcome = wirelab({"compare", "--config", "/does/not/exist.toml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("/does/not/exist.toml"));
}

}  // namespace
}  // namespace wirelab::lab
