#include "lab/run/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "lab/process/exit_code.hpp"
#include "lab/process/interrupt.hpp"
#include "lab/report/capacity_report.hpp"
#include "lab/report/output_files.hpp"
#include "lab/result/figures.hpp"
#include "lab/run/capacity_probe.hpp"
#include "lab/run/capacity_search.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

/// Messages that a run publishes in its window.
double messages_of(const LoadSettings& settings) {
  const clients::PublishPlan& publish = settings.plan.publish;
  if (!publish.replay.empty()) return static_cast<double>(publish.replay.size());
  const double window_s = std::chrono::duration<double>(measured_duration(settings)).count();
  const double by_rate = publish.rate_per_second * window_s;
  return publish.messages_max > 0 ? std::min(by_rate, static_cast<double>(publish.messages_max)) : by_rate;
}

/// A percentile that the first probe could not show would fail every transport at once, and for no fault of its own.
void check_deliveries(const LoadSettings& settings, const Gate& objective) {
  const double deliveries = messages_of(settings) * static_cast<double>(settings.plan.subscribers) /
                            static_cast<double>(settings.plan.channels);
  const double needed = deliveries_needed(objective);
  if (deliveries < needed - 1e-6)
    throw std::invalid_argument(fmt::format(
        "--objective {}: that takes {:.0f} deliveries a run, and the first probe would have {:.0f}: give a longer "
        "--duration, a higher --rate or a higher --from",
        objective.text, needed, deliveries));
}

/// More load must make it harder to hold, or there would be no most.
Gate objective_of(const CapacityCommand& command) {
  const Gate objective = parse_objective(command.objective);
  using enum Gate::Relation;
  const bool more_is_better = objective.figure == "delivered";
  const bool fits = more_is_better ? objective.relation == greater || objective.relation == greater_or_equal
                                   : objective.relation == less || objective.relation == less_or_equal;
  if (!fits)
    throw std::invalid_argument(fmt::format("--objective {}: a search for the most needs a limit to {}: write {} {}",
                                            objective.text, objective.figure, objective.figure,
                                            more_is_better ? "> or >=" : "< or <="));
  return objective;
}

SearchPlan search_plan(const CapacityCommand& command) {
  if (command.axis != Axis::clients && command.axis != Axis::rate)
    throw std::invalid_argument(fmt::format("--of {}: give clients or rate", name(command.axis)));
  SearchPlan plan;
  plan.step = command.axis == Axis::clients ? 1 : 0.001;
  if (!command.from.empty()) plan.from = parse_value(command.axis, command.from);
  if (!command.to.empty()) plan.to = parse_value(command.axis, command.to);
  plan.resolution = command.resolution;
  plan.agree = command.agree;
  if (plan.from >= plan.to)
    throw std::invalid_argument(fmt::format("--from {} --to {}: nothing lies between",
                                            value_text(command.axis, plan.from), value_text(command.axis, plan.to)));
  if (plan.resolution < kResolutionMin || plan.resolution > 1)
    throw std::invalid_argument(
        fmt::format("--resolution {}%: give {}% to 100%", plan.resolution * 100, kResolutionMin * 100));
  if (plan.agree == 0) throw std::invalid_argument("--agree 0: give at least one");
  return plan;
}

CapacityPlan capacity_plan_of(const CapacityCommand& command) {
  CapacityPlan plan{objective_of(command), command.axis, search_plan(command), command.each.settings,
                    command.each.transports};
  if (!plan.settings.replay_file.empty() && plan.axis == Axis::rate)
    throw std::invalid_argument("--of rate: a replay has a rate of its own");
  if (plan.axis == Axis::rate && plan.settings.plan.publish.messages_max > 0)
    throw std::invalid_argument("--of rate with --messages: every probe would last another time; give --duration");
  LoadSettings hardest = plan.settings;
  set_value(plan.axis, plan.search.to, hardest);
  complete(hardest);
  if (command.each.server_program.empty()) check_limits(hardest, "capacity");
  set_value(plan.axis, plan.search.from, plan.settings);
  complete(plan.settings);
  check_deliveries(plan.settings, plan.objective);
  return plan;
}

CapacityResult start_record(const CapacityPlan& plan, const CompareCommand& each, const Placement& placement) {
  CapacityResult result;
  static_cast<Provenance&>(result) = provenance(each.command);
  result.objective = {plan.objective.text, plan.objective.figure, std::string(find_figure(plan.objective.figure)->key),
                      plan.objective.bound};
  result.search = {std::string(name(plan.axis)),
                   std::string(key(plan.axis)),
                   plan.search.from,
                   plan.search.to,
                   plan.search.resolution,
                   plan.search.agree};
  result.configuration = describe(each, plan.settings, placement);
  return result;
}

void write_capacity(const CapacityResult& result, const std::filesystem::path& folder, bool charts) {
  leave(
      {.record = "capacity.json", .json = to_text(result), .text = capacity_text(result), .csv = capacity_csv(result)},
      folder, charts);
}

int say_what_is_not_known(const CapacityResult& result) {
  bool known = true;
  for (const auto& [transport, its] : result.capacity) known &= its.passed.has_value() || its.limit == "objective";
  if (!known)
    fmt::print(stderr, "wirelab: not every transport's capacity is known, and the report says why (exit code {})\n",
               int{kNotValid});
  return known ? kOk : kNotValid;
}

}  // namespace

int capacity(CapacityCommand command) {
  command.each.rounds = 1;
  const CapacityPlan plan = capacity_plan_of(command);
  if (!plan.settings.link.pcap_file.empty())
    throw std::invalid_argument("--pcap: a capacity is found by many runs; capture one of them with `wirelab load`");
  check_addresses("http://127.0.0.1", plan.settings.plan.sources);
  gain_rights_for(plan.settings.link);
  const Placement placement = placement_of(command.each);
  CapacityResult result = start_record(plan, command.each, placement);
  const auto output = make_output_folder(command.each.output, result.created_utc);

  const Interrupt interrupt;
  Runner runner(placement, interrupt);
  const std::size_t runs = Search(plan.search).runs_left_max() * plan.transports.size();
  runner.announce(runs,
                  fmt::format("at most; transports: {}, objective: {}", plan.transports.size(), command.objective),
                  expected_run_time(plan.settings) * runs);
  find_capacities(
      plan, [&](const RunRequest& request) { return runner.run(request); }, [&](Nanos left) { runner.expect(left); },
      interrupt.requested(), result);
  runner.clear();

  const bool ran = std::any_of(result.probes.begin(), result.probes.end(), [](const auto& probe) { return probe.run; });
  if (!ran) {
    drop_output_folder(output);
    if (!result.probes.empty())
      throw std::runtime_error("not one run could be carried out: " + result.probes.front().reason);
    fmt::print(stderr, "wirelab: stopped before anything was measured\n");
  } else {
    write_capacity(result, output, command.each.charts);
  }
  return interrupt.requested() ? interrupt.exit_code() : say_what_is_not_known(result);
}

}  // namespace wirelab::lab
