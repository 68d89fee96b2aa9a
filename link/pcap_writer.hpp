#pragma once
// Packets into a .pcap file that Wireshark, tshark and tcpdump read: format version 2.4 with time stamps in nanoseconds
// (magic number a1b23c4d), link type RAW, which is IP without anything before it
// (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html).
//
// It is what a capture at the clients' end would have seen, at the times it would have seen it: every packet that
// clients sent, also those that the link drops afterwards; of the server's packets those that got through, as they
// arrive. So the file says what a capture on a client's machine says: Wireshark's "initial RTT" is the link's round
// trip, and a retransmission of the server's comes without the packet that it repeats.
//
// Used from one thread, the relay's. Written through a buffer of 1 MiB, to whose disk writes packets under way may lose
// a fraction of a millisecond.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "link/packet.hpp"

namespace wirelab::link {

class PcapWriter final : public PacketObserver {
 public:
  /// Throws std::system_error that names the file when it cannot be made. An old one of that name is replaced.
  explicit PcapWriter(const std::filesystem::path& file);

  void on_entered(const Packet& packet) override;
  void on_left(const Packet& packet) override;

  /// Writes out what is left. Throws std::system_error that names the file if anything could not be written. Without it
  /// the file ends somewhere.
  void finish();
  std::uint64_t packets() const { return packets_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void write(const Packet& packet);
  void put(const void* bytes, std::size_t size);
  [[noreturn]] void fail(int error) const;

  std::filesystem::path file_;
  std::vector<char> buffer_;
  std::unique_ptr<std::FILE, Close> out_;  // after its buffer: closed before that goes
  Nanos wall_clock_ahead_;                 ///< CLOCK_REALTIME less CLOCK_MONOTONIC, once: so no step bends a capture
  std::uint64_t packets_ = 0;
  int error_ = 0;
};

}  // namespace wirelab::link
