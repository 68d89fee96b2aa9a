#pragma once
// What one worker's subscribers hear, measured: ages, losses, duplicates, order, bytes. The arithmetic of
// docs/02-measuring.md is here and nowhere else.
#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "clients/inbox.hpp"
#include "meter/histogram.hpp"
#include "meter/series.hpp"
#include "meter/tally.hpp"

namespace wirelab::clients {

class LoadMeter final : public Listener {
 public:
  /// Only messages stamped with `run` count; `subscribers` are numbered from 0.
  LoadMeter(std::uint32_t run, std::size_t subscribers) : run_(run), dialled_(subscribers), tracks_(subscribers) {}

  /// The subscriber begins, with a connection to open.
  void dials(std::uint32_t subscriber, net::Nanos at) { dialled_[subscriber] = at; }
  /// Messages due from `begin` on and before `end` are the measured ones. May be called again to bring `end` forward.
  void set_window(net::Nanos begin, net::Nanos end) { begin_ = begin, end_ = end, series.set_window(begin, end); }
  /// From here to close_window() requests, frames, bytes and deliveries count.
  void open_window() { in_window_ = true; }
  void close_window() { in_window_ = false; }

  void on_message(std::uint32_t subscriber, std::string_view text, net::Nanos received_at) override;
  void on_gap(std::uint32_t subscriber) override;
  void on_established(std::uint32_t subscriber, net::Nanos received_at) override;
  void on_reply(const net::HttpReply& reply, std::size_t messages) override;
  void on_frame(net::FrameBytes bytes, std::size_t messages, net::Nanos received_at) override;
  void on_upgraded(std::uint64_t request_bytes) override;
  void on_failure(std::string_view reason) override;
  /// A TCP connection was opened. How many there were is for the ledger to say (meter/wire_ledger.hpp).
  void on_connected(net::Nanos at);

  /// First copies received, whenever they were due: what the drain waits for. From any thread.
  std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }

  meter::Tally tally;
  meter::Histogram age, age_from_send, service_time;
  meter::Histogram
      first_message;     ///< of each subscriber, the one time, whatever the window: from dials() to the first envelope
  meter::Series series;  ///< records nothing unless it is replaced by one that does, before the run
  std::function<void(std::uint32_t subscriber)> on_first_envelope;

 private:
  /// One subscriber's view of one publisher: which sequence comes next, and which before it never came.
  struct Track {
    std::uint16_t publisher;
    std::uint32_t next = 0;
    std::vector<std::uint32_t> missing;
  };
  enum class Copy { first, late_first, further };

  Track& track(std::uint32_t subscriber, std::uint16_t publisher);
  static Copy note(Track& track, std::uint32_t sequence);
  void count_foreign() { ++tally.foreign; }

  std::uint32_t run_;
  net::Nanos begin_ = net::Nanos::max(), end_ = net::Nanos::max();
  bool in_window_ = false;
  std::atomic<std::uint64_t> received_{0};
  std::uint64_t texts_bytes_ = 0;           ///< of the messages of the envelope that is being read
  std::vector<net::Nanos> dialled_;         ///< by subscriber; 0: not yet
  std::vector<std::vector<Track>> tracks_;  // a subscriber hears few publishers: a search is shorter than a hash
};

}  // namespace wirelab::clients
