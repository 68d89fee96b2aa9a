#pragma once
// What the process's resident memory stays below, whoever talks to it: a sum over the limits. tests/faults/storm.py
// holds a server to it, and GET /load tells it beside what is resident.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "messages/limits.hpp"

namespace wirelab::servers {

/// One term of the sum.
struct MemoryPart {
  std::string_view what;   ///< for people
  std::string_view terms;  ///< as a product of flags and constants
  std::uint64_t bytes = 0;
};

/// `threads`: of `serve --threads`. Not in it: what the kernel holds (--max-unsent, a connection), and --echo, whose
/// sockets may have four of the longest messages waiting each.
std::vector<MemoryPart> memory_parts(const messages::Limits& limits, std::size_t threads);

/// Their sum.
std::uint64_t memory_bound_bytes(const messages::Limits& limits, std::size_t threads);

}  // namespace wirelab::servers
