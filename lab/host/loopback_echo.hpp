#pragma once
// The floor under every age that is measured on this machine: a small message over loopback TCP to another thread and
// back, with plain blocking sockets and nothing in between. No transport can be faster here.
#include <cstddef>
#include <optional>

#include "lab/text/units.hpp"
#include "meter/histogram.hpp"

namespace wirelab::lab {

inline constexpr std::size_t kEchoMessageBytes = 64;

struct EchoPlan {
  std::size_t messages = 20'000;  ///< that count; a few before them warm up
  Nanos gap{};                    ///< silence before each, in which both cores may fall asleep; 0: none; 1 s at most
  Nanos give_up = std::chrono::seconds(1);        ///< when this much time is over: fewer messages then
  std::optional<int> client_cpu{}, server_cpu{};  ///< null: wherever the system puts it
};

struct EchoTimes {
  meter::Histogram round_trip;
  /// Both ways of each message, stamped with CLOCK_MONOTONIC on both sides. One that seems to have arrived before it
  /// was sent is clamped, and so counted: the clocks of the two processors disagree.
  meter::Histogram one_way;
};

/// Between two threads of its own. Throws std::system_error that names the call that failed.
EchoTimes echo_over_loopback(const EchoPlan& plan);

}  // namespace wirelab::lab
