#pragma once
// How late a loop comes to what is due in it: the load generator's own part of every age it reports. An answer that is
// readable while the loop is busy with others waits as long as anything else that is due.
//
// It is asked at random moments, a Poisson process, so that what it sees is what an arrival at any moment would have
// met (R. W. Wolff, "Poisson Arrivals See Time Averages", Operations Research 30(2), 1982), and nothing that comes at
// an even rate can hide from it. A moment that falls into a long turn is not forgotten but late (coordinated omission).
#include <random>

#include "meter/histogram.hpp"
#include "net/loop.hpp"

namespace wirelab::clients {

class LagProbe {
 public:
  /// Often enough for a p99 within two seconds (a thousand samples), rarely enough to cost next to nothing: 500
  /// wake-ups a second.
  static constexpr net::Nanos kMeanGap = std::chrono::milliseconds(2);

  /// On the loop's thread; `loop` must outlive it.
  LagProbe(net::Loop& loop, std::uint64_t seed) : loop_(loop), random_(seed), timer_(loop) {}

  /// Asks from now on.
  void begin() {
    due_ = loop_.now();
    ask_next();
  }
  /// Not any more. What was due by now counts.
  void end() {
    if (timer_.armed()) record_due();
    timer_.cancel();
  }

  const meter::Histogram& lag() const { return lag_; }

 private:
  void ask_next() {
    const double gap = std::exponential_distribution<>(1 / static_cast<double>(kMeanGap.count()))(random_);
    due_ += net::Nanos(static_cast<std::int64_t>(gap) + 1);
    timer_.set_at(due_, [this] { record_due(); });
  }

  /// A timer that sets itself again fires in the next turn at the earliest, so that all that is due is seen to here.
  void record_due() {
    for (const net::Nanos now = loop_.now(); due_ <= now; ask_next()) lag_.record(now - due_);
  }

  net::Loop& loop_;
  std::mt19937_64 random_;
  net::Timer timer_;
  net::Nanos due_{};
  meter::Histogram lag_;
};

}  // namespace wirelab::clients
