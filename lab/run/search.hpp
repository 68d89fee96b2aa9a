#pragma once
// The greatest value that passes a test, when a value either passes or not, runs are dear and now and then one lies:
// doubling from below until a value fails, then halving the gap (in ratio) until it is narrow enough. At each value
// runs are repeated until so many agree. It knows nothing of what a run is, so that it is tested without any.
#include <cstddef>
#include <optional>

namespace wirelab::lab {

/// What one run at a value said.
enum class Probe {
  passed,
  missed,             ///< it fails, and that is the fault of what is looked at
  generator_limited,  ///< it fails or nobody can tell, because the load generator is at its own limit
  not_carried_out,    ///< nobody can tell: there was no run, or none to be believed
};

struct SearchPlan {
  double from = 20, to = 10'000;
  double step = 1;          ///< values lie so far apart at least; from and to are multiples of it
  double resolution = 0.1;  ///< over when the gap is not more than this share of the value that passed
  std::size_t agree = 2;    ///< runs at a value that must say the same (passed, or not) before it is believed
};

/// Narrower gaps could not be halved: values have three significant digits.
inline constexpr double kResolutionMin = 0.02;

class Search {
 public:
  /// Precondition: 0 < from < to, resolution >= kResolutionMin, agree > 0.
  explicit Search(const SearchPlan& plan);

  /// The value to run at next; null when the search is over.
  std::optional<double> next() const { return next_; }
  /// What a run at next() said.
  void heard(Probe probe);

  /// The greatest value that passed, and the least that did not; null if there is none. passed() < failed().
  std::optional<double> passed() const { return passed_; }
  std::optional<double> failed() const { return failed_; }
  /// Why it did not: of several reasons the one that says least against what is looked at. Precondition: failed().
  Probe why() const { return why_; }

  std::size_t runs_left_max() const;

 private:
  void decide();
  std::optional<double> after(std::optional<double> passed, std::optional<double> failed) const;

  SearchPlan plan_;
  std::optional<double> next_, passed_, failed_;
  Probe why_ = Probe::missed;
  // Of the runs at next_.
  std::size_t passes_ = 0, failures_ = 0;
  Probe gravest_ = Probe::missed;
};

}  // namespace wirelab::lab
