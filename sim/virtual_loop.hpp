#pragma once
// A Loop whose clock moves only when told to: an hour of protocol passes in a millisecond, the same way every time.
// What is due at the same moment is called in the order in which it was asked for.
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "net/loop.hpp"

namespace wirelab::sim {

class VirtualLoop final : public net::Loop {
 public:
  net::Nanos now() const override { return now_; }

  TimerId call_at(net::Nanos due, std::function<void()> fn) override {
    const TimerId id = ++last_id_;
    timers_.emplace(std::pair(std::max(due, now_), id), std::move(fn));
    due_of_[id] = std::max(due, now_);
    return id;
  }

  void cancel(TimerId id) override {
    const auto found = due_of_.find(id);
    if (found == due_of_.end()) return;
    timers_.erase({found->second, id});
    due_of_.erase(found);
  }

  /// A turn is a step; what is called from outside of one is a turn of its own.
  void at_end_of_turn(std::function<void()> fn) override {
    at_end_.push_back(std::move(fn));
    if (!in_step_) end_turn();
  }

  /// Fires the next timer, moving the clock to it; false when there is none.
  bool step() {
    if (timers_.empty()) return false;
    const auto next = timers_.begin();
    now_ = next->first.first;
    const auto fn = std::move(next->second);
    due_of_.erase(next->first.second);
    timers_.erase(next);
    in_step_ = true;
    fn();
    in_step_ = false;
    end_turn();
    return true;
  }

  /// Moves the clock on by `time`, firing what is due on the way.
  void advance(net::Nanos time) {
    const net::Nanos end = now_ + time;
    while (!timers_.empty() && timers_.begin()->first.first <= end) step();
    now_ = end;
  }

  bool run_until(const std::function<bool()>& done, net::Nanos give_up_after) {
    const net::Nanos end = now_ + give_up_after;
    while (!done() && !timers_.empty() && timers_.begin()->first.first <= end) step();
    return done();
  }

  std::size_t timers() const { return timers_.size(); }

 private:
  void end_turn() {
    for (const auto& fn : std::exchange(at_end_, {})) fn();
  }

  net::Nanos now_ = std::chrono::seconds(1'000);  // not 0: nobody may take it for "never"
  TimerId last_id_ = 0;
  std::map<std::pair<net::Nanos, TimerId>, std::function<void()>> timers_;
  std::map<TimerId, net::Nanos> due_of_;
  std::vector<std::function<void()>> at_end_;
  bool in_step_ = false;
};

}  // namespace wirelab::sim
