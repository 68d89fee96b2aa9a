#pragma once
// Time, as everything above this floor sees it: a clock and timers. The real one is EventLoop (net/event_loop.hpp); the
// tests have one whose clock moves only when told to, so that timing rules are checked in microseconds, with no
// sleeping.
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace wirelab::net {

/// A duration, or a point on CLOCK_MONOTONIC (the same clock in every process of one host).
using Nanos = std::chrono::nanoseconds;

/// CLOCK_MONOTONIC now.
Nanos monotonic_now();

class Loop {
 public:
  using TimerId = std::uint64_t;  ///< 0 is never a timer

  virtual ~Loop() = default;
  virtual Nanos now() const = 0;
  /// Calls `fn` once, on the loop's thread, at `due` or as soon after as it can; never from inside this call.
  virtual TimerId call_at(Nanos due, std::function<void()> fn) = 0;
  /// After this `fn` is not called. Cancelling what has fired, or 0, does nothing.
  virtual void cancel(TimerId id) = 0;
  /// Calls `fn` once, on the loop's thread, when all that was ready in the present turn has been served; before the
  /// next wait. What is asked for outside of a turn is for the end of the next one.
  virtual void at_end_of_turn(std::function<void()> fn) = 0;
};

/// One timer that is cancelled when it goes out of scope, so that it never calls into something that is gone.
class Timer {
 public:
  explicit Timer(Loop& loop) : loop_(&loop) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces whatever was set before.
  void set_at(Nanos due, std::function<void()> fn) {
    cancel();
    id_ = loop_->call_at(due, [this, fn = std::move(fn)] {
      id_ = 0;
      fn();
    });
  }
  void cancel() {
    if (id_ != 0) loop_->cancel(std::exchange(id_, 0));
  }
  bool armed() const { return id_ != 0; }

 private:
  Loop* loop_;
  Loop::TimerId id_ = 0;
};

}  // namespace wirelab::net
