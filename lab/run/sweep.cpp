#include "lab/run/sweep.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "lab/process/exit_code.hpp"
#include "lab/report/ending.hpp"
#include "lab/report/output_files.hpp"
#include "lab/report/sweep_report.hpp"
#include "lab/result/gates.hpp"
#include "lab/result/summary.hpp"
#include "lab/result/theory.hpp"
#include "lab/run/round_order.hpp"
#include "lab/run/run.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;

/// Measures a plan; used once.
class PointRuns {
 public:
  PointRuns(const SweepPlan& plan, const CarryOut& carry_out) : plan_(plan), carry_out_(carry_out) {
    for (const double value : plan_.over.values) points_.emplace_back().value = value;
    for (std::size_t point = 0; point < points_.size(); ++point)
      for (const Transport transport : plan_.transports) cells_.push_back({point, transport});
    for (const Cell& cell : cells_) left_ += expected_of(cell) * plan_.rounds;
  }

  void run(const std::function<void(Nanos left)>& expect, const std::atomic<bool>& interrupted) {
    for (std::uint64_t round = 1; round <= plan_.rounds; ++round) {
      const auto order = order_of_round(cells_, round, plan_.settings.front().plan.seed);
      for (std::size_t i = 0; i < order.size() && !interrupted; ++i) {
        expect(left_);
        if (!skip(order[i])) run_one(order[i], round, i + 1);
        left_ -= expected_of(order[i]);
      }
    }
  }

  std::vector<SweepPoint> take_points() {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      SweepPoint& point = points_[i];
      point.summary = summarize(point.runs);
      add_theory(describe(plan_.settings[i]), point.summary);
      for (Run& run : point.runs) drop_buckets(run);
    }
    return std::move(points_);
  }

 private:
  struct Cell {
    std::size_t point;
    Transport transport;
  };
  struct Failure {
    double value;
    std::string reason;
  };

  Nanos expected_of(const Cell& cell) const { return expected_run_time(plan_.settings[cell.point]); }

  void run_one(const Cell& cell, std::uint64_t round, std::uint64_t order) {
    SweepPoint& point = points_[cell.point];
    LoadSettings settings = plan_.settings[cell.point];
    settings.plan.seed += round - 1;  // rounds differ in their random choices; the cells of a round do not
    settings.link = settings.link.with_capture_of(
        fmt::format("{}-{}-{}", messages::name(cell.transport), value_text(plan_.over.axis, point.value), round));
    const std::string what = fmt::format("{} at {}, round {} of {}", messages::name(cell.transport),
                                         value_words(plan_.over.axis, point.value), round, plan_.rounds);
    try {
      if (auto run = carry_out_({settings, cell.transport, what, cell.point})) {
        run->round = round;
        run->order = order;
        point.runs.push_back(std::move(*run));
      }
    } catch (const std::runtime_error& error) {
      fmt::print(stderr, "wirelab: {}; not tried again there, nor beyond\n", error.what());
      failures_[cell.transport].push_back({point.value, error.what()});
      add_missing(point, cell.transport, error.what());
    }
  }

  /// Whether it, or an easier one of its transport, could not be carried out before.
  bool skip(const Cell& cell) {
    SweepPoint& point = points_[cell.point];
    for (const Failure& failure : failures_[cell.transport]) {
      if (!as_hard(plan_.over.axis, point.value, failure.value)) continue;
      add_missing(point, cell.transport, "not tried, after " + failure.reason);
      return true;
    }
    return false;
  }

  static void add_missing(SweepPoint& point, Transport transport, const std::string& reason) {
    for (NotCarriedOut& missing : point.not_carried_out) {
      if (missing.transport != messages::name(transport)) continue;
      ++missing.runs;
      return;
    }
    point.not_carried_out.push_back({std::string(messages::name(transport)), 1, reason});
  }

  const SweepPlan& plan_;
  const CarryOut& carry_out_;
  std::vector<SweepPoint> points_;
  std::vector<Cell> cells_;
  Nanos left_{};
  std::map<Transport, std::vector<Failure>> failures_;
};

/// Whatever else would change with the axis is refused: a curve over two things at once is none.
void check_nothing_else_varies(const SweepCommand& command) {
  const LoadSettings& settings = command.each.settings;
  const Axis axis = command.over.axis;
  if (!settings.replay_file.empty() && (axis == Axis::rate || axis == Axis::payload))
    throw std::invalid_argument(fmt::format("--over {}: a replay has a {} of its own", name(axis), name(axis)));
  if (axis == Axis::loss && !settings.link.on())
    throw std::invalid_argument("--over loss: nothing is lost without a link; give its --rtt");
  if (axis == Axis::rate && settings.plan.publish.messages_max > 0 && !settings.duration)
    throw std::invalid_argument("--over rate with --messages: every point would last another time; give --duration");
}

}  // namespace

SweepPlan plan_of(const SweepCommand& command, std::string_view subcommand) {
  check_nothing_else_varies(command);
  SweepPlan plan{command.over, {}, command.each.transports, command.each.rounds};
  for (const double value : command.over.values) {
    LoadSettings settings = command.each.settings;
    set_value(command.over.axis, value, settings);
    try {
      complete(settings);
      if (command.each.server_program.empty()) check_limits(settings, subcommand);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("--over {} at {}: {}", name(command.over.axis),
                                              value_text(command.over.axis, value), error.what()));
    }
    plan.settings.push_back(std::move(settings));
  }
  return plan;
}

SweepResult start_record(const SweepPlan& plan, const CompareCommand& each, const Placement& placement) {
  SweepResult result;
  static_cast<Provenance&>(result) = provenance(each.command);
  result.over = {std::string(name(plan.over.axis)), std::string(key(plan.over.axis)), plan.over.values};
  result.configuration = describe(each, plan.settings.front(), placement);
  return result;
}

std::uint64_t runs_of(const SweepPlan& plan) { return plan.settings.size() * plan.transports.size() * plan.rounds; }

Nanos expected_of(const SweepPlan& plan) {
  Nanos expected{};
  for (const LoadSettings& settings : plan.settings)
    expected += expected_run_time(settings) * (plan.transports.size() * plan.rounds);
  return expected;
}

namespace {

void write_sweep(const SweepResult& result, const std::filesystem::path& folder, bool charts) {
  leave({.record = "sweep.json", .json = to_text(result), .text = sweep_text(result), .csv = sweep_csv(result)}, folder,
        charts);
}

}  // namespace

std::optional<std::string> why_nothing_ran(const std::vector<SweepPoint>& points) {
  std::optional<std::string> why;
  for (const SweepPoint& point : points) {
    if (!point.runs.empty()) return std::nullopt;
    for (const NotCarriedOut& missing : point.not_carried_out)
      if (!missing.reason.starts_with("not tried")) why = missing.reason;
  }
  return why;
}

namespace {

/// As of a comparison, for every point.
int judge_points_and_say(const SweepResult& result, const std::vector<std::string>& gates) {
  bool valid = true, held = true;
  for (const SweepPoint& point : result.points) {
    valid &= point.not_carried_out.empty() && judge_and_say(result_at(result, point), {}, /*aloud=*/false) == kOk;
    for (const std::string& gate : gates)
      for (const GateOutcome& outcome : check(parse_gate(gate), result_at(result, point))) {
        held &= outcome.held;
        fmt::print(stderr, "wirelab: at {}, --expect {}\n", value_words(parse_axis(result.over.axis), point.value),
                   outcome.sentence);
      }
  }
  if (!valid)
    fmt::print(stderr, "wirelab: not every run is VALID, and the report says why (exit code {})\n", int{kNotValid});
  return !valid ? kNotValid : !held ? kGateMissed : kOk;
}

}  // namespace

std::vector<SweepPoint> measure_points(const SweepPlan& plan, const CarryOut& carry_out,
                                       const std::function<void(Nanos left)>& expect,
                                       const std::atomic<bool>& interrupted) {
  PointRuns runs(plan, carry_out);
  runs.run(expect, interrupted);
  return runs.take_points();
}

void drop_unmeasured(std::vector<SweepPoint>& points) {
  std::erase_if(points, [](const SweepPoint& point) { return point.runs.empty() && point.not_carried_out.empty(); });
}

int sweep(SweepCommand command) {
  check_gates(command.each.gates);
  if (command.each.rounds == 0) throw std::invalid_argument("--rounds 0: give at least one");
  check_addresses("http://127.0.0.1", command.each.settings.plan.sources);
  const SweepPlan plan = plan_of(command, "sweep");
  for (const LoadSettings& settings : plan.settings) gain_rights_for(settings.link);
  const Placement placement = placement_of(command.each);
  SweepResult result = start_record(plan, command.each, placement);
  const auto output = make_output_folder(command.each.output, result.created_utc);

  const Interrupt interrupt;
  Runner runner(placement, interrupt);
  runner.announce(
      runs_of(plan),
      fmt::format("points: {}, transports: {}, rounds: {}", plan.settings.size(), plan.transports.size(), plan.rounds),
      expected_of(plan));
  result.points = measure_points(
      plan, [&](const RunRequest& request) { return runner.run(request); }, [&](Nanos left) { runner.expect(left); },
      interrupt.requested());
  runner.clear();
  drop_unmeasured(result.points);

  const auto why_nothing = why_nothing_ran(result.points);
  if (result.points.empty() || why_nothing) {
    drop_output_folder(output);
    if (why_nothing) throw std::runtime_error("not one run could be carried out: " + *why_nothing);
    fmt::print(stderr, "wirelab: stopped before anything was measured\n");
  } else {
    write_sweep(result, output, command.each.charts);
  }
  return interrupt.requested() ? interrupt.exit_code() : judge_points_and_say(result, command.each.gates);
}

}  // namespace wirelab::lab
