#include "link/packet_counter.hpp"

#include <algorithm>

namespace wirelab::link {

void PacketCounter::on_entered(const Packet& packet) {
  PacketCounts& counts = counts_[static_cast<std::size_t>(packet.direction)];
  ++counts.packets;
  counts.bytes += packet.bytes.size();
  switch (packet.fate) {
    case Fate::delivered: break;
    case Fate::lost: ++counts.lost; break;
    case Fate::queue_full: ++counts.queue_full; break;
    case Fate::drop_segment: ++counts.drop_segment; break;
    case Fate::cut: ++counts.cut; break;
  }
  if (const auto segment = parse_tcp_segment(packet.bytes)) count(counts, *segment);
}

void PacketCounter::on_left(const Packet& packet) {
  PacketCounts& counts = counts_[static_cast<std::size_t>(packet.direction)];
  ++counts.delivered;
  counts.delivered_bytes += packet.bytes.size();
}

void PacketCounter::count(PacketCounts& counts, const TcpSegment& segment) {
  counts.data_segments += segment.payload.empty() ? 0 : 1;
  counts.syns += segment.syn ? 1 : 0;
  counts.fins += segment.fin ? 1 : 0;
  counts.rsts += segment.rst ? 1 : 0;
  const std::uint32_t length = segment.sequence_length();
  if (length == 0) return;
  const std::uint32_t end = segment.sequence + length;
  const auto [at, is_new] = sent_up_to_.try_emplace(
      {segment.source_address, segment.source_port, segment.destination_address, segment.destination_port}, end);
  if (is_new) return;
  // Sequence numbers wrap: which of two is ahead is the sign of their difference (RFC 9293 §3.4).
  const auto before = [](std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; };
  // A SYN is a repeat if nothing followed the one before it; else the port is used again.
  if (segment.syn && end != at->second) {
    at->second = end;
    return;
  }
  if (before(segment.sequence, at->second)) {
    ++counts.retransmissions;
    counts.retransmitted_bytes += std::min<std::uint64_t>(segment.payload.size(), at->second - segment.sequence);
  }
  if (before(at->second, end)) at->second = end;
}

}  // namespace wirelab::link
