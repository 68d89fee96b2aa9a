#pragma once
// A run without a machine: the server, its backend and the subscribers' clients are the real ones, the network and the
// clock are not (sim/network.hpp, sim/virtual_loop.hpp). It takes no time but the round trips, and all that is random
// is drawn from the plan's seed, so the same plan gives the same report to the last digit, on any machine with the same
// C++ library. It is what the closed forms of model/delivery.hpp are held against; and since the code is the real one,
// the other way round too.
//
// The publisher is the real one as well and sits beside the server: what it says is there at once.
#include <cstdint>

#include "clients/generator.hpp"
#include "messages/header_set.hpp"
#include "meter/histogram.hpp"
#include "meter/tally.hpp"
#include "net/loop.hpp"

namespace wirelab::sim {

/// What requests name as their Host.
inline constexpr const char* kAuthority = "127.0.0.1:9000";

struct Plan {
  /// Transport, subscribers, client, publish, warm_up, duration and seed are looked at; threads, addresses and what a
  /// kernel would limit are not.
  clients::LoadPlan load;
  net::Nanos round_trip{};  ///< between each subscriber and the server
  const messages::HeaderSet* headers = &messages::header_sets().front();
  std::uint64_t exchange_header_bytes = 0;  ///< Dress::exchange_header_bytes
};

struct Report {
  meter::Histogram age;  ///< received - due, of messages due in the window
  meter::Tally tally;    ///< but for `connections` as the meter counts it
  std::uint64_t planned = 0, expected = 0;
  net::Nanos window{};
  net::Nanos first_answer{};  ///< from a subscriber's start to its first envelope; the longest
};

/// Plays the plan to its end. Throws std::runtime_error when a message does not arrive within an hour of the window's
/// end, which no delay explains.
Report simulate(const Plan& plan);

}  // namespace wirelab::sim
