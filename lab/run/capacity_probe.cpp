#include "lab/run/capacity_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "lab/result/figures.hpp"
#include "lab/result/summary.hpp"
#include "lab/result/verdict.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/units.hpp"
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

/// Of the lanes, so many busy on average: then there were moments with none to spare.
constexpr double kLanesBusyShare = 0.5;

bool is_pushed(Transport transport) { return transport == Transport::long_poll || transport == Transport::websocket; }

std::string in_ms(double us) { return significant(us / 1000) + " ms"; }

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
  const std::string server = burst.server_us ? in_ms(*burst.server_us) : "an unknown time";
  return fmt::format("the copies of one message take {} of the server's processor and {} of the load generator's",
                     server, in_ms(burst.generator_us));
}

/// The age that polling makes by itself, were the server infinitely fast; null for what is pushed.
std::optional<double> age_of_polling_us(Transport transport, const clients::LoadPlan& plan, double percentile) {
  if (is_pushed(transport)) return std::nullopt;
  model::Situation situation;
  situation.poll_interval = plan.client.poll_interval;
  return model::predict(transport, situation).age.percentile(percentile).count() * 1e6;
}

/// The same with every age counted from the actual send: what sending late adds to it is forgiven.
Summary from_send(Summary summary) {
  summary.age_us = summary.age_from_send_us;
  summary.age_of_expected_us = summary.age_from_send_of_expected_us;
  if (summary.censored) summary.censored->age_min_us = summary.censored->age_from_send_min_us;
  return summary;
}

/// POSTs under way at once, on average, by Little's law.
double lanes_busy(const Run& run, const clients::LoadPlan& plan) {
  const double per_second = static_cast<double>(run.messages.published) / std::max(run.window.duration_s, 1e-9);
  return std::min(per_second * run.publish_time_us.mean / 1e6, static_cast<double>(plan.publish.lanes_max));
}

/// Whether the publisher waited for the server: it was late while its lanes were busy, and messages were too old even
/// from the send. A publisher that is late with lanes to spare is late by itself.
bool server_made_it_late(const Run& run, const Gate& objective, const clients::LoadPlan& plan, const Summary& summary) {
  if (generator_share(run) > kGeneratorShareMax) return false;
  return lanes_busy(run, plan) >= kLanesBusyShare * static_cast<double>(plan.publish.lanes_max) &&
         !holds(objective, from_send(summary));
}

/// Who stood in the way of a run that did not pass.
Probe who_is_to_blame(const Run& run, const Gate& objective, const clients::LoadPlan& plan, const Summary& summary) {
  if (run.verdict == Verdict::witnesses_disagree) return Probe::not_carried_out;
  const auto percentile = percentile_of(objective);
  const auto burst = burst_of(run, plan);
  const bool too_slow = percentile && burst && is_generators_burst(*burst, objective, *percentile);
  if (too_slow && !holds(objective, summary)) return Probe::generator_limited;
  if (!generator_saturated(run)) return Probe::missed;
  return percentile && server_made_it_late(run, objective, plan, summary) ? Probe::missed : Probe::generator_limited;
}

/// All that is known of why an age is too high.
std::vector<std::string> age_words(const Run& run, const Gate& objective, const clients::LoadPlan& plan,
                                   const Summary& summary, double percentile) {
  std::vector<std::string> words;
  const auto sent = find_figure(objective.figure)->value(from_send(summary));
  if (generator_saturated(run) && sent)
    words.push_back(fmt::format("from the actual send {}, with {} of {} lanes waiting for the server", in_ms(*sent),
                                significant(lanes_busy(run, plan)), plan.publish.lanes_max));
  if (const auto burst = burst_of(run, plan)) words.push_back(burst_words(*burst));
  const auto polling_us = age_of_polling_us(*messages::parse_transport(run.transport), plan, percentile);
  if (polling_us && *polling_us >= objective.bound)
    words.push_back(fmt::format("polls every {} make it {} by themselves, however fast the server",
                                in_ms(to_us(plan.client.poll_interval)), in_ms(*polling_us)));
  return words;
}

std::string verdict_words(const Run& run) {
  return fmt::format("{}: {}", name(run.verdict), fmt::join(run.reasons, "; "));
}

std::string reason_of(const Run& run, const Gate& objective, const clients::LoadPlan& plan, const Summary& summary,
                      const ProbeJudgement& judgement) {
  std::vector<std::string> parts;
  const bool server_was_it = judgement.said == Probe::missed && run.verdict == Verdict::client_saturated;
  if (run.verdict != Verdict::valid && !server_was_it) parts.push_back(verdict_words(run));
  if (judgement.measured && !holds(objective, summary)) {
    parts.push_back(figure_words(objective, *judgement.measured, judgement.at_least));
    if (const auto percentile = percentile_of(objective))
      for (std::string& words : age_words(run, objective, plan, summary, *percentile))
        parts.push_back(std::move(words));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// Whether its defect, if any, can only have made the figure worse: a generator at its limit adds to ages, so what
/// holds all the same holds.
bool speaks_for_the_server(const Run& run, const Gate& objective) {
  return run.verdict == Verdict::valid || (run.verdict == Verdict::client_saturated && percentile_of(objective));
}

}  // namespace

ProbeJudgement judge_probe(const Run& run, const Gate& objective, const clients::LoadPlan& plan) {
  const Figure& figure = *find_figure(objective.figure);
  const Summary summary = summarize(std::vector<const Run*>{&run});
  const bool held = holds(objective, summary);
  ProbeJudgement judgement;
  judgement.measured = figure.value(summary);
  judgement.at_least = judgement.measured && figure.at_least(summary);
  if (held && speaks_for_the_server(run, objective)) {
    judgement.said = Probe::passed;
  } else if (run.verdict == Verdict::valid && !judgement.measured) {
    judgement.reason = fmt::format("{}: too few deliveries to tell", figure.title);
  } else {
    judgement.said = who_is_to_blame(run, objective, plan, summary);
    judgement.reason = reason_of(run, objective, plan, summary, judgement);
  }
  return judgement;
}

double deliveries_needed(const Gate& objective) {
  const auto percentile = percentile_of(objective);
  if (!percentile) return 0;
  if (objective.figure == "mean" || objective.figure == "max") return 1;
  return 10 / (1 - *percentile / 100);
}

std::string figure_words(const Gate& objective, double value, bool at_least) {
  const Figure& figure = *find_figure(objective.figure);
  const auto comma = figure.title.find(", ");
  const std::string unit = comma == std::string_view::npos ? "" : " " + std::string(figure.title.substr(comma + 2));
  return fmt::format("{} {} {}{}", figure.title.substr(0, comma), at_least ? ">=" : "=",
                     significant(value / figure.shown_per_unit), unit);
}

}  // namespace wirelab::lab
