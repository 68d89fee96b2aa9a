#pragma once
// What RFC 6455 §5.2 adds to a frame's payload: two bytes, a longer length if 7 bits do not hold it, and, from client
// to server, the mask.
#include <cstdint>

namespace wirelab::net {

enum class Masked { no, yes };

constexpr std::uint64_t frame_header_bytes(std::uint64_t payload_bytes, Masked masked) {
  const std::uint64_t length_bytes = payload_bytes < 126 ? 0 : payload_bytes <= 0xffff ? 2 : 8;
  return 2 + length_bytes + (masked == Masked::yes ? 4 : 0);
}

}  // namespace wirelab::net
