#pragma once
// When a polling client asks next. The first wait is a random phase of the interval: pollers in step with each other,
// or with the publisher, would give any answer one likes.
#include <cstdint>
#include <random>

#include "clients/client.hpp"
#include "net/loop.hpp"

namespace wirelab::clients {

class PollSchedule {
 public:
  explicit PollSchedule(const ClientOptions& options)
      : interval_(options.poll_interval), timer_(options.poll_timer), random_(options.seed) {}

  /// The last question was answered at `now`: when to ask the next.
  net::Nanos next(net::Nanos now) {
    if (!started_) {
      started_ = true;
      due_ = now + net::Nanos(std::uniform_int_distribution<std::int64_t>(0, interval_.count() - 1)(random_));
    } else if (timer_ == PollTimer::fixed_delay) {
      due_ = now + interval_;
    } else {
      due_ += interval_;
      // An answer that took longer than the interval: the ticks it covered are not made up for, but the beat is kept.
      if (due_ < now) due_ += (now - due_ + interval_ - net::Nanos(1)) / interval_ * interval_;
    }
    return due_;
  }

 private:
  net::Nanos interval_;
  PollTimer timer_;
  std::mt19937_64 random_;
  net::Nanos due_{};
  bool started_ = false;
};

}  // namespace wirelab::clients
