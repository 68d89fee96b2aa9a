#include "servers/memory_bound.hpp"

namespace wirelab::servers {
namespace {

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB;

/// The program and its libraries; and a thread's loop, buffers, and table of descriptors.
constexpr std::uint64_t kProgramBytes = 32 * kMiB, kThreadBytes = 8 * kMiB;

/// A connection at rest, or a subscriber that waits on it: its object, the library's, its place in each list.
constexpr std::uint64_t kConnectionBytes = 8 * kKiB;

/// A channel without messages, and what the ring it had room for leaves behind of each: a pointer for every few.
constexpr std::uint64_t kChannelBytes = kKiB, kRingBytes = 4;

/// An allocator has a quarter more than it was asked for: sizes are rounded, and freed pieces lie between used ones.
std::uint64_t as_allocated(std::uint64_t bytes) { return bytes + bytes / 4; }

}  // namespace

std::vector<MemoryPart> memory_parts(const messages::Limits& limits, std::size_t threads) {
  // The characters are there once; the index once more a thread. It may be most of what is kept: messages are short.
  const std::uint64_t stores = threads == 1 ? 1 : 1 + threads;
  std::vector<MemoryPart> parts = {
      {"the program", "32 MiB + 8 MiB x --threads", kProgramBytes + kThreadBytes * threads},
      {"messages", "1.25 x --keep-total x stores", as_allocated(limits.kept_total_bytes * stores)},
      {"channels", "1.25 x --max-channels x (1 KiB + 4 B x --keep-messages) x stores",
       as_allocated(limits.channels * (kChannelBytes + kRingBytes * limits.kept_messages) * stores)},
      {"connections", "1.25 x --max-connections x 8 KiB", as_allocated(limits.connections * kConnectionBytes)},
      {"slow peers", "1.25 x --max-buffered", as_allocated(limits.buffered_bytes)}};
  if (threads > 1)
    parts.push_back({"between threads", "1.25 x --max-thread-lag-bytes", as_allocated(limits.thread_lag_bytes)});
  return parts;
}

std::uint64_t memory_bound_bytes(const messages::Limits& limits, std::size_t threads) {
  std::uint64_t sum = 0;
  for (const MemoryPart& part : memory_parts(limits, threads)) sum += part.bytes;
  return sum;
}

}  // namespace wirelab::servers
