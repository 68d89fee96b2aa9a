#pragma once
// The four transports' names: in routes, flags, result files and charts they are spelled one way only.
#include <array>
#include <optional>
#include <string_view>

namespace wirelab::messages {

enum class Transport { short_poll, keep_alive, long_poll, websocket };

/// In the order in which one thing changes between neighbours: reuse, holding, pushing.
inline constexpr std::array<Transport, 4> kTransports = {Transport::short_poll, Transport::keep_alive,
                                                         Transport::long_poll, Transport::websocket};

constexpr std::string_view name(Transport transport) {
  switch (transport) {
    case Transport::short_poll: return "short-poll";
    case Transport::keep_alive: return "keep-alive";
    case Transport::long_poll: return "long-poll";
    case Transport::websocket: return "websocket";
  }
  return {};
}

constexpr std::optional<Transport> parse_transport(std::string_view text) {
  for (const Transport transport : kTransports)
    if (name(transport) == text) return transport;
  return std::nullopt;
}

}  // namespace wirelab::messages
