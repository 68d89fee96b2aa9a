// The real program, in processes of its own: how it starts, stops, and what it says on the way.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lab/process/child.hpp"
#include "lab/result/result.hpp"
#include "lab/run/serve.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

constexpr auto kGenerous = 60s;
const std::string kBinary = WIRELAB_BINARY;

/// What it prints, standard error included, and its exit code after that.
std::pair<std::string, int> run(const std::string& command) {
  Child child({"/bin/sh", "-c", "exec 2>&1; " + command});
  const auto output = child.read_all(kGenerous);
  return {output.value_or("no end"), child.wait(kGenerous).value_or(-1)};
}

class Serve : public testing::Test {
 protected:
  void start(const std::string& flags, bool with_stderr = false) {
    server_.emplace(std::vector<std::string>{
        "/bin/sh", "-c", (with_stderr ? "exec 2>&1; exec " : "exec ") + kBinary + " serve --port 0 " + flags});
    line_ = server_->read_line(kGenerous).value_or("");
    url_ = listening_url(line_).value_or("");
  }
  std::string get(const std::string& target) { return run("curl -s --max-time 60 '" + url_ + target + "'").first; }

  std::optional<Child> server_;
  std::string line_, url_;
};

TEST_F(Serve, SaysInOneLineWhereAndWhat) {
  start("");
  EXPECT_THAT(line_, testing::MatchesRegex("wirelab: listening on http://127\\.0\\.0\\.1:[0-9]+ "
                                           "\\(short-poll keep-alive long-poll websocket\\)"));
  EXPECT_THAT(get("/load"), HasSubstr("cpu_total_us"));
}

TEST_F(Serve, EndsWellOnSigtermAndOnSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    start("");
    server_->send_signal(signal);
    EXPECT_EQ(server_->wait(kGenerous), 0);
  }
}

TEST_F(Serve, SaysWhoCanReachItWhenThatIsNotOnlyThisMachine) {
  start("--bind 0.0.0.0 --backend websocket", true);
  EXPECT_THAT(server_->read_line(kGenerous).value_or(""),
              HasSubstr("0.0.0.0 is not a loopback address: whoever can reach"));
}

TEST_F(Serve, AnswersWhoeverWaitsBeforeItEnds) {
  start("--backend long-poll --drain 30s");
  Child waiting({"/bin/sh", "-c", "curl -s --max-time 60 '" + url_ + "/long-poll/news?after=earliest&hold=50'"});
  for (int i = 0; i < 600 && get("/load").find("\"parked\":1") == std::string::npos; ++i) usleep(50'000);
  server_->send_signal(SIGTERM);
  EXPECT_THAT(waiting.read_all(kGenerous).value_or(""), HasSubstr("\"messages\":[]"));
  EXPECT_EQ(waiting.wait(kGenerous), 0);
  EXPECT_EQ(server_->wait(kGenerous), 0);
}

TEST_F(Serve, CutsOffWhoeverStaysWhenTheDrainIsOver) {
  start("--drain 200ms");
  Child idle({"/bin/bash", "-c",
              "exec 3<>/dev/tcp/127.0.0.1/" + url_.substr(url_.rfind(':') + 1) +
                  "; printf 'GET /load HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3; read -r line <&3; echo "
                  "\"$line\"; cat <&3"});
  EXPECT_THAT(idle.read_line(kGenerous).value_or(""), HasSubstr("200 OK"));
  server_->send_signal(SIGTERM);
  EXPECT_EQ(server_->wait(kGenerous), 0);
  EXPECT_EQ(idle.wait(kGenerous), 0);
}

TEST_F(Serve, FailsByNameWhenThePortIsTaken) {
  start("");
  const std::string port = url_.substr(url_.rfind(':') + 1);
  const auto [output, exit_code] = run(kBinary + " serve --port " + port);
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr(port));
}

class Measured : public Serve {
 protected:
  Measured() { fs::remove_all(folder_); }
  ~Measured() override { fs::remove_all(folder_); }
  std::string read(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(folder_ / file).rdbuf();
    return text.str();
  }
  const fs::path folder_ = tests::own_temp("process");
  const std::string small_ = " -c 5 -R 50 -d 400ms --warm-up 100ms --poll-interval 50ms ";
};

TEST_F(Measured, LoadWritesWhatItIsAskedFor) {
  fs::create_directories(folder_);
  start("");
  const std::string in = folder_.string();
  const auto [output, exit_code] = run(kBinary + " load long-poll --url " + url_ + small_ + "--json " + in +
                                       "/r.json --csv " + in + "/r.csv --hgrm " + in + "/r.hgrm");
  EXPECT_TRUE(exit_code == 0 || exit_code == 4) << "a busy machine may make it NOT VALID: " << exit_code;
  EXPECT_THAT(output, HasSubstr("Age at delivery, ms"));
  const Result result = read_result(folder_ / "r.json");
  EXPECT_EQ(result.configuration.url, url_);
  EXPECT_EQ(result.runs.at(0).messages.delivered, result.runs.at(0).messages.expected);
  EXPECT_TRUE(result.runs.at(0).server);
  EXPECT_THAT(read("r.csv"), HasSubstr("long-poll,1,"));
  EXPECT_THAT(read("r.hgrm"), HasSubstr("Percentile"));
}

TEST_F(Measured, AComparisonSucceedsWithoutChartsAndSaysWhy) {
  const auto [output, exit_code] =
      run("WIRELAB_CHARTS=/does/not/exist.py " + kBinary + " compare --rounds 1 --transports websocket" + small_ +
          "-o " + folder_.string());
  EXPECT_TRUE(exit_code == 0 || exit_code == 4) << "a busy machine may make it NOT VALID: " << exit_code;
  EXPECT_THAT(output, HasSubstr("no charts: /does/not/exist.py (WIRELAB_CHARTS) does not exist"));
  EXPECT_EQ(read_result(folder_ / "result.json").runs.size(), 1U);
  EXPECT_THAT(output, HasSubstr(read("report.txt")));
}

TEST_F(Measured, AComparisonMayBeOfAnotherServerProgram) {
  const std::string program = "env LC_ALL=C " + kBinary;
  const auto [output, exit_code] = run(kBinary + " compare --no-charts --rounds 1 --transports long-poll" + small_ +
                                       "--server-program '" + program + "' -o " + folder_.string());
  EXPECT_TRUE(exit_code == 0 || exit_code == 4) << "a busy machine may make it NOT VALID: " << exit_code;
  EXPECT_THAT(output, HasSubstr("server: " + program));
  const Result result = read_result(folder_ / "result.json");
  EXPECT_EQ(result.configuration.server_program, program);
  EXPECT_EQ(result.runs.at(0).messages.delivered, result.runs.at(0).messages.expected);
}

TEST_F(Measured, AServerProgramThatDoesNotListenIsAFailureByName) {
  const std::string compare = kBinary + " compare --no-charts -o " + folder_.string() + " --server-program ";
  for (const auto& [program, why] : {std::pair("/does/not/exist", "not found"), std::pair("echo", "did not start")}) {
    const auto [output, exit_code] = run(compare + program);
    EXPECT_EQ(exit_code, 1);
    EXPECT_THAT(output, HasSubstr(why));
  }
}

TEST_F(Measured, AChartScriptThatFailsIsNamedWithTheRemedy) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "bad.py") << "import sys\nsys.exit('no module named art')\n";
  const auto [output, exit_code] =
      run("WIRELAB_CHARTS=" + (folder_ / "bad.py").string() + " " + kBinary +
          " compare --rounds 1 --transports websocket" + small_ + "-o " + folder_.string());
  EXPECT_TRUE(exit_code == 0 || exit_code == 4) << "a busy machine may make it NOT VALID: " << exit_code;
  EXPECT_THAT(output, HasSubstr("no module named art"));
  EXPECT_THAT(output, HasSubstr("no charts: the script ended with 1"));
  EXPECT_THAT(output, HasSubstr("apt-get install python3-matplotlib"));
}

TEST_F(Measured, OneProcessorIsSharedAndSaidSo) {
  const auto [output, exit_code] =
      run("taskset -c 0 " + kBinary + " compare --no-charts --rounds 1 --transports websocket" + small_ + "-o " +
          folder_.string());
  EXPECT_TRUE(exit_code == 0 || exit_code == 4) << "a busy machine may make it NOT VALID: " << exit_code;
  EXPECT_THAT(output, HasSubstr("one processor only"));
  EXPECT_FALSE(read_result(folder_ / "result.json").configuration.server_cpu);
}

TEST_F(Measured, AComparisonThatCannotWriteFails) {
  const auto [output, exit_code] =
      run(kBinary + " compare --no-charts --rounds 1 --transports websocket" + small_ + "-o /dev/null/results");
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(output, HasSubstr("/dev/null/results"));
}

TEST_F(Measured, StoppedBeforeAnythingWasMeasuredItSaysSo) {
  Child child({"/bin/sh", "-c",
               "exec 2>&1; exec " + kBinary +
                   " compare --no-charts --warm-up 60s --rounds 1 --transports websocket -o " + folder_.string()});
  EXPECT_THAT(child.read_line(kGenerous).value_or(""),
              HasSubstr("2 runs (transports: 1, rounds: 1, and publishing alone)"));
  usleep(300'000);
  child.send_signal(SIGINT);
  EXPECT_THAT(child.read_all(kGenerous).value_or("no end"), HasSubstr("stopped before anything was measured"));
  EXPECT_EQ(child.wait(kGenerous), 130);
  EXPECT_FALSE(fs::exists(folder_));
}

}  // namespace
}  // namespace wirelab::lab
