#pragma once
// One message store for several threads: every thread reads a Store of its own, and all of them are kept alike
// (state-machine replication: F. Schneider, ACM Computing Surveys 22(4), 1990).
//
// Whoever publishes takes a lock, asks the original, which knows the idempotency keys and counts the channels, and,
// when the message is new, writes it into one slot of a log that all threads read (a ring with one writer at a time and
// a position a reader: the LMAX Disruptor, M. Thompson et al., 2011). Each thread takes the slots it lacks into its own
// store before it reads. The same messages in the same order under the same limits: the same cursors, the same gaps.
//
// What is read for a delivery is one word that changes with each publish, and else memory of the reader's own; no lock,
// and no atomic write. Messages' characters are shared, by reference count; what each thread has of its own is the
// index (a Message), so memory is O(bytes kept + threads x messages kept).
//
// Who is told: a publisher wakes the threads that have somebody waiting on the channel, which one word says, with a bit
// a thread (channels share words by their hash, so that now and then a thread is woken in vain). Nobody is missed: a
// thread sets its bit before it looks for the last time, and a publisher looks at the bits after it has written; both
// in the one order that all threads agree on (sequential consistency, ISO C++ [atomics.order]).
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "messages/limits.hpp"
#include "messages/store.hpp"

namespace wirelab::messages {

class Replica;

/// Outlives its threads. Made by one of them, before there are others.
class Replicas {
 public:
  /// Threads have a bit each in a word of 64.
  static constexpr std::size_t kThreads = 64;
  /// The log's slots are there from the beginning, 48 bytes each.
  static constexpr std::size_t kSlotsMax = 1024 * 1024;

  /// Throws std::invalid_argument for a count that is 0 or above kThreads, for Limits::thread_lag_messages that is 0 or
  /// above kSlotsMax, and for an epoch of 0 (Store).
  Replicas(const Limits& limits, std::uint32_t epoch, std::size_t count);
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  std::size_t size() const { return replicas_.size(); }
  Replica& at(std::size_t thread) { return *replicas_[thread]; }

 private:
  friend class Replica;

  struct Slot {
    std::string channel;
    Literal literal;
  };
  /// What two threads write stands so far apart that neither waits for the other's cache line.
  static constexpr std::size_t kApart = 128;
  static constexpr std::size_t kWords = 1024;

  static std::size_t word_of(std::string_view channel) { return std::hash<std::string_view>{}(channel) % kWords; }
  const Slot& slot(std::uint64_t number) const { return slots_[number % slots_.size()]; }
  Store::Appended publish(std::string_view channel, std::string_view payload, std::string_view key, std::size_t by);
  Store::Appended write(std::string_view channel, Literal literal, std::string_view key);
  bool has_room(std::size_t bytes);
  void sweep();
  void wake(std::string_view channel, std::size_t by) const;

  const std::size_t limit_bytes_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<Slot> slots_;
  alignas(kApart) std::atomic<std::uint64_t> written_{0};                        ///< slots, since the beginning
  alignas(kApart) std::array<std::atomic<std::uint64_t>, kWords> waiting_on_{};  ///< threads, by channel

  // With the lock:
  alignas(kApart) std::mutex publishing_;
  Store original_;
  std::uint64_t swept_ = 0;      ///< slots that every thread has taken, and that are empty again
  std::size_t held_bytes_ = 0;   ///< of the literals in the others
  std::size_t swept_bytes_ = 0;  ///< held_bytes_ after the last sweep
};

/// One thread's view; its thread's only, but for what is said to be anybody's.
class Replica {
 public:
  Replica(Replicas& all, const Limits& limits, std::uint32_t epoch, std::size_t thread);

  std::size_t threads() const { return all_.size(); }

  /// As of the last catch_up().
  const Store& store() const { return store_; }

  /// As Store::append(), for all threads, and before it returns; Append::too_far_behind when one of them is. The
  /// others are woken; this one is to catch up.
  Store::Appended publish(std::string_view channel, std::string_view payload, std::string_view idempotency_key);

  /// Whether another, or this, thread has published what is not in store() yet.
  bool behind() const { return taken_.load(std::memory_order_relaxed) != all_.written_.load(); }
  /// Takes all of that. Returns the channels that grew, each once; valid until the next call.
  const std::vector<std::string>& catch_up();

  /// Somebody waits on this channel here: from now on, until as many calls of nobody_waits() for it, the thread is
  /// woken when it grows. Look whether it is behind() afterwards.
  void somebody_waits(std::string_view channel);
  void nobody_waits(std::string_view channel);

  /// How the thread is woken: called on a publisher's thread. Set before there are threads.
  void on_news(std::function<void()> wake) { wake_ = std::move(wake); }
  /// The thread is awake, and will look whether it is behind(): to be called first thing when it was woken. It is not
  /// woken again before.
  void awake() { woken_.store(false); }

  /// Nobody waits for it any more, and it takes nothing from now on: its thread is about to end.
  void leave();

 private:
  friend class Replicas;

  void wake();

  static constexpr std::uint64_t kLeft = ~std::uint64_t{0};

  Replicas& all_;
  const std::size_t thread_;
  Store store_;
  std::vector<std::string> grown_;
  std::array<std::uint32_t, Replicas::kWords> waiting_{};  // channels here that somebody waits on, by word
  std::function<void()> wake_;
  alignas(Replicas::kApart) std::atomic<std::uint64_t> taken_{0};  // slots; publishers read it
  std::atomic<bool> woken_{false};
};

}  // namespace wirelab::messages
