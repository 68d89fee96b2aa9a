#pragma once
// The stamp that starts every payload the publisher makes: fixed-width text, so that the moment a message was due can
// be read without parsing anything. The server treats it as opaque, so a foreign server can be measured.
//
//   run(8 hex) publisher(4 hex) sequence(8 hex) due_ns(16 hex) sent_ns(16 hex), a space after each: 57 bytes
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/loop.hpp"

namespace wirelab::clients {

struct Stamp {
  std::uint32_t run = 0;        ///< messages of another run on the same server are told apart by it
  std::uint16_t publisher = 0;  ///< order is promised per publisher: two of them race
  std::uint32_t sequence = 0;   ///< 0, 1, 2 … within publisher
  net::Nanos due{};             ///< when it should have been sent, by the schedule
  net::Nanos sent{};            ///< when it was
};

inline constexpr std::size_t kStampBytes = 57;

/// Publishers that a stamp can tell apart: one a lane and channel.
inline constexpr std::size_t kPublishers = std::size_t{1} << 16;

/// The stamp and after it `text` and padding ('.') up to `payload_bytes` in all; longer if they need more.
std::string write_stamp(const Stamp& stamp, std::size_t payload_bytes, std::string_view text = {});

/// Nullopt when the payload does not start with a stamp.
std::optional<Stamp> read_stamp(std::string_view payload);

}  // namespace wirelab::clients
