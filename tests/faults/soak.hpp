#pragma once
// A long run: many subscribers on each of the four transports and one server, real processes and sockets, and faults
// drawn from a seed, one after the other. The checker judges what is heard while it happens (tests/faults/checker.hpp),
// and the server's memory and descriptors are read once a second.
//
// The server is killed, and started again, in the first third only: a leak shows in a long life, and the last one is
// two thirds of the run. Every fourth subscriber's connections lead over a line that can be told to break, or to take
// nothing from the server for a while (tests/faults/broken_line.hpp).
#include <cstdint>
#include <string>
#include <vector>

#include "lab/text/json_fields.hpp"
#include "net/loop.hpp"

namespace wirelab::tests {

struct SoakCommand {
  std::string wirelab;  ///< the program
  std::uint64_t seed = 1;
  net::Nanos duration{};
  std::size_t subscribers = 1'000;  ///< on each transport
};

enum class SoakFault { killed, stopped, cut, stalled };

struct PlannedFault {
  net::Nanos at{};  ///< since publishing began
  SoakFault fault{};
  std::size_t connections = 0;  ///< that are cut or stalled
  net::Nanos lasting{};         ///< until the server goes on, or reading does
};

/// Of this seed, always the same.
std::vector<PlannedFault> plan_faults(const SoakCommand& command);

/// The record: docs/11-faults.md has its keys. Progress goes to standard error. Throws std::runtime_error when it could
/// not be carried out.
lab::Json soak(const SoakCommand& command);

}  // namespace wirelab::tests
