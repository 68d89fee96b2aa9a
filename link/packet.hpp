#pragma once
// A packet as the relay of an emulated link saw it, and who is told of packets: counters, a .pcap file, a ladder.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace wirelab::link {

using Nanos = std::chrono::nanoseconds;  ///< points in time are CLOCK_MONOTONIC, since boot

/// Up is to the server, down is to the clients.
enum class Direction : std::uint8_t { up, down };

/// What becomes of a packet is settled when it enters; only then does the link look at it.
enum class Fate : std::uint8_t {
  delivered,
  lost,          ///< by chance (--loss)
  queue_full,    ///< the bottleneck's queue had no room for it (--queue)
  drop_segment,  ///< it was picked by number (--drop-segment)
  cut            ///< the link was cut before it could leave (--cut-at)
};

/// "delivered", "lost", "queue-full", "drop-segment", "cut"
std::string_view name(Fate fate);

struct Packet {
  Direction direction = Direction::up;
  Fate fate = Fate::delivered;
  std::uint64_t number = 0;  ///< from 1, in the order in which they entered, over both directions
  Nanos entered{};           ///< when the relay took it from the end that sent it
  Nanos due{};               ///< when it was to leave, by delay, jitter and bandwidth; of a dropped one: `entered`
  Nanos left{};  ///< when it left: `due` and what the relay was late by; 0 before that, and if it was dropped
  /// The IPv4 packet from its first header byte on. Valid during the call; copy what you keep.
  std::span<const std::byte> bytes;
};

/// When the packet is seen at the clients' end of the link: as it enters on the way up, as it leaves on the way down.
inline Nanos seen_by_client(const Packet& packet) {
  return packet.direction == Direction::up ? packet.entered : packet.left;
}

/// Told of every packet, on the relay's thread and in the order in which things happen. What it does delays packets: a
/// few microseconds are well spent, a wait is not.
class PacketObserver {
 public:
  virtual ~PacketObserver() = default;
  /// It entered the link. If its fate is to be dropped this is the last of it.
  virtual void on_entered(const Packet&) {}
  /// It left the link, at its other end. What is still under way when the link is taken down never does.
  virtual void on_left(const Packet&) {}
};

}  // namespace wirelab::link
