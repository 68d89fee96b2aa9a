#pragma once
// Two results side by side: what changed beyond noise. A figure has changed when three things hold together:
//
//   - its bootstrap intervals (lab/result/bootstrap.hpp) do not overlap;
//   - a Welch test on the runs' logarithms, corrected by Holm for the number of figures looked at, says so at 5%: with
//     sixty figures compared, intervals alone would find a change between two runs of one build every time;
//   - the change is at least kEffectMin: less is of no use to anyone.
#include <optional>
#include <string>
#include <vector>

#include "lab/result/bootstrap.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

inline constexpr double kErrorRate = 0.05;

struct Change {
  std::string transport;
  const Figure* figure;
  double before = 0, after = 0;
  std::optional<Interval> before_interval, after_interval;
  double p_value = 1;  ///< of the Welch test, uncorrected
  bool changed = false;

  double ratio() const { return before == 0 ? 0 : after / before; }
};

/// One entry for each transport and figure that both results have, in the order of figures().
std::vector<Change> compare_results(const Result& before, const Result& after);

/// What is different about how the two were made (configuration, host, versions): a line each. Not a change by itself,
/// but the first thing to look at.
std::vector<std::string> differences_in_setting(const Result& before, const Result& after);

/// For people.
std::string diff_text(const Result& before, const Result& after);

/// The two-sided p-value of Welch's unequal-variances t-test (B. L. Welch, Biometrika 34, 1947); 1 when either side has
/// fewer than two values.
double welch_p_value(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace wirelab::lab
