#pragma once
// The TCP connections among packets: each one's segments, what was sent before, and what its two streams of bytes say,
// with the moments at which each part was known to the other side.
#include <cstddef>
#include <string>
#include <vector>

#include "ladder/endpoint.hpp"
#include "ladder/passage.hpp"
#include "ladder/stream_items.hpp"

namespace wirelab::ladder {

/// Of one direction. What is longer is no ladder any more, and is refused.
inline constexpr std::size_t kStreamBytes = 4 * 1024 * 1024;

enum class Side { client, server };

/// One segment on its way.
struct Transit {
  Side from = Side::client;
  Nanos sent{};
  std::optional<Nanos> arrives;
  link::TcpSegment segment;
  std::size_t begin = 0, end = 0;  ///< of its payload in the stream
  bool retransmission = false;     ///< all it carries was sent before: payload, SYN or FIN
};

/// An item and when it was there.
struct Said {
  Item item;
  Nanos sent{};                  ///< its first byte, for the first time
  std::optional<Nanos> arrived;  ///< its last byte, and all before it: the first moment it can be read
};

struct Connection {
  Endpoint client, server;
  std::vector<Transit> transits;  ///< in the order sent
  std::vector<Said> from_client, from_server;
};

/// In the order of their SYNs; connections whose beginning was not seen are left out. The segments point into
/// `passages`, which must stay as they are. Throws std::runtime_error when one carries more than kStreamBytes.
std::vector<Connection> connections_of(const std::vector<Passage>& passages);

}  // namespace wirelab::ladder
