#include "lab/run/capacity_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "lab/run/capacity_probe.hpp"
#include "lab/run/round_order.hpp"
#include "lab/run/run.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;

constexpr std::string_view kInterrupted = "interrupted";

std::string_view outcome_name(Probe probe) {
  switch (probe) {
    case Probe::passed: return "passed";
    case Probe::missed: return "missed";
    case Probe::generator_limited: return "generator-limited";
    case Probe::not_carried_out: return "not-carried-out";
  }
  return {};
}

// -- the search of all transports --------------------------------------------------------------------------------

class Searches {
 public:
  Searches(const CapacityPlan& plan, const CarryOut& carry_out, std::vector<CapacityProbe>& probes)
      : plan_(plan), carry_out_(carry_out), probes_(probes) {
    for (const Transport transport : plan_.transports) searches_.emplace(transport, Search(plan_.search));
  }

  void run(const std::function<void(Nanos left)>& expect, const std::atomic<bool>& interrupted) {
    for (std::uint64_t turn = 1; !unfinished().empty(); ++turn)
      for (const Transport transport : order_of_round(unfinished(), turn, plan_.settings.plan.seed)) {
        if (interrupted) return;
        expect(expected_run_time(plan_.settings) * runs_left_max());
        run_one(transport);
      }
  }

  const Search& of(Transport transport) const { return searches_.at(transport); }

 private:
  std::vector<Transport> unfinished() const {
    std::vector<Transport> transports;
    for (const auto& [transport, search] : searches_)
      if (search.next()) transports.push_back(transport);
    return transports;
  }

  std::size_t runs_left_max() const {
    std::size_t runs = 0;
    for (const auto& [transport, search] : searches_) runs += search.runs_left_max();
    return runs;
  }

  /// Which of the runs at this value comes next, from 1.
  std::uint64_t repetition(std::string_view transport, double value) const {
    return 1 + static_cast<std::uint64_t>(std::count_if(probes_.begin(), probes_.end(), [&](const CapacityProbe& its) {
             return its.transport == transport && its.value == value;
           }));
  }

  void run_one(Transport transport) {
    Search& search = searches_.at(transport);
    CapacityProbe probe;
    probe.transport = messages::name(transport);
    probe.value = *search.next();
    const std::uint64_t repeated = repetition(probe.transport, probe.value);
    LoadSettings settings = plan_.settings;
    set_value(plan_.axis, probe.value, settings);
    settings.plan.seed += repeated - 1;  // the runs at a value differ in their random choices; the transports do not
    const std::string what =
        fmt::format("{} at {}, run {}", probe.transport, value_words(plan_.axis, probe.value), repeated);
    ProbeJudgement judgement;
    try {
      auto run = carry_out_({settings, transport, what});
      if (!run) return;  // a signal came before anything was measured
      run->round = repeated;
      run->order = probes_.size() + 1;
      judgement = judge_probe(*run, plan_.objective, settings.plan);
      drop_buckets(*run);
      probe.run = std::move(*run);
    } catch (const std::runtime_error& error) {
      fmt::print(stderr, "wirelab: {}\n", error.what());
      judgement.reason = error.what();
    }
    conclude(probe, judgement);
    if (probe.outcome != kInterrupted) search.heard(judgement.said);
    probes_.push_back(std::move(probe));
  }

  static void conclude(CapacityProbe& probe, const ProbeJudgement& judgement) {
    const bool interrupted = probe.run && probe.run->interrupted;
    probe.outcome = interrupted ? kInterrupted : outcome_name(judgement.said);
    probe.measured = judgement.measured;
    probe.at_least = judgement.at_least;
    probe.reason = interrupted ? "stopped before its end: it says nothing" : judgement.reason;
  }

  const CapacityPlan& plan_;
  const CarryOut& carry_out_;
  std::vector<CapacityProbe>& probes_;
  std::map<Transport, Search> searches_;
};

// -- the answer --------------------------------------------------------------------------------------------------

std::string_view limit_name(const Search& search) {
  if (search.next()) return "stopped";
  if (!search.failed()) return "end-of-search";
  switch (search.why()) {
    case Probe::generator_limited: return "load-generator";
    case Probe::not_carried_out: return "not-carried-out";
    default: return "objective";
  }
}

/// The reason of the first run at the value that failed which gave the search its own.
std::string reason_of_failure(const Search& search, std::string_view transport,
                              const std::vector<CapacityProbe>& probes) {
  for (const CapacityProbe& probe : probes)
    if (probe.transport == transport && probe.value == search.failed() && probe.outcome == outcome_name(search.why()))
      return probe.reason;
  return {};
}

std::string answer(const Search& search, std::string_view limit, const std::string& reason, Axis axis) {
  const auto words = [&](std::optional<double> value) { return value ? value_words(axis, *value) : ""; };
  const std::string passed = words(search.passed()), failed = words(search.failed());
  if (limit == "stopped" && !search.passed()) return "not known: stopped before anything was";
  if (limit == "stopped")
    return search.failed() && search.why() == Probe::missed
               ? fmt::format("at least {} and less than {}, when it was stopped", passed, failed)
               : fmt::format("at least {}, when it was stopped", passed);
  if (limit == "end-of-search") return fmt::format("at least {}, where the search ended", passed);
  const std::string at_least = search.passed() ? "at least " + passed : "not known";
  if (limit == "load-generator")
    return fmt::format("{}; at {} the load generator is at its limit, which says nothing of the server: {}", at_least,
                       failed, reason);
  if (limit == "not-carried-out") return fmt::format("{}; at {} nobody can tell: {}", at_least, failed, reason);
  return search.passed() ? fmt::format("{}; at {}: {}", passed, failed, reason)
                         : fmt::format("less than {}; there: {}", failed, reason);
}

Capacity conclude(const Search& search, std::string_view transport, const CapacityResult& result, Axis axis) {
  Capacity capacity{search.passed(), search.failed(), std::string(limit_name(search)), {}};
  capacity.words = answer(search, capacity.limit, reason_of_failure(search, transport, result.probes), axis);
  return capacity;
}

}  // namespace

void find_capacities(const CapacityPlan& plan, const CarryOut& carry_out, const std::function<void(Nanos left)>& expect,
                     const std::atomic<bool>& interrupted, CapacityResult& result) {
  Searches searches(plan, carry_out, result.probes);
  searches.run(expect, interrupted);
  for (const Transport transport : plan.transports)
    result.capacity[std::string(messages::name(transport))] =
        conclude(searches.of(transport), messages::name(transport), result, plan.axis);
}

}  // namespace wirelab::lab
