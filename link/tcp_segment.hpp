#pragma once
// The headers of an IPv4 packet with a TCP segment in it (RFC 791 §3.1, RFC 9293 §3.1), as far as a link, its
// counters and a ladder want to know them. Nothing is checked but that the lengths fit.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace wirelab::link {

struct TcpSegment {
  std::uint32_t source_address = 0, destination_address = 0;  ///< in host order
  std::uint16_t source_port = 0, destination_port = 0;
  std::uint32_t sequence = 0, acknowledgement = 0;
  bool syn = false, fin = false, rst = false, ack = false, psh = false;
  std::uint16_t window = 0;            ///< as sent, unscaled
  std::size_t header_bytes = 0;        ///< of IP and TCP together, options included
  std::span<const std::byte> payload;  ///< a part of what was parsed

  /// How far it moves the sequence: its payload, and one for each of SYN and FIN (RFC 9293 §3.4).
  std::uint32_t sequence_length() const {
    return static_cast<std::uint32_t>(payload.size()) + (syn ? 1 : 0) + (fin ? 1 : 0);
  }
};

/// Nullopt for anything else, for fragments, and for what is cut short.
std::optional<TcpSegment> parse_tcp_segment(std::span<const std::byte> packet);

}  // namespace wirelab::link
