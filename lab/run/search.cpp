#include "lab/run/search.hpp"

#include <algorithm>
#include <cmath>

namespace wirelab::lab {
namespace {

/// To three significant digits, or to the step where that is coarser.
double rounded(double value, double step) {
  const double digit = std::pow(10, std::floor(std::log10(value)) - 2);
  const double unit = std::max(step, digit);
  // Where the unit is a fraction, its reciprocal is whole and makes 0.3 of three tenths, not 0.30000000000000004.
  return unit < 1 ? std::round(value / unit) / std::round(1 / unit) : std::round(value / unit) * unit;
}

/// The less it says of what is looked at, the graver: a search must not blame it for what may be another's.
int gravity(Probe probe) { return static_cast<int>(probe); }

}  // namespace

Search::Search(const SearchPlan& plan) : plan_(plan), next_(plan.from) {}

void Search::heard(Probe probe) {
  if (probe == Probe::passed) {
    ++passes_;
  } else {
    ++failures_;
    if (gravity(probe) > gravity(gravest_)) gravest_ = probe;
  }
  if (std::max(passes_, failures_) >= plan_.agree) decide();
}

void Search::decide() {
  if (passes_ > failures_) {
    passed_ = next_;
  } else {
    failed_ = next_;
    why_ = gravest_;
  }
  passes_ = failures_ = 0;
  gravest_ = Probe::missed;
  next_ = after(passed_, failed_);
}

std::optional<double> Search::after(std::optional<double> passed, std::optional<double> failed) const {
  if (!passed) return std::nullopt;  // the first value failed: what is below it was not asked
  if (!failed) {
    if (*passed >= plan_.to) return std::nullopt;
    return std::min(2 * *passed, plan_.to);
  }
  if (*failed - *passed <= std::max(plan_.step, plan_.resolution * *passed) * (1 + 1e-9)) return std::nullopt;
  return rounded(std::sqrt(*passed * *failed), plan_.step);
}

std::size_t Search::runs_left_max() const {
  if (!next_) return 0;
  double gap = 2;  // in ratio; what doubling leaves
  std::size_t values = 0;
  if (failed_)
    gap = *failed_ / *passed_;
  else
    for (std::optional<double> value = next_; value; value = after(value, std::nullopt)) ++values;
  const double halvings = std::log2(std::log(gap) / std::log1p(plan_.resolution));
  values += static_cast<std::size_t>(std::max(0.0, std::ceil(halvings))) + 1;  // and one, since values are rounded
  return values * (2 * plan_.agree - 1) - passes_ - failures_;
}

}  // namespace wirelab::lab
