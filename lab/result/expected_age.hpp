#pragma once
// Ages over everything that was expected. A delivery that never came is a sample too, a censored one: all that is known
// of its age is that it exceeds what the run waited. It is not left out, as if only good news counted: the lost rank
// behind all that came, and a percentile that falls among them is known from below only.
#include <optional>

#include "lab/result/result.hpp"

namespace wirelab::lab {

struct AgePercentile {
  double percentile;
  std::optional<double> ExpectedPercentiles::*member;
};

inline constexpr AgePercentile kP50{50, &ExpectedPercentiles::p50}, kP90{90, &ExpectedPercentiles::p90},
    kP99{99, &ExpectedPercentiles::p99}, kP999{99.9, &ExpectedPercentiles::p999};

struct AgeBound {
  double us = 0;
  bool at_least = false;  ///< it falls among the lost, each of which was this old at least
};

/// Null with fewer than ten samples beyond it.
std::optional<AgeBound> age_at(const Summary& summary, const AgePercentile& percentile);
/// The same of ages from the actual send.
std::optional<AgeBound> age_from_send_at(const Summary& summary, const AgePercentile& percentile);
/// Null when nothing was expected.
std::optional<AgeBound> age_max(const Summary& summary);

/// Of the runs' ages, `lost` further ones having none. Precondition: `ages` are those percentiles of `distributions`.
ExpectedPercentiles of_expected(const std::vector<const Distribution*>& distributions, const Percentiles& ages,
                                std::uint64_t lost);

/// The runs' lost together; null when nothing was lost.
std::optional<Censored> censored_of(const std::vector<const Run*>& runs);

}  // namespace wirelab::lab
