#pragma once
// What the threads of one run tell each other: a few atomics, and nothing else. Times are CLOCK_MONOTONIC nanoseconds.
#include <atomic>
#include <cstdint>
#include <memory>

namespace wirelab::clients {

struct Board {
  explicit Board(std::size_t channels)
      : accepted(std::make_unique<std::atomic<std::uint64_t>[]>(channels)), channels_count(channels) {}

  // Written by the conductor of the run, read by all.
  std::atomic<std::int64_t> window_begin_ns{0};  ///< 0: not known yet
  std::atomic<std::int64_t> window_end_ns{0};    ///< brought forward when the run is interrupted
  std::atomic<bool> everyone_connected{false};
  std::atomic<bool> publishing_done{false};  ///< `accepted` is final
  std::atomic<std::int64_t> drain_until_ns{0};
  std::atomic<bool> abandon{false};  ///< stop at once

  // Written by the publisher.
  const std::unique_ptr<std::atomic<std::uint64_t>[]> accepted;  ///< by channel: messages the server took, ever
  const std::size_t channels_count;

  // Written by the workers.
  std::atomic<std::uint64_t> established{0};
  std::atomic<std::int64_t> all_established_ns{0};  ///< when the last of them was; 0: not yet
};

}  // namespace wirelab::clients
