#include "link/tcp_segment.hpp"

namespace wirelab::link {
namespace {

constexpr unsigned kIpHeaderMin = 20, kTcpHeaderMin = 20, kProtocolTcp = 6;
constexpr unsigned kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10;

std::uint32_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

}  // namespace

std::optional<TcpSegment> parse_tcp_segment(std::span<const std::byte> packet) {
  if (packet.size() < kIpHeaderMin || number(packet, 0, 1) >> 4 != 4) return std::nullopt;
  const std::size_t ip_bytes = (number(packet, 0, 1) & 0xf) * 4, total_bytes = number(packet, 2, 2);
  const bool fragment = (number(packet, 6, 2) & 0x3fff) != 0;
  if (fragment || number(packet, 9, 1) != kProtocolTcp || total_bytes > packet.size()) return std::nullopt;
  if (ip_bytes < kIpHeaderMin || total_bytes < ip_bytes + kTcpHeaderMin) return std::nullopt;
  const auto tcp = packet.subspan(ip_bytes, total_bytes - ip_bytes);
  const std::size_t tcp_bytes = (number(tcp, 12, 1) >> 4) * 4;
  if (tcp_bytes < kTcpHeaderMin || tcp_bytes > tcp.size()) return std::nullopt;

  TcpSegment segment;
  segment.source_address = number(packet, 12, 4);
  segment.destination_address = number(packet, 16, 4);
  segment.source_port = static_cast<std::uint16_t>(number(tcp, 0, 2));
  segment.destination_port = static_cast<std::uint16_t>(number(tcp, 2, 2));
  segment.sequence = number(tcp, 4, 4);
  segment.acknowledgement = number(tcp, 8, 4);
  const unsigned flags = number(tcp, 13, 1);
  segment.syn = flags & kSyn, segment.fin = flags & kFin, segment.rst = flags & kRst;
  segment.ack = flags & kAck, segment.psh = flags & kPsh;
  segment.window = static_cast<std::uint16_t>(number(tcp, 14, 2));
  segment.header_bytes = ip_bytes + tcp_bytes;
  segment.payload = tcp.subspan(tcp_bytes);
  return segment;
}

}  // namespace wirelab::link
