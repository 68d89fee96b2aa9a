#include "lab/compare.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <utility>

#include "lab/charts.hpp"
#include "lab/ending.hpp"
#include "lab/exit_code.hpp"
#include "lab/output.hpp"
#include "lab/progress.hpp"
#include "lab/report_csv.hpp"
#include "lab/report_text.hpp"
#include "lab/run_once.hpp"
#include "lab/summary.hpp"
#include "messages/limits.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;
using messages::Transport;

/// Connections to a run's server that are neither subscribers' nor lanes': those that ask for its load.
constexpr std::size_t kOtherConnections = 64;

/// The runs' servers have the default limits: what is beyond them would measure refusals.
void check_limits(const CompareCommand& command) {
  const messages::Limits limits;
  const clients::LoadPlan& plan = command.settings.plan;
  const auto check = [](bool fits, const char* flag, const std::string& most) {
    if (!fits)
      throw std::invalid_argument(
          fmt::format("{}: compare's servers allow {} at most; beyond that use `wirelab serve` with a higher limit and "
                      "`wirelab load`",
                      flag, most));
  };
  check(plan.publish.payload_bytes <= limits.payload_bytes, "--payload", to_bytes(limits.payload_bytes));
  check(plan.channels <= limits.channels, "--channels", std::to_string(limits.channels));
  check(plan.client.hold <= limits.hold_max, "--hold", to_duration(limits.hold_max));
  const std::size_t most = limits.connections - kOtherConnections;
  check(plan.subscribers + plan.publish.lanes_max <= most, "--subscribers and --lanes together", std::to_string(most));
  if (command.rounds == 0) throw std::invalid_argument("--rounds 0: give at least one");
}

/// What a run takes besides its measured time: processes starting, subscribers connecting, the last poll.
Nanos expected_run_time(const LoadSettings& settings) {
  using namespace std::chrono_literals;
  return settings.plan.warm_up + measured_duration(settings) + settings.plan.client.poll_interval + 300ms;
}

double seconds(Nanos duration) { return std::chrono::duration<double>(duration).count(); }

/// "48 s", "24 min"
std::string about(double duration_s) {
  return duration_s < 120 ? fmt::format("{:.0f} s", duration_s) : fmt::format("{:.0f} min", duration_s / 60);
}

class Comparison {
 public:
  explicit Comparison(CompareCommand command) : command_(std::move(command)), placement_(place()) {
    result_.created_utc = utc_now();
    result_.command = command_.command;
    result_.configuration = describe(command_.settings);
    for (const Transport transport : command_.transports)
      result_.configuration.transports.emplace_back(messages::name(transport));
    result_.configuration.rounds = command_.rounds;
    result_.configuration.server_cpu = placement_.server_cpu;
    result_.configuration.generator_cpu = placement_.generator_cpu;
    result_.host = read_host_facts();
    result_.versions = versions();
    result_.git_revision = git_revision();
  }

  /// What will run, and for how long.
  void announce() const {
    const double run_s = seconds(expected_run_time(command_.settings));
    fmt::print(
        stderr,
        "wirelab: {} run{} (transports: {}, rounds: {}) of about {:.1f} s: about {} in all. Ctrl-C stops and reports "
        "what was measured.\n",
        runs(), runs() == 1 ? "" : "s", command_.transports.size(), command_.rounds, run_s,
        about(run_s * static_cast<double>(runs())));
    if (!placement_.server_cpu)
      fmt::print(stderr,
                 "wirelab: one processor only: server and load generator share it, and so disturb each other\n");
    if (const auto warning = build_warning())
      fmt::print(stderr, "wirelab: this binary was {}: its figures are not to be compared with others\n", *warning);
  }

  void run(const Interrupt& interrupt) {
    for (std::uint64_t round = 1; round <= command_.rounds; ++round) {
      const auto order = order_of_round(command_.transports, round, command_.settings.plan.seed);
      for (std::size_t i = 0; i < order.size() && !interrupt.requested(); ++i)
        run_one(order[i], round, i + 1, interrupt);
    }
    bar_.clear();
    result_.summary = summarize(result_.runs);
  }

  const Result& result() const { return result_; }

 private:
  std::uint64_t runs() const { return command_.rounds * command_.transports.size(); }

  void run_one(Transport transport, std::uint64_t round, std::uint64_t order, const Interrupt& interrupt) {
    LoadSettings settings = command_.settings;
    settings.plan.seed += round - 1;  // rounds differ in their random choices; the transports of a round do not
    const std::string what = fmt::format("{}, round {} of {}", messages::name(transport), round, command_.rounds);
    const auto began = std::chrono::steady_clock::now();
    const double expected_s = seconds(expected_run_time(settings));
    const auto on_tick = [&] {
      const double elapsed_s = seconds(std::chrono::steady_clock::now() - began);
      const double done = static_cast<double>(finished_) + std::min(elapsed_s / expected_s, 1.0);
      const double left_s = expected_s * (static_cast<double>(runs()) - done);
      bar_.draw(done / static_cast<double>(runs()), fmt::format("{} ({} left)", what, about(left_s)));
    };
    on_tick();
    try {
      if (auto run = run_once(settings, transport, placement_, interrupt, on_tick)) {
        run->round = round;
        run->order = order;
        result_.runs.push_back(std::move(*run));
      }
    } catch (const std::runtime_error& error) {
      bar_.clear();
      throw std::runtime_error(fmt::format("{}: {}", what, error.what()));
    }
    ++finished_;
  }

  CompareCommand command_;
  Placement placement_;
  Result result_;
  ProgressBar bar_;
  std::uint64_t finished_ = 0;
};

/// 2026-01-31T12:00:00Z without what a file name should not have.
fs::path default_output(std::string created_utc) {
  std::erase(created_utc, ':');
  return fs::path("results") / created_utc;
}

void write(const Result& result, const fs::path& folder, bool charts) {
  const std::string table = report_text(result);
  write_output(folder / "result.json", to_text(result));
  write_output(folder / "report.txt", table);
  write_output(folder / "report.csv", report_csv(result));
  write_output("-", table);
  if (charts)
    if (const std::string trouble = draw_charts(folder); !trouble.empty())
      fmt::print(stderr, "wirelab: no charts: {}\n", trouble);
  fmt::print(stderr, "wirelab: everything is in {}\n", folder.string());
}

}  // namespace

std::vector<Transport> order_of_round(std::vector<Transport> transports, std::uint64_t round, std::uint64_t seed) {
  std::seed_seq seeds{seed & 0xffffffffU, seed >> 32, round & 0xffffffffU, round >> 32};
  std::mt19937_64 random(seeds);
  // Fisher and Yates' shuffle. std::shuffle may give another order with another standard library.
  for (std::size_t left = transports.size(); left > 1; --left)
    std::swap(transports[left - 1], transports[random() % left]);
  return transports;
}

int compare(CompareCommand command) {
  complete(command.settings);
  check_gates(command.gates);
  check_limits(command);
  check_addresses("http://127.0.0.1", command.settings.plan.sources);
  const bool charts = command.charts;
  const std::vector<std::string> gates = command.gates;
  const fs::path chosen = command.output;
  Comparison comparison(std::move(command));
  const Result& result = comparison.result();
  const fs::path output = chosen.empty() ? default_output(result.created_utc) : chosen;
  fs::create_directories(output);  // before a minute of measuring, not after it
  const Interrupt interrupt;
  comparison.announce();
  comparison.run(interrupt);
  if (result.runs.empty()) {
    fmt::print(stderr, "wirelab: stopped before anything was measured\n");
    std::error_code not_empty;
    fs::remove(output, not_empty);
  } else {
    write(result, output, charts);
  }
  return interrupt.requested() ? interrupt.exit_code() : judge_and_say(result, gates);
}

}  // namespace wirelab::lab
