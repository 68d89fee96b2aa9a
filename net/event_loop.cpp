#include "net/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wirelab::net {
namespace {

void check_uv(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string("EventLoop: ") + what + ": " + uv_strerror(result));
}

int checked_fd(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), std::string("EventLoop: ") + what);
  return result;
}

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// All timers on one timerfd. It is set at most once a turn, just before the loop waits, so that a thousand timers set
/// and cancelled within a turn cost no system call.
class TimerQueue {
 public:
  TimerQueue() : fd_(checked_fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")) {}

  int fd() const { return fd_.get(); }

  Loop::TimerId add(Nanos due, std::function<void()> fn) {
    const Loop::TimerId id = ++last_id_;
    // Most timers are due later than those that were set before.
    by_id_.emplace(id, queue_.emplace_hint(queue_.end(), Key{std::max(due, not_before_), id}, std::move(fn)));
    return id;
  }

  void cancel(Loop::TimerId id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    queue_.erase(found->second);
    by_id_.erase(found);
  }

  /// Fires what is due. What the fired ones set waits for the next turn however long ago it was due: otherwise a timer
  /// that sets itself again would starve the sockets.
  void fire() {
    expired_ = true;
    const Nanos now = monotonic_now();
    not_before_ = now + Nanos(1);
    while (!queue_.empty() && queue_.begin()->first.first <= now) {
      const auto node = queue_.extract(queue_.begin());
      by_id_.erase(node.key().second);
      node.mapped()();
    }
    not_before_ = Nanos::zero();
  }

  /// Makes the descriptor readable at the next due time. An earlier setting whose timer was cancelled is left to
  /// expire.
  void arm() {
    const Nanos due = queue_.empty() ? kNever : queue_.begin()->first.first;
    if (!expired_ && due >= armed_for_) return;
    set_descriptor(due);
    armed_for_ = due;
    expired_ = false;
  }

 private:
  using Key = std::pair<Nanos, Loop::TimerId>;  // ids grow: of two with one due time the one set first comes first
  using Queue = std::map<Key, std::function<void()>>;
  static constexpr Nanos kNever = Nanos::max();

  void set_descriptor(Nanos due) const {
    itimerspec at{};  // all zero disarms; either way what had expired is forgotten, so that it need not be read
    if (due != kNever) {
      const Nanos positive = std::max(due, Nanos(1));
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(positive);
      at.it_value = {static_cast<time_t>(seconds.count()), static_cast<long>((positive - seconds).count())};
    }
    checked_fd(timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &at, nullptr), "timerfd_settime");
  }

  Descriptor fd_;
  Queue queue_;
  std::unordered_map<Loop::TimerId, Queue::iterator> by_id_;
  Loop::TimerId last_id_ = 0;
  Nanos not_before_{};
  Nanos armed_for_ = kNever;
  bool expired_ = false;
};

/// The watched descriptors, in an epoll set of their own that the loop watches as one. uv_poll_t would cost five system
/// calls for a socket that comes and goes and two for a change of interest, where this costs two and one; and it gives
/// up a descriptor for good when a connection is refused.
class WatchSet {
 public:
  WatchSet() : fd_(checked_fd(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

  int fd() const { return fd_.get(); }

  void add(int fd, unsigned interest, EventLoop::OnReady on_ready) {
    if (interest == EventLoop::none) return remove(fd);
    const std::uint32_t serial = ++last_serial_;
    const auto [watch, is_new] = watches_.try_emplace(fd);
    watch->second = {serial, std::make_shared<EventLoop::OnReady>(std::move(on_ready))};
    control(is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, interest, serial);
  }

  void change(int fd, unsigned interest) {
    if (interest == EventLoop::none) return remove(fd);
    if (const auto watch = watches_.find(fd); watch != watches_.end())
      control(EPOLL_CTL_MOD, fd, interest, watch->second.serial);
  }

  void remove(int fd) {
    if (watches_.erase(fd) != 0) control(EPOLL_CTL_DEL, fd, EventLoop::none, 0);
  }

  void dispatch() {
    std::array<epoll_event, 256> events;  // the rest is found in the next turn
    const int count = epoll_wait(fd_.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) tell(events[static_cast<std::size_t>(i)]);
  }

 private:
  struct Watch {
    std::uint32_t serial = 0;  // tells an event of a descriptor from one of its namesake closed a moment ago
    std::shared_ptr<EventLoop::OnReady> on_ready;
  };

  void control(int operation, int fd, unsigned interest, std::uint32_t serial) const {
    epoll_event event{};
    if (interest & EventLoop::readable) event.events |= EPOLLIN;
    if (interest & EventLoop::writable) event.events |= EPOLLOUT;
    if (interest & EventLoop::hangup) event.events |= EPOLLRDHUP;
    if (interest & EventLoop::edge) event.events |= EPOLLET;
    event.data.u64 = std::uint64_t{serial} << 32 | static_cast<std::uint32_t>(fd);
    checked_fd(epoll_ctl(fd_.get(), operation, fd, &event), "epoll_ctl");
  }

  void tell(const epoll_event& event) {
    const auto watch = watches_.find(static_cast<int>(event.data.u64 & 0xffffffffU));
    if (watch == watches_.end() || watch->second.serial != event.data.u64 >> 32) return;
    const auto on_ready = watch->second.on_ready;  // held: the callback may end its own watch
    // An error is there to be read and written, whichever the watcher does first.
    unsigned ready = EventLoop::none;
    if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) ready |= EventLoop::readable;
    if (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) ready |= EventLoop::writable;
    if (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ready |= EventLoop::hangup;
    (*on_ready)(ready);
  }

  Descriptor fd_;
  std::unordered_map<int, Watch> watches_;
  std::uint32_t last_serial_ = 0;
};

}  // namespace

struct EventLoop::Impl {
  uv_loop_t loop{};
  uv_prepare_t before_wait{};
  uv_poll_t timer_poll{};
  uv_poll_t watch_poll{};
  uv_async_t waker{};
  uv_check_t end_of_turn{};
  uv_idle_t no_wait{};  // active while there is something to do at the end of the turn
  std::array<uv_signal_t, 2> signals{};

  TimerQueue timers;
  WatchSet watches;
  std::function<void()> on_wake;
  std::function<void(int)> on_signal;
  std::vector<std::function<void()>> at_end;
  bool stopping = false;

  Impl() {
    check_uv(uv_loop_init(&loop), "uv_loop_init");
    loop.data = this;
    uv_prepare_init(&loop, &before_wait);
    uv_prepare_start(&before_wait, [](uv_prepare_t* handle) noexcept { of(handle).timers.arm(); });
    check_uv(uv_poll_init(&loop, &timer_poll, timers.fd()), "uv_poll_init");
    uv_poll_start(&timer_poll, UV_READABLE, [](uv_poll_t* handle, int, int) noexcept { of(handle).timers.fire(); });
    check_uv(uv_poll_init(&loop, &watch_poll, watches.fd()), "uv_poll_init");
    uv_poll_start(&watch_poll, UV_READABLE,
                  [](uv_poll_t* handle, int, int) noexcept { of(handle).watches.dispatch(); });
    check_uv(uv_async_init(&loop, &waker, [](uv_async_t* handle) noexcept { of(handle).woken(); }), "uv_async_init");
    uv_check_init(&loop, &end_of_turn);
    uv_check_start(&end_of_turn, [](uv_check_t* handle) noexcept { of(handle).finish_turn(); });
    uv_idle_init(&loop, &no_wait);
    for (uv_signal_t& signal : signals) check_uv(uv_signal_init(&loop, &signal), "uv_signal_init");
  }

  ~Impl() {
    for (uv_handle_t* handle :
         {as_handle(before_wait), as_handle(timer_poll), as_handle(watch_poll), as_handle(waker),
          as_handle(end_of_turn), as_handle(no_wait), as_handle(signals[0]), as_handle(signals[1])})
      uv_close(handle, nullptr);
    for (int turns = 0; turns < 10 && uv_run(&loop, UV_RUN_NOWAIT) != 0; ++turns) {
    }
    if (uv_loop_close(&loop) == 0) return;
    std::fputs("EventLoop: destroyed while a host or dialer still lives on it; destroy those first\n", stderr);
    std::abort();
  }

  template <typename Handle>
  static Impl& of(Handle* handle) {
    return *static_cast<Impl*>(handle->loop->data);
  }
  template <typename Handle>
  static uv_handle_t* as_handle(Handle& handle) {
    return reinterpret_cast<uv_handle_t*>(&handle);
  }

  void woken() {
    if (on_wake) on_wake();
  }
  void add_at_end(std::function<void()> fn) {
    at_end.push_back(std::move(fn));
    uv_idle_start(&no_wait, [](uv_idle_t*) noexcept {});
  }
  void finish_turn() {
    if (at_end.empty()) return;
    uv_idle_stop(&no_wait);
    for (const auto& fn : std::exchange(at_end, {})) fn();
  }
  void turn() { uv_run(&loop, UV_RUN_ONCE); }
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

Nanos EventLoop::now() const { return monotonic_now(); }

EventLoop::TimerId EventLoop::call_at(Nanos due, std::function<void()> fn) {
  return impl_->timers.add(due, std::move(fn));
}

void EventLoop::cancel(TimerId id) { impl_->timers.cancel(id); }

void EventLoop::run() {
  while (!impl_->stopping) impl_->turn();
  impl_->stopping = false;
}

bool EventLoop::run_until(const std::function<bool()>& done, Nanos give_up_after) {
  bool given_up = false;
  Timer limit(*this);
  limit.set_at(now() + give_up_after, [&given_up] { given_up = true; });
  while (!done()) {
    if (given_up) return false;
    impl_->turn();
  }
  return true;
}

void EventLoop::stop() { impl_->stopping = true; }

void EventLoop::wake() { uv_async_send(&impl_->waker); }

void EventLoop::on_wake(std::function<void()> fn) { impl_->on_wake = std::move(fn); }

void EventLoop::on_signal(std::function<void(int)> fn) {
  impl_->on_signal = std::move(fn);
  constexpr std::array kSignals = {SIGINT, SIGTERM};
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    const auto tell = [](uv_signal_t* handle, int number) noexcept { Impl::of(handle).on_signal(number); };
    check_uv(uv_signal_start(&impl_->signals[i], tell, kSignals[i]), "uv_signal_start");
  }
}

void EventLoop::at_end_of_turn(std::function<void()> fn) { impl_->add_at_end(std::move(fn)); }

void EventLoop::watch(int fd, unsigned interest, OnReady on_ready) {
  impl_->watches.add(fd, interest, std::move(on_ready));
}

void EventLoop::change_watch(int fd, unsigned interest) { impl_->watches.change(fd, interest); }

void EventLoop::unwatch(int fd) { impl_->watches.remove(fd); }

void* EventLoop::native() { return &impl_->loop; }

}  // namespace wirelab::net
