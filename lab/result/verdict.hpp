#pragma once
// Whether a run, or a transport's runs together, may be believed, and if not, why not. A result never hides its
// verdict; a wirelab that ends with one other than VALID ends with exit code 4.
#include <optional>
#include <vector>

#include "lab/result/judgement.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

/// The load generator may use so much of a core before its own queueing counts as latency.
inline constexpr double kGeneratorShareMax = 0.80;
/// Its loops may come so late, at p99 (or at p90, where there are too few samples), to what is due in them; and later
/// only by so much of the age at the same percentile, which is what that adds to it at most. A fan-out over loopback is
/// read one answer after the other: half of an age may be that without the load generator being busy, and is told.
inline constexpr double kGeneratorLagMaxUs = 1'000, kGeneratorLagShareMax = 0.75, kGeneratorLagShareTold = 0.10;
/// The publisher may be so late, at p99, before what it asked for is no longer what was asked.
inline constexpr double kScheduleLagMaxUs = 1'000;
/// The relay of an emulated link may add so much to a packet's way, at p99, before distances are others than those
/// asked for.
inline constexpr double kLinkAddedMaxUs = 1'000;
/// Of the messages planned, so many must have been published.
inline constexpr double kRateShareMin = 0.99;
/// The rounds' median ages, or their server's CPU, may differ by so much of their middle before ranking them is a
/// guess.
inline constexpr double kSpreadMax = 0.5;

Judgement judge(const Run& run);

/// How busy the load generator was: all of it, of the processors it had, or its busiest thread, of one.
double generator_share(const Run& run);

/// How late the load generator came to what was due in it, at a percentile that there are samples for, and the age at
/// the same.
struct GeneratorLag {
  double late_us, age_us;
  const char* percentile;

  bool more_than(double share_of_age) const;
};
/// Null when there are too few samples, or it was not measured.
std::optional<GeneratorLag> generator_lag(const Run& run);

/// Whether it says CLIENT-SATURATED among other things, which a graver verdict hides.
bool generator_saturated(const Run& run);

/// The worst of its runs, and NOISY when they differ too much among themselves.
Judgement judge(const std::vector<const Run*>& runs);

}  // namespace wirelab::lab
