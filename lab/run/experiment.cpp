#include "lab/run/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "lab/process/exit_code.hpp"
#include "lab/report/experiment_report.hpp"
#include "lab/report/output_files.hpp"
#include "lab/result/experiment_result.hpp"
#include "lab/result/experiment_theory.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/series_file.hpp"
#include "lab/result/strip.hpp"
#include "lab/run/sweep.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

Look look_of(const ExperimentCommand& command) {
  Look look{find_figure(command.figure), std::nullopt};
  if (!look.figure) {
    std::string names;
    for (const Figure& figure : figures()) names += fmt::format("{}{}", names.empty() ? "" : ", ", figure.name);
    throw std::invalid_argument(fmt::format("--figure '{}' is none of: {}", command.figure, names));
  }
  if (command.against.empty()) return look;
  const auto& transports = command.each.transports;
  if (std::none_of(transports.begin(), transports.end(),
                   [&](messages::Transport transport) { return messages::name(transport) == command.against; }))
    throw std::invalid_argument(fmt::format("--against '{}': it is not among --transports", command.against));
  look.against = command.against;
  return look;
}

/// One sweep for each variant, and the plan that has the points of all of them, one variant after the other.
struct Sweeps {
  std::vector<SweepResult> records;
  SweepPlan plan;

  explicit Sweeps(const ExperimentCommand& command, const Placement& placement) {
    plan = {{command.over.axis, {}}, {}, command.each.transports, command.each.rounds};
    for (const Variant& variant : command.variants) {
      CompareCommand each = command.each;
      each.settings = variant.settings;
      const SweepPlan its = plan_of({each, command.over}, "run");
      plan.over.values.insert(plan.over.values.end(), its.over.values.begin(), its.over.values.end());
      plan.settings.insert(plan.settings.end(), its.settings.begin(), its.settings.end());
      records.push_back(start_record(its, each, placement));
    }
  }

  void take(std::vector<SweepPoint> points) {
    auto next = points.begin();
    for (SweepResult& record : records)
      for (std::size_t i = 0; i < record.over.values.size(); ++i) record.points.push_back(std::move(*next++));
  }
};

/// What `--strip` asks for, run by run.
class Strips {
 public:
  Strips(const ExperimentCommand& command, const SweepPlan& plan, std::filesystem::path folder)
      : command_(command), plan_(plan), file_(folder / "series.one-run.ndjson") {
    for (std::size_t point = 0; point < plan.settings.size(); ++point)
      for (const messages::Transport transport : plan.transports) {
        Strip& strip = all_.emplace_back();
        strip.transport = messages::name(transport);
        strip.variant = variant_of(point).name;
        strip.value = plan.over.values[point];
      }
  }

  /// A run in which nothing was dropped has no lost segment to show.
  std::optional<Run> run(Runner& runner, const RunRequest& request) {
    LoadSettings settings = request.settings;
    settings.series_file = file_;
    settings.plan.series_step = strip_step(settings);
    const RemoveAtEnd remove{file_};
    auto run = runner.run({settings, request.transport, request.what, request.point});
    const bool asked_to_drop = !settings.link.impairments.drop_segments.empty();
    if (run && (!asked_to_drop || (run->link && run->link->down.drop_segment > 0)))
      strip_of(request).rounds.push_back(read_strip(file_));
    return run;
  }

  std::vector<Strip> take() {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      Strip& strip = all_[i];
      Configuration configuration = describe(plan_.settings[i / plan_.transports.size()]);
      strip.predicted_max_us = theory_of({find_figure("max"), std::nullopt}, configuration, strip.transport);
      if (!strip.rounds.empty()) strip.theory = theory_of_strip(configuration, strip.transport, strip.rounds.front());
    }
    return std::move(all_);
  }

 private:
  struct RemoveAtEnd {
    const std::filesystem::path& file;
    ~RemoveAtEnd() {
      std::error_code gone_already;
      std::filesystem::remove(file, gone_already);
    }
  };

  const Variant& variant_of(std::size_t point) const { return command_.variants[point / command_.over.values.size()]; }
  Strip& strip_of(const RunRequest& request) {
    const auto& transports = plan_.transports;
    const auto which = std::find(transports.begin(), transports.end(), request.transport) - transports.begin();
    return all_[request.point * transports.size() + static_cast<std::size_t>(which)];
  }

  const ExperimentCommand& command_;
  const SweepPlan& plan_;
  const std::filesystem::path file_;
  std::vector<Strip> all_;  ///< a point's transports, one after the other
};

ExperimentResult compose(const ExperimentCommand& command, const Look& look, const std::vector<SweepResult>& sweeps) {
  const SweepResult& first = sweeps.front();
  ExperimentResult result;
  static_cast<Provenance&>(result) = first;
  result.title = command.title;
  result.question = command.question;
  result.over = first.over;
  result.look = {std::string(look.figure->name), std::string(look.figure->key), look.against};
  result.tolerance_share = command.tolerance_share;
  result.configuration = first.configuration;
  result.marks = marks_of(look, first.configuration, command.over);
  for (std::size_t i = 0; i < sweeps.size(); ++i)
    for (ExperimentSeries& series : series_of(sweeps[i], command.variants[i].name, look, command.tolerance_share))
      if (series.transport != look.against) result.series.push_back(std::move(series));
  return result;
}

/// sweep.json, or sweep-1.json, sweep-2.json …
void write_sweeps(std::vector<SweepResult> sweeps, const std::filesystem::path& folder) {
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    drop_unmeasured(sweeps[i].points);
    write_output(folder / (sweeps.size() == 1 ? "sweep.json" : fmt::format("sweep-{}.json", i + 1)),
                 to_text(sweeps[i]));
  }
}

void write_experiment(const ExperimentResult& result, const std::filesystem::path& folder, bool charts) {
  leave({.record = "experiment.json",
         .json = to_text(result),
         .text = experiment_text(result),
         .csv = experiment_csv(result)},
        folder, charts);
}

int judge_experiment_and_say(const ExperimentResult& result) {
  bool valid = true, held = true;
  for (const ExperimentSeries& series : result.series)
    for (const ExperimentPoint& point : series.points) {
      valid &= point.runs > 0 && point.verdict == Verdict::valid;
      held &= point.within.value_or(true);
    }
  if (!held) fmt::print(stderr, "wirelab: theory is missed where the report says so\n");
  if (!valid)
    fmt::print(stderr, "wirelab: not every run is VALID, and the report says why (exit code {})\n", int{kNotValid});
  return !valid ? kNotValid : !held ? kGateMissed : kOk;
}

}  // namespace

int run_experiment(const ExperimentCommand& command) {
  const Look look = look_of(command);
  if (command.each.rounds == 0) throw std::invalid_argument("--rounds 0: give at least one");
  if (command.variants.size() > 1 && !command.each.settings.link.pcap_file.empty())
    throw std::invalid_argument("--pcap with --vary: the variants' captures would have the same names");
  const Placement placement = placement_of(command.each);
  Sweeps sweeps(command, placement);
  if (command.strip)
    for (const LoadSettings& settings : sweeps.plan.settings)
      check_series_step(measured_duration(settings), strip_step(settings));
  for (const LoadSettings& settings : sweeps.plan.settings) gain_rights_for(settings.link);
  const auto output = make_output_folder(command.each.output, sweeps.records.front().created_utc);

  const Interrupt interrupt;
  Runner runner(placement, interrupt);
  runner.announce(runs_of(sweeps.plan),
                  fmt::format("points: {}, variants: {}, transports: {}, rounds: {}", command.over.values.size(),
                              command.variants.size(), command.each.transports.size(), command.each.rounds),
                  expected_of(sweeps.plan));
  Strips strips(command, sweeps.plan, output);
  auto points = measure_points(
      sweeps.plan,
      [&](const RunRequest& request) { return command.strip ? strips.run(runner, request) : runner.run(request); },
      [&](Nanos left) { runner.expect(left); }, interrupt.requested());
  runner.clear();
  const bool nothing = std::all_of(points.begin(), points.end(), [](const auto& point) { return point.runs.empty(); });
  if (nothing) {
    drop_output_folder(output);
    if (const auto why = why_nothing_ran(points)) throw std::runtime_error("not one run could be carried out: " + *why);
    fmt::print(stderr, "wirelab: stopped before anything was measured\n");
    return interrupt.exit_code();
  }
  sweeps.take(std::move(points));
  ExperimentResult result = compose(command, look, sweeps.records);
  if (command.strip) result.strips = strips.take();
  write_sweeps(std::move(sweeps.records), output);
  write_experiment(result, output, command.each.charts);
  return interrupt.requested() ? interrupt.exit_code() : judge_experiment_and_say(result);
}

}  // namespace wirelab::lab
