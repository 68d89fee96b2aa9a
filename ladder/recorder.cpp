#include "ladder/recorder.hpp"

namespace wirelab::ladder {

void Recorder::on_entered(const link::Packet& packet) {
  if (passages_.size() >= kRecordedPackets) return;
  const bool dropped = packet.fate != link::Fate::delivered;
  if (!dropped) under_way_[packet.number] = passages_.size();
  const auto* const bytes = reinterpret_cast<const char*>(packet.bytes.data());
  passages_.push_back(
      {packet.entered, dropped ? std::nullopt : std::optional(packet.due), std::string(bytes, packet.bytes.size())});
}

void Recorder::on_left(const link::Packet& packet) {
  const auto found = under_way_.find(packet.number);
  if (found == under_way_.end()) return;
  passages_[found->second].arrives = packet.left;
  under_way_.erase(found);
}

}  // namespace wirelab::ladder
