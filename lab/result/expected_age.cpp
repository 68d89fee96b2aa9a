#include "lab/result/expected_age.hpp"

#include <algorithm>
#include <cmath>

#include "lab/result/distribution.hpp"

namespace wirelab::lab {
namespace {

std::optional<AgeBound> bound(const ExpectedPercentiles& of, const AgePercentile& percentile,
                              std::optional<double> lost_at_least_us) {
  if (!of.supports(percentile.percentile)) return std::nullopt;
  if (const auto us = of.*percentile.member) return AgeBound{*us, false};
  return AgeBound{lost_at_least_us.value_or(0), true};
}

}  // namespace

std::optional<AgeBound> age_at(const Summary& summary, const AgePercentile& percentile) {
  const auto& censored = summary.censored;
  return bound(summary.age_of_expected_us, percentile, censored ? std::optional(censored->age_min_us) : std::nullopt);
}

std::optional<AgeBound> age_from_send_at(const Summary& summary, const AgePercentile& percentile) {
  const auto& censored = summary.censored;
  return bound(summary.age_from_send_of_expected_us, percentile,
               censored ? std::optional(censored->age_from_send_min_us) : std::nullopt);
}

std::optional<AgeBound> age_max(const Summary& summary) {
  if (summary.age_of_expected_us.count == 0) return std::nullopt;
  const double lost_us = summary.censored ? summary.censored->age_min_us : 0;
  return AgeBound{std::max(summary.age_us.max, lost_us), summary.lost > 0};
}

ExpectedPercentiles of_expected(const std::vector<const Distribution*>& distributions, const Percentiles& ages,
                                std::uint64_t lost) {
  ExpectedPercentiles all;
  all.count = ages.count + lost;
  if (lost == 0) {
    if (ages.count > 0) all.p50 = ages.p50, all.p90 = ages.p90, all.p99 = ages.p99, all.p999 = ages.p999;
    return all;
  }
  const auto delivered = static_cast<double>(ages.count), expected = static_cast<double>(all.count);
  for (const AgePercentile& percentile : {kP50, kP90, kP99, kP999}) {
    const double rank = std::ceil(percentile.percentile / 100 * expected - 1e-9);
    if (rank <= delivered) all.*percentile.member = percentile_us(distributions, 100 * rank / delivered);
  }
  return all;
}

std::optional<Censored> censored_of(const std::vector<const Run*>& runs) {
  std::optional<Censored> all;
  for (const Run* run : runs) {
    if (!run->censored) continue;
    const Censored& its = *run->censored;
    if (!all) {
      all = its;
      continue;
    }
    all->count += its.count;
    all->age_min_us = std::min(all->age_min_us, its.age_min_us);
    all->age_from_send_min_us = std::min(all->age_from_send_min_us, its.age_from_send_min_us);
  }
  return all;
}

}  // namespace wirelab::lab
