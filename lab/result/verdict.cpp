#include "lab/result/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wirelab::lab {
namespace {

/// Below this a spread is the machine's breath, whatever it is in per cent.
constexpr double kAgeSpreadIgnoredUs = 500;

void find(Judgement& judgement, Verdict verdict, std::string reason) {
  judgement.verdict = std::max(judgement.verdict, verdict);
  judgement.reasons.push_back(std::move(reason));
}

double percent(double share) { return share * 100; }

void judge_messages(const Run& run, Judgement& judgement) {
  const MessageCounts& m = run.messages;
  if (m.lost > 0) find(judgement, Verdict::lossy, fmt::format("{} of {} deliveries did not come", m.lost, m.expected));
  if (m.duplicated > 0) find(judgement, Verdict::lossy, fmt::format("{} came more than once", m.duplicated));
  if (m.out_of_order > 0) find(judgement, Verdict::lossy, fmt::format("{} came out of order", m.out_of_order));
}

void judge_rate(const Run& run, Judgement& judgement) {
  const MessageCounts& m = run.messages;
  const double share = m.planned == 0 ? 1 : static_cast<double>(m.published) / static_cast<double>(m.planned);
  if (share < kRateShareMin)
    find(judgement, Verdict::rate_not_met,
         fmt::format("{} of {} messages were published ({:.1f}%; {:.0f}% are asked for)", m.published, m.planned,
                     percent(share), percent(kRateShareMin)));
}

void judge_bytes(const Run& run, Judgement& judgement) {
  const Witnesses& witnesses = run.bytes.witnesses;
  if (witnesses.disagreeing > 0)
    find(judgement, Verdict::witnesses_disagree,
         fmt::format("on {} of {} connections the kernel's count of bytes and what was parsed differ, by {} bytes",
                     witnesses.disagreeing, witnesses.connections, witnesses.bytes_off));
}

void judge_lag(const Run& run, Judgement& judgement) {
  const auto lag = generator_lag(run);
  if (!lag || !lag->more_than(kGeneratorLagShareMax)) return;
  find(judgement, Verdict::client_saturated,
       fmt::format("the load generator came {:.1f} ms late to what was due in it ({}), of an age of {:.1f} ms: its own "
                   "queue is in the ages",
                   lag->late_us / 1000, lag->percentile, lag->age_us / 1000));
}

void judge_generator(const Run& run, Judgement& judgement) {
  if (const double share = generator_share(run); share > kGeneratorShareMax)
    find(judgement, Verdict::client_saturated,
         fmt::format("the load generator used {:.0f}% of a core ({:.0f}% at most): its own queue is in the ages",
                     percent(share), percent(kGeneratorShareMax)));
  judge_lag(run, judgement);
  const Percentiles& lag = run.schedule_lag_us;
  if (lag.supports(99) ? lag.p99 > kScheduleLagMaxUs : lag.max > kScheduleLagMaxUs * 10)
    find(judgement, Verdict::client_saturated,
         fmt::format("messages were sent {:.1f} ms late (p99, or the latest of few; {:.0f} ms at most)",
                     (lag.supports(99) ? lag.p99 : lag.max) / 1000, kScheduleLagMaxUs / 1000));
}

void judge_link(const Run& run, Judgement& judgement) {
  if (!run.link) return;
  const Percentiles& added = run.link->relay_added_us;
  if (added.supports(99) ? added.p99 > kLinkAddedMaxUs : added.max > kLinkAddedMaxUs * 10)
    find(judgement, Verdict::link_late,
         fmt::format("the emulated link was {:.1f} ms late (p99, or the latest of few; {:.0f} ms at most)",
                     (added.supports(99) ? added.p99 : added.max) / 1000, kLinkAddedMaxUs / 1000));
  if (run.link->packets_not_taken > 0)
    find(judgement, Verdict::link_late,
         fmt::format("the emulated link was too slow for {} packets, which are lost", run.link->packets_not_taken));
}

/// (greatest - least) / middle of the values, 0 when there are fewer than two.
double spread(std::vector<double> values) {
  if (values.size() < 2) return 0;
  std::sort(values.begin(), values.end());
  const double middle = values[values.size() / 2];
  return middle > 0 ? (values.back() - values.front()) / middle : 0;
}

void judge_spread(const std::vector<const Run*>& runs, Judgement& judgement) {
  std::vector<double> ages, cpus;
  for (const Run* run : runs) {
    if (run->age_us.count > 0) ages.push_back(run->age_us.p50);
    if (run->server && run->window.delivered > 0)
      cpus.push_back(run->server->cpu_total_us / static_cast<double>(run->window.delivered));
  }
  const auto [least, greatest] = std::minmax_element(ages.begin(), ages.end());
  if (spread(ages) > kSpreadMax && *greatest - *least > kAgeSpreadIgnoredUs)
    find(judgement, Verdict::noisy,
         fmt::format("the rounds' median ages lie {:.0f}% apart ({:.0f}% at most)", percent(spread(ages)),
                     percent(kSpreadMax)));
  if (spread(cpus) > kSpreadMax)
    find(judgement, Verdict::noisy,
         fmt::format("the rounds' server CPU per delivered message lies {:.0f}% apart ({:.0f}% at most)",
                     percent(spread(cpus)), percent(kSpreadMax)));
}

}  // namespace

Judgement judge(const Run& run) {
  Judgement judgement;
  judge_messages(run, judgement);
  judge_rate(run, judgement);
  judge_bytes(run, judgement);
  judge_generator(run, judgement);
  judge_link(run, judgement);
  return judgement;
}

bool GeneratorLag::more_than(double share_of_age) const {
  return late_us > std::max(kGeneratorLagMaxUs, share_of_age * age_us);
}

std::optional<GeneratorLag> generator_lag(const Run& run) {
  if (!run.generator.lag_us) return std::nullopt;
  const Percentiles &lag = *run.generator.lag_us, &age = run.age_us;
  if (lag.supports(99) && age.supports(99)) return GeneratorLag{lag.p99, age.p99, "p99"};
  if (lag.supports(90) && age.supports(90)) return GeneratorLag{lag.p90, age.p90, "p90"};
  return std::nullopt;
}

double generator_share(const Run& run) {
  const GeneratorCost& generator = run.generator;
  const auto processors = static_cast<double>(std::max<std::uint64_t>(generator.processors.value_or(1), 1));
  return std::max(generator.cpu_share_of_core / processors, generator.busiest_thread_share_of_core.value_or(0));
}

bool generator_saturated(const Run& run) {
  Judgement judgement;
  judge_generator(run, judgement);
  return judgement.verdict == Verdict::client_saturated;
}

Judgement judge(const std::vector<const Run*>& runs) {
  Judgement judgement;
  for (const Run* run : runs) {
    const Judgement one = judge(*run);
    for (const std::string& reason : one.reasons)
      find(judgement, one.verdict, fmt::format("round {}: {}", run->round, reason));
  }
  judge_spread(runs, judgement);
  return judgement;
}

}  // namespace wirelab::lab
