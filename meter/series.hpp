#pragma once
// What happened when: a run's window cut into equal intervals, so that a stall shows where it was and not only in a
// percentile. All memory is set aside before the run, about 7 KiB an interval, so that recording costs an addition; one
// a thread, merged at the end.
//
// Two questions, two clocks. "How old did they get?" is answered by when a message was *due*: those of a frozen second
// are then in that second, however late they came, and no edge of the window distorts them. "What went on?" is answered
// by when it happened. The first sums to what the result says of messages, the second to what it says of the window.
//
// Each interval has a small histogram of its own, log-linear like meter/histogram.hpp but coarser: a percentile is at
// most 1.6% above the truth. The greatest age is exact. A coarser one yet, of four buckets a power of two, is handed
// out whole: what a heat map shows.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace wirelab::meter {

class Series {
 public:
  using Nanos = std::chrono::nanoseconds;

  /// No plot is that many points wide, and a thread's take 14 MiB.
  static constexpr std::size_t kIntervalsMax = 2'000;
  /// So many of this length cover the window. Precondition: step > 0.
  static std::size_t intervals_of(Nanos window, Nanos step);

  /// Records nothing.
  Series() = default;
  /// Precondition: step > 0, intervals <= kIntervalsMax.
  Series(Nanos step, std::size_t intervals);

  /// May be called again to bring `end` forward. Whose time lies outside counts in the nearest interval: what belongs
  /// to the window is decided by who records.
  void set_window(Nanos begin, Nanos end) { begin_ = begin, end_ = end; }

  // -- by when the message was due ----------------------------------------------------------------------------
  /// The server accepted it, for so many subscribers.
  void published(Nanos due, std::uint64_t subscribers);
  void delivered(Nanos due, Nanos age);

  // -- by when it happened -----------------------------------------------------------------------------------
  void arrived(Nanos at);
  /// An HTTP exchange, bytes above TCP; `empty`: without a message.
  void answered(Nanos at, std::uint64_t bytes_out, std::uint64_t bytes_in, bool empty);
  /// A WebSocket's.
  void framed(Nanos at, std::uint64_t bytes_in);
  void connected(Nanos at);
  void failed(Nanos at);

  /// Of another that was made alike, with the same window; one that records nothing takes what the other has.
  void merge(const Series& other);

  struct Counts {
    std::uint64_t published = 0, expected = 0, delivered = 0;
    std::uint64_t arrived = 0, requests = 0, empty_answers = 0, frames = 0, connections_opened = 0, failures = 0;
    std::uint64_t bytes_out = 0, bytes_in = 0;

    Counts& operator+=(const Counts& other);
    bool operator==(const Counts&) const = default;
  };
  struct Interval {
    Nanos begin{}, length{};  ///< since the window's begin; the last one ends with the window
    Counts counts;
    Nanos age_p50{}, age_p90{}, age_p99{}, age_max{};  ///< 0 when none of its messages was delivered
    /// The greatest age that falls into it, in whole microseconds, and how many did; ascending, without the empty ones.
    std::vector<std::pair<Nanos, std::uint64_t>> age_buckets;
  };
  /// Those of the window. None of one that never began.
  std::vector<Interval> intervals() const;

 private:
  std::size_t at(Nanos time) const;
  Nanos percentile(std::size_t interval, double percentile) const;
  std::vector<std::pair<Nanos, std::uint64_t>> coarse_ages(std::size_t interval) const;
  /// What is beyond so many intervals counts in the last of them. Precondition: intervals > 0.
  void cut(std::size_t intervals);

  Nanos step_{}, begin_{}, end_{};
  std::vector<Counts> counts_;
  std::vector<Nanos> age_max_;
  std::vector<std::uint32_t> ages_;  ///< each interval's buckets, one after the other
};

}  // namespace wirelab::meter
