#include "lab/report/troubles.hpp"

#include <fmt/format.h>

#include <optional>

#include "lab/report/result_table.hpp"
#include "lab/result/expected_age.hpp"
#include "lab/result/verdict.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

std::string list_reasons(const std::map<std::string, std::uint64_t>& reasons) {
  std::string out;
  for (const auto& [reason, times] : reasons)
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", reason, grouped(times));
  return out;
}

/// What should not have happened, over the runs of one transport.
struct Troubles {
  MessageCounts messages;
  std::uint64_t failures = 0, clamped = 0, interrupted = 0, without_load = 0;
  std::optional<Censored> censored;
  std::optional<GeneratorLag> lag;  ///< the worst that is to be told
  std::map<std::string, std::uint64_t> reasons;
};

Troubles add_up(const std::string& transport, const std::vector<Run>& runs) {
  Troubles all;
  std::vector<const Run*> of_transport;
  MessageCounts& sum = all.messages;
  for (const Run& run : runs) {
    if (run.transport != transport) continue;
    of_transport.push_back(&run);
    const MessageCounts& m = run.messages;
    sum.planned += m.planned, sum.published += m.published, sum.publish_failures += m.publish_failures;
    sum.lost += m.lost, sum.duplicated += m.duplicated, sum.out_of_order += m.out_of_order;
    sum.gaps += m.gaps, sum.foreign += m.foreign;
    all.failures += run.window.failures;
    all.clamped += run.age_us.clamped;
    all.interrupted += run.interrupted;
    all.without_load += !run.server;
    const auto lag = generator_lag(run);
    if (lag && lag->more_than(kGeneratorLagShareTold) && (!all.lag || lag->late_us > all.lag->late_us)) all.lag = lag;
    for (const auto& [reason, times] : run.window.failure_reasons) all.reasons[reason] += times;
  }
  all.censored = censored_of(of_transport);
  return all;
}

std::string waited_for(const Troubles& all) {
  return all.censored ? fmt::format(", not come after {} ms at least", significant(all.censored->age_min_us / 1000))
                      : "";
}

/// One line, or nothing.
std::string problems(const std::string& transport, const std::vector<Run>& runs) {
  const Troubles all = add_up(transport, runs);
  const MessageCounts& sum = all.messages;
  std::string out;
  const auto add = [&](bool wrong, const std::string& what) {
    if (wrong) out += (out.empty() ? " " : "; ") + what;
  };
  add(all.interrupted > 0, "interrupted before its end");
  add(sum.published < sum.planned,
      fmt::format("only {} of {} planned messages published", grouped(sum.published), grouped(sum.planned)));
  add(sum.lost > 0, fmt::format("{} of what was expected lost{}", grouped(sum.lost), waited_for(all)));
  add(sum.duplicated > 0, grouped(sum.duplicated) + " duplicated");
  add(sum.out_of_order > 0, grouped(sum.out_of_order) + " out of order");
  add(sum.gaps > 0, plural(sum.gaps, "gap") + " announced");
  add(sum.foreign > 0, plural(sum.foreign, "message") + " that we did not publish");
  add(sum.publish_failures > 0, plural(sum.publish_failures, "failed attempt") + " to publish");
  add(!all.reasons.empty(),
      fmt::format("failures ({} in the window): {}", grouped(all.failures), list_reasons(all.reasons)));
  add(all.clamped > 0, plural(all.clamped, "age") + " beyond the histogram");
  if (all.lag)
    add(true,
        fmt::format("the load generator came up to {:.1f} ms late to what was due in it ({}), of an age of {:.1f} ms",
                    all.lag->late_us / 1000, all.lag->percentile, all.lag->age_us / 1000));
  add(all.without_load > 0, "the server has no GET /load of wirelab's form, so its cost is unknown (--server-pid)");
  return out.empty() ? "" : fmt::format("! {}:{}\n", transport, out);
}

}  // namespace

std::string troubles(const Result& result) {
  std::string out;
  for (const std::string& transport : measured_transports(result)) out += problems(transport, result.runs);
  return out;
}

std::string verdicts(const Result& result) {
  std::string out;
  for (const std::string& transport : measured_transports(result)) {
    const Summary& summary = result.summary.at(transport);
    if (summary.verdict == Verdict::valid) continue;
    out += fmt::format("verdict: {} {}\n", transport, name(summary.verdict));
    for (const std::string& reason : summary.reasons) out += fmt::format("  {}\n", reason);
  }
  return out.empty() ? "verdict: VALID\n" : out;
}

}  // namespace wirelab::lab
