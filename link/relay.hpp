#pragma once
// The link's own thread: takes packets from either end, keeps each for as long as it shall take, and hands it to the
// other end. It sleeps until something enters or is due (ppoll, with the thread's timer slack at its least), so it
// costs a processor only what packets cost. Where it may (root) it goes before all that is not real time, SCHED_FIFO of
// sched(7): a packet takes it some 10 us, and one that waits for its turn among other programs is milliseconds late.
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "link/delay_queue.hpp"
#include "link/impairment.hpp"
#include "link/packet.hpp"

namespace wirelab::link {

class Relay {
 public:
  struct Ends {
    int clients, server;  ///< descriptors that read and write one packet at a time, without blocking
  };

  /// Starts. `observers` are called on its thread; they and the descriptors outlive it. `cpu`: the processor it runs
  /// on; none: where the system likes.
  Relay(Ends ends, const Impairments& impairments, std::vector<PacketObserver*> observers, std::optional<int> cpu);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// Ends the thread when nothing is under way any more, or after `patience`; what is under way then never arrives.
  /// Throws std::runtime_error if the relay could not go on at some time before: what was measured since is worth
  /// nothing.
  void stop(Nanos patience);
  /// What its thread has taken of a processor. After stop().
  Nanos cpu_time() const { return cpu_time_; }
  /// Whether it went before others. After stop().
  bool realtime() const { return realtime_; }

 private:
  void end(Nanos patience);
  void run();
  void carry();
  bool over(bool quiet) const;
  void wait();
  bool take(int from, Direction direction);
  void enter(std::span<const std::byte> bytes, Direction direction);
  void hand_over();

  Ends ends_;
  Impairer impairer_;
  std::vector<PacketObserver*> observers_;
  std::optional<int> cpu_;
  DelayQueue under_way_;
  std::uint64_t entered_ = 0;
  int stop_ = -1;                              ///< an eventfd
  std::atomic<Nanos::rep> last_moment_ns_{0};  ///< before `stopping_`
  std::atomic<bool> stopping_{false};
  std::string failure_;
  Nanos cpu_time_{};
  bool realtime_ = false;
  std::thread thread_;
};

}  // namespace wirelab::link
