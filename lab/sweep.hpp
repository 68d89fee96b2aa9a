#pragma once
// `wirelab sweep`: a comparison at each of several points of one axis, for curves instead of points. A round runs every
// transport at every point once, in a seeded random order, so that what drifts in the machine bends no curve.
#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "lab/axis.hpp"
#include "lab/compare.hpp"
#include "lab/runner.hpp"
#include "lab/sweep_result.hpp"
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

struct SweepPlan {
  Over over;
  std::vector<LoadSettings> settings;  ///< of each point, after complete()
  std::vector<messages::Transport> transports;
  std::uint64_t rounds = 3;
};

/// The points that were measured, at least in part. Where a run cannot be carried out its transport is not run again
/// at that point nor at a harder one, and the point says so. `expect` hears before each run what is left.
std::vector<SweepPoint> measure_points(const SweepPlan& plan, const CarryOut& carry_out,
                                       const std::function<void(Nanos left)>& expect,
                                       const std::atomic<bool>& interrupted);

}  // namespace wirelab::lab
