#pragma once
// What GET /load and GET /metrics say: the process's cost and the counters of host, store and backends at one moment.
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "messages/transport.hpp"
#include "meter/process_load.hpp"
#include "net/host.hpp"

namespace wirelab::servers {

struct LoadReading {
  meter::ProcessLoad process;
  net::HostReading host;
  std::optional<std::uint64_t> connection_structures_bytes;  ///< meter/connection_memory.hpp
  /// CPU time that this reading took, after `process` was read: the first of two readings pays for itself. Of several
  /// threads, what each of them took.
  std::chrono::nanoseconds reading_cpu{};
  std::uint64_t messages_in = 0;   ///< published and stored
  std::uint64_t messages_out = 0;  ///< deliveries: a message to N subscribers counts N times
  std::uint64_t messages_kept = 0;
  std::uint64_t memory_bound_bytes = 0;  ///< servers/memory_bound.hpp
  std::uint64_t bytes_kept = 0;
  std::uint64_t channels = 0;
  std::array<std::uint64_t, messages::kTransports.size()> parked{};  ///< subscribers that wait, by transport
};

/// Adds what another thread's connections, subscribers and counters come to. The process and the store are the same.
void add(LoadReading& to, const LoadReading& other);

/// One JSON object; docs/01-wire-format.md has the keys.
std::string load_json(const LoadReading& reading);

/// The Prometheus text exposition format, version 0.0.4.
std::string metrics_text(const LoadReading& reading);

}  // namespace wirelab::servers
