#include "lab/run/compare.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "lab/report/ending.hpp"
#include "lab/report/output_files.hpp"
#include "lab/report/report_csv.hpp"
#include "lab/report/report_page.hpp"
#include "lab/report/report_text.hpp"
#include "lab/result/publishing_alone.hpp"
#include "lab/result/series_file.hpp"
#include "lab/result/summary.hpp"
#include "lab/run/round_order.hpp"
#include "lab/run/runner.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;
using messages::Transport;

/// Of the run that is under way.
constexpr const char* kOneRunFile = "series.one-run.ndjson";

class Comparison {
 public:
  explicit Comparison(CompareCommand command) : command_(std::move(command)), placement_(placement_of(command_)) {
    static_cast<Provenance&>(result_) = provenance(command_.command);
    result_.configuration = describe(command_, command_.settings, placement_);
  }

  /// Leaves the runs' series in the folder.
  void run(const Interrupt& interrupt, const fs::path& folder) {
    folder_ = folder;
    fs::remove(folder_ / kSeriesFile);  // of a comparison before, in the same folder
    Runner runner(placement_, interrupt);
    const std::uint64_t runs = command_.rounds * command_.transports.size();
    const auto alone = command_.baseline ? without_subscribers(command_.settings) : std::nullopt;
    const Nanos expected = expected_run_time(command_.settings) * runs + (alone ? expected_run_time(*alone) : Nanos(0));
    runner.announce(runs + (alone ? 1 : 0),
                    fmt::format("transports: {}, rounds: {}{}", command_.transports.size(), command_.rounds,
                                alone ? ", and publishing alone" : ""),
                    expected);
    runner.expect(expected);
    for (std::uint64_t round = 1; round <= command_.rounds; ++round) {
      const auto order = order_of_round(command_.transports, round, command_.settings.plan.seed);
      for (std::size_t i = 0; i < order.size() && !interrupt.requested(); ++i) run_one(runner, order[i], round, i + 1);
    }
    // Last: who stops a comparison early wants the transports.
    if (alone && !interrupt.requested())
      if (const auto run = runner.run({*alone, command_.transports.front(), "publishing alone"}))
        result_.publishing_alone = publishing_alone(*run);
    runner.clear();
    result_.summary = summarize(result_);
  }

  const Result& result() const { return result_; }

 private:
  void run_one(Runner& runner, Transport transport, std::uint64_t round, std::uint64_t order) {
    LoadSettings settings = command_.settings;
    settings.plan.seed += round - 1;  // rounds differ in their random choices; the transports of a round do not
    settings.series_file = folder_ / kOneRunFile;
    settings.link = settings.link.with_capture_of(fmt::format("{}-{}", messages::name(transport), round));
    auto run = runner.run(
        {settings, transport, fmt::format("{}, round {} of {}", messages::name(transport), round, command_.rounds)});
    if (!run) {
      fs::remove(settings.series_file);
      return;
    }
    move_series(settings.series_file, folder_ / kSeriesFile, round);
    run->round = round;
    run->order = order;
    result_.runs.push_back(std::move(*run));
  }

  CompareCommand command_;
  Placement placement_;
  Result result_;
  fs::path folder_;
};

void write(const Result& result, const fs::path& folder, bool charts) {
  leave({.record = "result.json",
         .json = to_text(result),
         .text = report_text(result),
         .csv = report_csv(result),
         .page = [&] { return report_page(result, charts_in(folder, result)); }},
        folder, charts);
}

}  // namespace

Placement placement_of(const CompareCommand& command) {
  Placement placement = place();
  placement.server_program = command.server_program;
  return placement;
}

Configuration describe(const CompareCommand& command, const LoadSettings& settings, const Placement& placement) {
  Configuration configuration = describe(settings);
  for (const Transport transport : command.transports) configuration.transports.emplace_back(messages::name(transport));
  configuration.rounds = command.rounds;
  if (!command.server_program.empty()) configuration.server_program = command.server_program;
  configuration.server_cpu = placement.server_cpu;
  configuration.generator_cpu = placement.generator_cpu;
  if (configuration.link) configuration.link->relay_cpu = placement.relay_cpu;
  return configuration;
}

int compare(CompareCommand command) {
  command.settings.series_file = kSeriesFile;
  complete(command.settings);
  check_gates(command.gates);
  if (command.server_program.empty()) check_limits(command.settings, "compare");
  if (command.rounds == 0) throw std::invalid_argument("--rounds 0: give at least one");
  check_addresses("http://127.0.0.1", command.settings.plan.sources);
  gain_rights_for(command.settings.link);
  const bool charts = command.charts;
  const std::vector<std::string> gates = command.gates;
  const fs::path chosen = command.output;
  Comparison comparison(std::move(command));
  const Result& result = comparison.result();
  const fs::path output = make_output_folder(chosen, result.created_utc);
  const Interrupt interrupt;
  comparison.run(interrupt, output);
  if (result.runs.empty()) {
    fmt::print(stderr, "wirelab: stopped before anything was measured\n");
    drop_output_folder(output);
  } else {
    write(result, output, charts);
  }
  return interrupt.requested() ? interrupt.exit_code() : judge_and_say(result, gates);
}

}  // namespace wirelab::lab
