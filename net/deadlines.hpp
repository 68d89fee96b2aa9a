#pragma once
// Many waiting for the same length of time, as a queue: whoever joins or starts again goes to the end, so that the
// first one is always due first and each step costs the same with ten or ten thousand of them. (The library keeps its
// timeouts in one sorted list, which it walks from the front for every one it sets.)
#include <functional>
#include <utility>

#include "net/loop.hpp"

namespace wirelab::net {

class Deadlines {
 public:
  /// Something that can wait; in one queue at a time, and leaves it when it is destroyed.
  class Waiter {
   public:
    Waiter() = default;
    ~Waiter() { stop_waiting(); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    void stop_waiting() {
      before_->after_ = after_;
      after_->before_ = before_;
      before_ = after_ = this;
    }
    bool waiting() const { return after_ != this; }

   private:
    friend class Deadlines;
    Waiter* before_ = this;
    Waiter* after_ = this;
    Nanos due_{};
  };

  /// `on_due` is told of each one that has waited for `patience`, after it has left the queue.
  Deadlines(Loop& loop, Nanos patience, std::function<void(Waiter&)> on_due)
      : loop_(loop), patience_(patience), on_due_(std::move(on_due)), timer_(loop) {}
  ~Deadlines() {
    while (queue_.waiting()) queue_.after_->stop_waiting();
  }
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  /// Starts its time, from now, whatever it waited for before.
  void wait(Waiter& waiter) {
    waiter.stop_waiting();
    waiter.due_ = loop_.now() + patience_;
    waiter.before_ = queue_.before_;
    waiter.after_ = &queue_;
    queue_.before_->after_ = &waiter;
    queue_.before_ = &waiter;
    if (!timer_.armed()) arm();
  }

 private:
  void arm() {
    timer_.set_at(queue_.after_->due_, [this] { tell(); });
  }

  void tell() {
    const Nanos now = loop_.now();
    while (queue_.waiting() && queue_.after_->due_ <= now) {
      Waiter& waiter = *queue_.after_;
      waiter.stop_waiting();
      on_due_(waiter);
    }
    if (queue_.waiting()) arm();
  }

  Loop& loop_;
  Nanos patience_;
  std::function<void(Waiter&)> on_due_;
  Timer timer_;
  Waiter queue_;  // the first one is after it, the last one before it
};

}  // namespace wirelab::net
