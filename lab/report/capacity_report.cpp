#include "lab/report/capacity_report.hpp"

#include <fmt/format.h>

#include "lab/report/caption.hpp"
#include "lab/report/report_csv.hpp"
#include "lab/result/axis.hpp"
#include "lab/result/figures.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/wrapped_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kTransportWidth = 14;

/// "20 to 10,000 subscribers"
Varied searched(const CapacityResult& result) {
  const Axis axis = parse_axis(result.search.axis);
  return {result.search.key,
          fmt::format("{} to {}", value_text(axis, result.search.from), value_words(axis, result.search.to))};
}

std::string answers(const CapacityResult& result) {
  std::string out =
      fmt::format("{} with {}, to within {:.3g}%; {} must agree at each\n",
                  result.search.axis == "clients" ? "Most subscribers" : "Highest rate", result.objective.text,
                  result.search.resolution_share * 100, plural(result.search.agree_runs, "run"));
  for (const std::string& transport : result.configuration.transports)
    if (const auto found = result.capacity.find(transport); found != result.capacity.end())
      out += fmt::format("  {:<{}}{}\n", transport, kTransportWidth - 2, wrap(found->second.words, kTransportWidth));
  return out;
}

std::string percent_of_core(std::optional<double> share_of_core) {
  return share_of_core ? significant(*share_of_core * 100) : "-";
}

std::string probe_line(const CapacityProbe& probe, Axis axis, const Figure& figure) {
  const auto server =
      probe.run && probe.run->server ? std::optional(probe.run->server->cpu_share_of_core) : std::nullopt;
  const auto generator = probe.run ? std::optional(probe.run->generator.cpu_share_of_core) : std::nullopt;
  const std::string measured =
      probe.measured ? (probe.at_least ? ">=" : "") + significant(*probe.measured / figure.shown_per_unit) : "-";
  return fmt::format("  {:<24}{:>14}{:>10}{:>10}   {}\n", value_words(axis, probe.value), measured,
                     percent_of_core(server), percent_of_core(generator), probe.outcome);
}

std::string probes(const CapacityResult& result) {
  const Axis axis = parse_axis(result.search.axis);
  const Figure& figure = *find_figure(result.objective.figure);
  std::string out = fmt::format("{:<26}{:>14}{:>10}{:>10}   {}\n", "Probes, as they ran", figure.title, "server %",
                                "load %", "outcome");
  for (const std::string& transport : result.configuration.transports) {
    out += transport + '\n';
    for (const CapacityProbe& probe : result.probes)
      if (probe.transport == transport) out += probe_line(probe, axis, figure);
  }
  return out;
}

constexpr const char* kCapacityLegend =
    "A probe passes when nothing was lost, the rate was met and the objective holds. 'missed': it does not, and the\n"
    "load generator is not to blame. 'generator-limited': nobody can tell, since the load generator was at its own\n"
    "limit, or reading the copies of one message took it longer than the objective allows. 'not-carried-out': there\n"
    "was no run, or none to be believed. %: of one core. '>=': among what was lost.\n";

}  // namespace

std::string capacity_text(const CapacityResult& result) {
  return caption(result.configuration, result, searched(result)) + '\n' + answers(result) + '\n' + probes(result) +
         '\n' + reservations(result) + kCapacityLegend;
}

std::string capacity_csv(const CapacityResult& result) {
  const auto number = [](std::optional<double> value) { return value ? fmt::format("{}", *value) : ""; };
  std::string out = fmt::format(
      "transport,{},run,outcome,{},at_least,verdict,server_cpu_share_of_core,generator_cpu_share_of_core,reason\r\n",
      result.search.key, result.objective.key);
  for (const CapacityProbe& probe : result.probes) {
    const Run* const run = probe.run ? &*probe.run : nullptr;
    out += fmt::format(
        "{},{},{},{},{},{:d},{},{},{},{}\r\n", probe.transport, probe.value, run ? fmt::format("{}", run->round) : "",
        probe.outcome, number(probe.measured), probe.at_least, run ? name(run->verdict) : "",
        number(run && run->server ? std::optional(run->server->cpu_share_of_core) : std::nullopt),
        number(run ? std::optional(run->generator.cpu_share_of_core) : std::nullopt), csv_quoted(probe.reason));
  }
  return out;
}

}  // namespace wirelab::lab
