#include "lab/capacity_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "lab/figures.hpp"
#include "lab/number_text.hpp"
#include "lab/summary.hpp"
#include "lab/units.hpp"
#include "lab/verdict.hpp"
#include "messages/transport.hpp"
#include "model/delivery.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;

/// Of the figures that are ages; the mean is of a uniform wait what its median is.
std::optional<double> percentile_of(const Gate& objective) {
  static const std::map<std::string_view, double> all = {{"mean", 50}, {"p50", 50},    {"p90", 90},
                                                         {"p99", 99},  {"p999", 99.9}, {"max", 100}};
  const auto found = all.find(objective.figure);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

bool is_pushed(Transport transport) { return transport == Transport::long_poll || transport == Transport::websocket; }

std::string ms(double us) { return significant(us / 1000) + " ms"; }

/// What the copies of one message take of each side's processor, in microseconds: the last of them cannot be faster.
struct Burst {
  std::optional<double> server_us;  ///< null: the server does not tell
  double generator_us = 0;
};

/// Null for polls, which come when they please and not all at once.
std::optional<Burst> burst_of(const Run& run, const clients::LoadPlan& plan) {
  if (!is_pushed(*messages::parse_transport(run.transport)) || run.window.delivered == 0) return std::nullopt;
  const auto delivered = static_cast<double>(run.window.delivered);
  const double copies = static_cast<double>(run.subscribers) / static_cast<double>(plan.channels);
  Burst burst;
  burst.generator_us = run.generator.cpu_total_us / delivered * copies / static_cast<double>(plan.threads);
  if (run.server) burst.server_us = run.server->cpu_total_us / delivered * copies;
  return burst;
}

/// Whether reading the copies alone makes an age that misses the objective, and writing them does not.
bool is_generators_burst(const Burst& burst, const Gate& objective, double percentile) {
  const double share = percentile / 100;
  return burst.generator_us * share >= objective.bound && burst.server_us.value_or(0) * share < objective.bound;
}

std::string burst_words(const Burst& burst) {
  const std::string server = burst.server_us ? ms(*burst.server_us) : "an unknown time";
  return fmt::format("the copies of one message take {} of the server's processor and {} of the load generator's",
                     server, ms(burst.generator_us));
}

/// The age that polling makes by itself, were the server infinitely fast; null for what is pushed.
std::optional<double> age_of_polling_us(Transport transport, const clients::LoadPlan& plan, double percentile) {
  if (is_pushed(transport)) return std::nullopt;
  model::Situation situation;
  situation.poll_interval = plan.client.poll_interval;
  return model::predict(transport, situation).age.percentile(percentile).count() * 1e6;
}

/// Why an age of a VALID run is too high, as far as that can be told.
void explain_age(const Run& run, const Gate& objective, const clients::LoadPlan& plan, double percentile,
                 ProbeJudgement& judgement) {
  const Transport transport = *messages::parse_transport(run.transport);
  if (const auto burst = burst_of(run, plan)) {
    judgement.reason += "; " + burst_words(*burst);
    if (is_generators_burst(*burst, objective, percentile)) judgement.said = Probe::generator_limited;
  }
  const auto polling_us = age_of_polling_us(transport, plan, percentile);
  if (polling_us && *polling_us >= objective.bound)
    judgement.reason += fmt::format("; polls every {} make it {} by themselves, however fast the server",
                                    ms(to_us(plan.client.poll_interval)), ms(*polling_us));
}

}  // namespace

ProbeJudgement judge_probe(const Run& run, const Gate& objective, const clients::LoadPlan& plan) {
  const Figure& figure = *find_figure(objective.figure);
  const Summary summary = summarize(std::vector<const Run*>{&run});
  ProbeJudgement judgement;
  judgement.measured = figure.value(summary);
  judgement.at_least = judgement.measured && figure.at_least(summary);
  if (run.verdict != Verdict::valid) {
    judgement.reason = fmt::format("{}: {}", name(run.verdict), fmt::join(run.reasons, "; "));
    judgement.said = generator_saturated(run)                     ? Probe::generator_limited
                     : run.verdict == Verdict::witnesses_disagree ? Probe::not_carried_out
                                                                  : Probe::missed;
  } else if (!judgement.measured) {
    judgement.reason = fmt::format("{}: too few deliveries to tell", figure.title);
  } else if (holds(objective, summary)) {
    judgement.said = Probe::passed;
  } else {
    judgement.said = Probe::missed;
    judgement.reason = figure_words(objective, *judgement.measured);
    if (const auto percentile = percentile_of(objective)) explain_age(run, objective, plan, *percentile, judgement);
  }
  return judgement;
}

double deliveries_needed(const Gate& objective) {
  const auto percentile = percentile_of(objective);
  if (!percentile) return 0;
  if (objective.figure == "mean" || objective.figure == "max") return 1;
  return 10 / (1 - *percentile / 100);
}

std::string figure_words(const Gate& objective, double value) {
  const Figure& figure = *find_figure(objective.figure);
  const auto comma = figure.title.find(", ");
  const std::string unit = comma == std::string_view::npos ? "" : " " + std::string(figure.title.substr(comma + 2));
  return fmt::format("{} = {}{}", figure.title.substr(0, comma), significant(value / figure.shown_per_unit), unit);
}

}  // namespace wirelab::lab
