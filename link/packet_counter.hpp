#pragma once
// What went over the link, counted: the truth about packets that neither end's kernel can tell, since each sees its own
// end only. As sent, that is as they entered the link; what was dropped is in it, and counted again by why.
//
// Written on the relay's thread; read it when that has ended.
#include <cstdint>
#include <map>
#include <tuple>

#include "link/packet.hpp"
#include "link/tcp_segment.hpp"

namespace wirelab::link {

/// Of one direction.
struct PacketCounts {
  std::uint64_t packets = 0, bytes = 0;  ///< IP packets, headers and all
  std::uint64_t data_segments = 0;       ///< TCP segments with payload, repeats included
  std::uint64_t syns = 0, fins = 0, rsts = 0;
  std::uint64_t retransmissions = 0;      ///< segments with something in them that was sent before: data, SYN or FIN
  std::uint64_t retransmitted_bytes = 0;  ///< of payload, sent before
  std::uint64_t delivered = 0, delivered_bytes = 0;
  std::uint64_t lost = 0, queue_full = 0, drop_segment = 0, cut = 0;  ///< packets that were dropped, by Fate

  /// When the link was taken down.
  std::uint64_t under_way() const { return packets - delivered - lost - queue_full - drop_segment - cut; }
};

class PacketCounter final : public PacketObserver {
 public:
  void on_entered(const Packet& packet) override;
  void on_left(const Packet& packet) override;

  const PacketCounts& counts(Direction direction) const { return counts_[static_cast<std::size_t>(direction)]; }

 private:
  using Flow = std::tuple<std::uint32_t, std::uint16_t, std::uint32_t, std::uint16_t>;  ///< from, to

  void count(PacketCounts& counts, const TcpSegment& segment);

  PacketCounts counts_[2];
  std::map<Flow, std::uint32_t> sent_up_to_;  ///< the sequence number after the last one sent
};

}  // namespace wirelab::link
