#pragma once
// The searches of several transports side by side: which probe comes next, what each said, and the answers in words.
#include <atomic>
#include <functional>
#include <vector>

#include "lab/result/axis.hpp"
#include "lab/result/capacity_result.hpp"
#include "lab/result/gates.hpp"
#include "lab/result/load_settings.hpp"
#include "lab/run/runner.hpp"
#include "lab/run/search.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

struct CapacityPlan {
  Gate objective;
  Axis axis = Axis::clients;
  SearchPlan search;
  LoadSettings settings;  ///< of a probe, but for the axis; after complete()
  std::vector<messages::Transport> transports;
};

/// Fills in `capacity` and `probes`. The transports' searches take turns, a run each, so that what drifts in the
/// machine meets all of them. `expect` hears before each run what is left at most.
void find_capacities(const CapacityPlan& plan, const CarryOut& carry_out, const std::function<void(Nanos left)>& expect,
                     const std::atomic<bool>& interrupted, CapacityResult& result);

}  // namespace wirelab::lab
