#pragma once
// The real loop: one epoll set, on which our own sockets and libcurl's are watched, so that one thread serves, polls
// and pushes with O(ready) work per wake-up. libwebsockets brings libuv with it, which is a guest: its own epoll set is
// one descriptor in ours, and costs nothing while no WebSocket is heard (docs/internals/event-loop.md has the
// measurement). Timers do not use libuv's, which round to a millisecond: one timerfd with an absolute CLOCK_MONOTONIC
// deadline serves them all.
//
// One loop belongs to one thread. Only wake() and post() may be called from another. A callback must not throw: that
// ends the process.
#include <cstdint>
#include <functional>
#include <memory>

#include "net/loop.hpp"

namespace wirelab::net {

class EventLoop final : public Loop {
 public:
  EventLoop();
  ~EventLoop() override;

  Nanos now() const override;
  TimerId call_at(Nanos due, std::function<void()> fn) override;
  void cancel(TimerId id) override;
  void at_end_of_turn(std::function<void()> fn) override;

  /// Turns until stop(); then returns at the end of that turn. May be called again. A stop() before it counts.
  void run();
  /// Turns until `done()` holds (looked at before each turn) or `give_up_after` has passed; whether it held. For tests.
  bool run_until(const std::function<bool()>& done, Nanos give_up_after);
  void stop();
  /// How many there have been, the present one included.
  std::uint64_t turns() const;

  /// From any thread: makes the loop call `on_wake` soon, once for any number of calls before it gets there.
  void wake();
  void on_wake(std::function<void()> fn);
  /// From any thread: has `fn` called on the loop's, soon, in the order of the calls. With the loop goes what has not
  /// been called yet. Takes a lock: for what happens now and then.
  void post(std::function<void()> fn);

  /// Calls `fn` on SIGINT or SIGTERM, instead of the process ending; signal number as argument.
  void on_signal(std::function<void(int)> fn);

  /// `hangup`: the peer has closed its side, wholly or for writing; also when what it sent before is not read.
  /// `edge`, beside others: told once when it comes to be so, and again after change_watch() if it still is; otherwise
  /// (level-triggered) in each turn as long as it is.
  enum Interest : unsigned { none = 0, readable = 1, writable = 2, hangup = 4, edge = 8 };
  using OnReady = std::function<void(unsigned ready)>;
  /// Watches a descriptor for `interest`; replaces an earlier watch of it. An error is reported as
  /// all three, whatever was asked for. `none` ends the watch, as unwatch() does.
  void watch(int fd, unsigned interest, OnReady on_ready);
  /// Of a descriptor that is watched; otherwise does nothing.
  void change_watch(int fd, unsigned interest);
  /// Must be called before the descriptor is closed. May be called from its own OnReady, which is not called again.
  void unwatch(int fd);
  /// The same, of a descriptor that is closed next and of which there is no duplicate: the kernel forgets it by itself,
  /// which saves a system call.
  void unwatch_closing(int fd);

  /// From now on a descriptor that is watched is told of together with the others of its kind: one that comes alone at
  /// once, those behind it up to `gather()` later. For those that ask for what will come, a great many at a time:
  /// waking up for each would cost more than to serve it. Those that are not patient are told at once, as ever.
  void be_patient(int fd);
  /// How long that is; zero, as at first: nobody is patient. Before the first be_patient().
  void gather(Nanos longest);

  /// The uv_loop_t, for libwebsockets to join. Nobody outside net/ has a use for it.
  void* native();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wirelab::net
