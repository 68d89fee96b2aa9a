#pragma once
// One end of a TCP connection, as a segment names it.
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "link/tcp_segment.hpp"

namespace wirelab::ladder {

struct Endpoint {
  std::uint32_t address = 0;  ///< IPv4, in host order
  std::uint16_t port = 0;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

inline Endpoint source(const link::TcpSegment& segment) { return {segment.source_address, segment.source_port}; }
inline Endpoint destination(const link::TcpSegment& segment) {
  return {segment.destination_address, segment.destination_port};
}

/// Of a packet from its IPv4 header on; the packet must outlive what is returned.
inline std::optional<link::TcpSegment> segment_of(std::string_view packet) {
  return link::parse_tcp_segment(std::as_bytes(std::span(packet.data(), packet.size())));
}

inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace wirelab::ladder
