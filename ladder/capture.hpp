#pragma once
// A recorded capture: a classic .pcap file, which tcpdump -w, dumpcap -P and wirelab's own link write, and when each of
// its packets was sent and arrived.
//
// A capture has one time a packet, taken at one place on the way. The handshakes say where: if a SYN passes at 0, the
// SYN ACK at a and the ACK at a + b, the round trip is a + b, and the place is b / 2 from the client. So the same
// ladder comes out wherever it was recorded, as long as the way there takes as long as the way back.
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ladder/passage.hpp"

namespace wirelab::ladder {

/// A ladder is of a few messages; what is longer than this is not read.
inline constexpr std::size_t kCaptureBytes = 64 * 1024 * 1024;

struct Captured {
  Nanos at{};
  std::string packet;  ///< from the IPv4 header on
};

/// The IPv4 packets of a file. Throws std::runtime_error that names it, what is wrong with it and the remedy.
std::vector<Captured> read_capture(const std::filesystem::path& file);
/// The same of the file's bytes; `name` is what errors call it.
std::vector<Captured> parse_capture(std::string_view bytes, const std::string& name);

/// The shortest of the handshakes; nullopt when the capture has no whole one.
std::optional<Nanos> round_trip_of(const std::vector<Captured>& capture);

/// Throws std::runtime_error when there is no handshake to tell where the capture was made.
std::vector<Passage> passages_of(std::vector<Captured> capture);

}  // namespace wirelab::ladder
