#pragma once
// `wirelab sweep`: a comparison at each of several points of one axis, for curves instead of points. A round runs every
// transport at every point once, in a seeded random order, so that what drifts in the machine bends no curve.
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/result/axis.hpp"
#include "lab/result/sweep_result.hpp"
#include "lab/run/compare.hpp"
#include "lab/run/runner.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

struct SweepCommand {
  CompareCommand each;  ///< how every point is measured
  Over over;            ///< wins over the flag of the same name
};

/// Runs it, prints the table on standard output and leaves sweep.json, report.txt, report.csv and charts in the output
/// folder; returns the exit code. Throws std::invalid_argument for settings that cannot be run, std::runtime_error when
/// not one run could be carried out.
int sweep(SweepCommand command);

/// What is to be measured, point by point. An experiment (lab/run/experiment.hpp) puts several sweeps' points into one.
struct SweepPlan {
  Over over;
  std::vector<LoadSettings> settings;  ///< of each point, after complete()
  std::vector<messages::Transport> transports;
  std::uint64_t rounds = 3;
};

/// Throws std::invalid_argument that names the value, for settings that cannot be run or that would change more along
/// the axis than what is swept. `subcommand` is whose servers' limits they must keep.
SweepPlan plan_of(const SweepCommand& command, std::string_view subcommand);
std::uint64_t runs_of(const SweepPlan& plan);
Nanos expected_of(const SweepPlan& plan);

/// All but the points.
SweepResult start_record(const SweepPlan& plan, const CompareCommand& each, const Placement& placement);

/// One for each of the plan's; without a run where a signal came first. Where a run cannot be carried out its transport
/// is not run again at that point nor at a harder one, and the point says so. `expect` hears before each run what is
/// left.
std::vector<SweepPoint> measure_points(const SweepPlan& plan, const CarryOut& carry_out,
                                       const std::function<void(Nanos left)>& expect,
                                       const std::atomic<bool>& interrupted);

/// Takes those away that a signal came before.
void drop_unmeasured(std::vector<SweepPoint>& points);
/// The first run that could not be carried out, if that is all there is to tell.
std::optional<std::string> why_nothing_ran(const std::vector<SweepPoint>& points);

}  // namespace wirelab::lab
