#pragma once
// The faults that the meter is tested against, each of one known size: what was injected is known, so what must be
// reported is too (docs/02-measuring.md). A mutant_server has one of them, by name.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/loop.hpp"

namespace wirelab::tests {

enum class Fault {
  none,
  delay,      ///< every answer and every frame leaves kDelay later
  freeze,     ///< once, kFreezeAfter after the first message, nothing at all happens for kFreeze
  drop,       ///< every kEvery-th message of a channel is acknowledged and thrown away
  duplicate,  ///< … is stored twice
  reorder,    ///< … is stored before the one that came before it
  drip,       ///< all that leaves, leaves a byte at a time, each kByteTime after the one before
  slow_cpu,   ///< each delivery of a message burns kBurn of processor time
};

inline constexpr net::Nanos kDelay = std::chrono::milliseconds(50);
inline constexpr net::Nanos kFreeze = std::chrono::seconds(1);
inline constexpr net::Nanos kFreezeAfter = std::chrono::seconds(2);
inline constexpr std::uint64_t kEvery = 100;
inline constexpr net::Nanos kByteTime = std::chrono::microseconds(500);
inline constexpr net::Nanos kBurn = std::chrono::microseconds(20);

struct NamedFault {
  std::string_view name;
  Fault fault;
};
inline constexpr std::array kFaults = {
    NamedFault{"none", Fault::none}, NamedFault{"delay", Fault::delay},         NamedFault{"freeze", Fault::freeze},
    NamedFault{"drop", Fault::drop}, NamedFault{"duplicate", Fault::duplicate}, NamedFault{"reorder", Fault::reorder},
    NamedFault{"drip", Fault::drip}, NamedFault{"slow-cpu", Fault::slow_cpu},
};

/// What a mutant did, in its own count: the second witness beside what the meter reports.
struct FaultLedger {
  // Messages, as they came to be published.
  std::uint64_t messages = 0, dropped = 0, duplicated = 0, reordered = 0;
  // What left, as whole answers and whole frames: handed to the network, late or not.
  std::uint64_t answers = 0, answers_delayed = 0;
  std::uint64_t frames = 0, frames_delayed = 0;
  std::uint64_t deliveries_burnt = 0;  ///< messages, one for each subscriber
  std::uint64_t bytes_dripped = 0;
  net::Nanos burnt{};                  ///< processor time, in all
  net::Nanos froze_at{}, thawed_at{};  ///< CLOCK_MONOTONIC; 0: not yet
};

}  // namespace wirelab::tests
