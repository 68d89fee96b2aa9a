#include "net/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
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
#include <mutex>
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

/// The watched descriptors, in one epoll set: the loop's wait is a wait for them. uv_poll_t would cost five system
/// calls for a socket that comes and goes and two for a change of interest, where this costs two and one; and it gives
/// up a descriptor for good when a connection is refused.
class WatchSet {
 public:
  WatchSet() : fd_(checked_fd(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

  int fd() const { return fd_.get(); }
  bool has(int fd) const { return watches_.contains(fd); }

  void add(int fd, unsigned interest, EventLoop::OnReady on_ready) {
    add(fd, interest, std::make_shared<EventLoop::OnReady>(std::move(on_ready)));
  }

  void add(int fd, unsigned interest, std::shared_ptr<EventLoop::OnReady> on_ready) {
    if (interest == EventLoop::none) return remove(fd);
    const std::uint32_t serial = ++last_serial_;
    const auto [watch, is_new] = watches_.try_emplace(fd);
    watch->second = {serial, interest, std::move(on_ready)};
    control(is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, interest, serial);
  }

  void change(int fd, unsigned interest) {
    if (interest == EventLoop::none) return remove(fd);
    const auto watch = watches_.find(fd);
    if (watch == watches_.end()) return;
    watch->second.interest = interest;
    control(EPOLL_CTL_MOD, fd, interest, watch->second.serial);
  }

  /// Nothing is told of it until resume().
  void pause(int fd) { control(EPOLL_CTL_MOD, fd, EventLoop::none, watches_.at(fd).serial); }
  void resume(int fd) { change(fd, watches_.at(fd).interest); }

  /// What is ready now, and has not been told, is told by the other set.
  void move_to(WatchSet& other, int fd) {
    const auto watch = watches_.find(fd);
    if (watch == watches_.end()) return;
    const Watch moved = std::move(watch->second);
    remove(fd);
    other.add(fd, moved.interest, moved.on_ready);
  }

  void remove(int fd) {
    if (watches_.erase(fd) != 0) control(EPOLL_CTL_DEL, fd, EventLoop::none, 0);
  }

  /// The kernel forgets a descriptor that is closed.
  void forget(int fd) { watches_.erase(fd); }

  static constexpr int kAtOnce = 256;

  /// Waits until something is ready, for no longer than `timeout_ms` (-1: for ever), and tells of it. Returns how many;
  /// of kAtOnce there may be more, to be told the next time.
  int wait(int timeout_ms) {
    std::array<epoll_event, kAtOnce> events;
    const int count = epoll_wait(fd_.get(), events.data(), kAtOnce, timeout_ms);
    for (int i = 0; i < count; ++i) tell(events[static_cast<std::size_t>(i)]);
    return count;
  }

 private:
  struct Watch {
    std::uint32_t serial = 0;  // tells an event of a descriptor from one of its namesake closed a moment ago
    unsigned interest = EventLoop::none;
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

/// Those that are patient, in a set of their own, which is one descriptor in the loop's. When two of them come within
/// `longest` of each other, the loop's set looks away, so that the next do not wake it up; theirs is looked into after
/// that time, again and again, until nobody has come.
class Patients {
 public:
  Patients(WatchSet& loops, TimerQueue& timers) : loops_(loops), timers_(timers) {
    loops_.add(set_.fd(), EventLoop::readable, [this](unsigned) { on_ready(); });
  }

  WatchSet& set() { return set_; }
  Nanos longest{};

 private:
  void on_ready() {
    const Nanos now = monotonic_now();
    const bool many = now - std::exchange(last_, now) < longest;
    set_.wait(0);
    if (!many) return;
    loops_.pause(set_.fd());
    look_again(now + longest);
  }

  void look_again(Nanos due) {
    timers_.add(due, [this] {
      const int told = set_.wait(0);
      if (told == 0) return loops_.resume(set_.fd());
      look_again(monotonic_now() + (told < WatchSet::kAtOnce ? longest : Nanos::zero()));
    });
  }

  WatchSet set_;
  WatchSet& loops_;
  TimerQueue& timers_;
  Nanos last_ = Nanos::min() / 2;
};

/// libwebsockets' event library, and the signals: a guest, whose own epoll set is one descriptor in ours. It gets a
/// turn when that is readable, when one of its timers is due, or when it has noted changes to what it watches.
class Guest {
 public:
  explicit Guest(void* owner) {
    check_uv(uv_loop_init(&loop_), "uv_loop_init");
    loop_.data = owner;
    uv_prepare_init(&loop_, &anchor_);
    uv_prepare_start(&anchor_, [](uv_prepare_t*) noexcept {});
    for (uv_signal_t& signal : signals_) check_uv(uv_signal_init(&loop_, &signal), "uv_signal_init");
  }
  ~Guest() {
    for (uv_handle_t* handle : {as_handle(anchor_), as_handle(signals_[0]), as_handle(signals_[1])})
      uv_close(handle, nullptr);
    for (int turns = 0; turns < 10 && uv_run(&loop_, UV_RUN_NOWAIT) != 0; ++turns) {
    }
    if (uv_loop_close(&loop_) == 0) return;
    std::fputs("EventLoop: destroyed while a host or dialer still lives on it; destroy those first\n", stderr);
    std::abort();
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  uv_loop_t* loop() { return &loop_; }
  int fd() const { return uv_backend_fd(&loop_); }

  void turn() { uv_run(&loop_, UV_RUN_NOWAIT); }
  /// 0: it wants a turn at once; -1: its descriptor will tell.
  int patience_ms() {
    uv_update_time(&loop_);
    return uv_backend_timeout(&loop_);
  }

  void start_signals(uv_signal_cb tell) {
    constexpr std::array kSignals = {SIGINT, SIGTERM};
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      check_uv(uv_signal_start(&signals_[i], tell, kSignals[i]), "uv_signal_start");
  }

 private:
  template <typename Handle>
  static uv_handle_t* as_handle(Handle& handle) {
    return reinterpret_cast<uv_handle_t*>(&handle);
  }

  uv_loop_t loop_{};
  uv_prepare_t anchor_{};  // libuv says of a loop without active handles that it wants a turn at once
  std::array<uv_signal_t, 2> signals_{};
};

}  // namespace

struct EventLoop::Impl {
  TimerQueue timers;
  Descriptor waker{checked_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")};
  WatchSet watches;
  Patients patients{watches, timers};
  Guest guest{this};
  std::function<void()> on_wake;
  std::function<void(int)> on_signal;
  std::vector<std::function<void()>> at_end;
  std::mutex posting;
  std::vector<std::function<void()>> posted;  // with the lock
  std::uint64_t turns = 0;
  bool stopping = false;

  Impl() {
    watches.add(timers.fd(), EventLoop::readable, [this](unsigned) { timers.fire(); });
    watches.add(waker.get(), EventLoop::readable, [this](unsigned) { woken(); });
    watches.add(guest.fd(), EventLoop::readable, [this](unsigned) { guest.turn(); });
  }

  WatchSet& set_of(int fd) { return patients.set().has(fd) ? patients.set() : watches; }

  void woken() {
    std::uint64_t times = 0;
    if (::read(waker.get(), &times, sizeof times) <= 0) return;
    for (const auto& fn : take_posted()) fn();
    if (on_wake) on_wake();
  }

  std::vector<std::function<void()>> take_posted() {
    const std::lock_guard lock(posting);
    return std::exchange(posted, {});
  }

  void turn() noexcept {
    ++turns;
    timers.arm();
    watches.wait(at_end.empty() ? guest.patience_ms() : 0);
    if (guest.patience_ms() == 0) guest.turn();  // behind the wait: whoever it calls may end the run
    for (const auto& fn : std::exchange(at_end, {})) fn();
  }
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

std::uint64_t EventLoop::turns() const { return impl_->turns; }

void EventLoop::wake() {
  const std::uint64_t once = 1;
  // It fails only when 2^64 calls have not been looked at.
  static_cast<void>(!::write(impl_->waker.get(), &once, sizeof once));
}

void EventLoop::post(std::function<void()> fn) {
  {
    const std::lock_guard lock(impl_->posting);
    impl_->posted.push_back(std::move(fn));
  }
  wake();
}

void EventLoop::on_wake(std::function<void()> fn) { impl_->on_wake = std::move(fn); }

void EventLoop::on_signal(std::function<void(int)> fn) {
  impl_->on_signal = std::move(fn);
  impl_->guest.start_signals(
      [](uv_signal_t* handle, int number) noexcept { static_cast<Impl*>(handle->loop->data)->on_signal(number); });
}

void EventLoop::at_end_of_turn(std::function<void()> fn) { impl_->at_end.push_back(std::move(fn)); }

void EventLoop::watch(int fd, unsigned interest, OnReady on_ready) {
  impl_->set_of(fd).add(fd, interest, std::move(on_ready));
}

void EventLoop::change_watch(int fd, unsigned interest) { impl_->set_of(fd).change(fd, interest); }

void EventLoop::unwatch(int fd) { impl_->set_of(fd).remove(fd); }

void EventLoop::unwatch_closing(int fd) { impl_->set_of(fd).forget(fd); }

void EventLoop::be_patient(int fd) {
  if (impl_->patients.longest > Nanos::zero()) impl_->watches.move_to(impl_->patients.set(), fd);
}

void EventLoop::gather(Nanos longest) { impl_->patients.longest = longest; }

void* EventLoop::native() { return impl_->guest.loop(); }

}  // namespace wirelab::net
