#pragma once
// IPv4 packets with a TCP segment, made by hand: as much of them as the link looks at.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace wirelab::tests {

inline constexpr unsigned kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;

struct Flow {
  std::uint16_t source_port = 40'000, destination_port = 9'000;
};

/// With 20 bytes of IP header, 20 of TCP header.
inline std::vector<std::byte> tcp_packet(unsigned flags, std::uint32_t sequence, std::string_view payload = {},
                                         Flow flow = {}) {
  std::vector<std::byte> packet(40);
  const auto put = [&](std::size_t at, std::size_t size, std::uint64_t value) {
    for (std::size_t i = 0; i < size; ++i) packet[at + i] = static_cast<std::byte>(value >> (8 * (size - 1 - i)));
  };
  put(0, 1, 0x45);
  put(2, 2, 40 + payload.size());
  put(9, 1, 6);
  put(12, 4, 0xc6120002);
  put(16, 4, 0xc6120001);
  put(20, 2, flow.source_port);
  put(22, 2, flow.destination_port);
  put(24, 4, sequence);
  put(28, 4, 77);
  put(32, 1, 5 << 4);
  put(33, 1, flags);
  put(34, 2, 512);
  for (const char letter : payload) packet.push_back(static_cast<std::byte>(letter));
  return packet;
}

}  // namespace wirelab::tests
