#pragma once
// Remembers every packet of a link, for the ladder: both its moments, and its bytes.
#include <map>
#include <vector>

#include "ladder/passage.hpp"
#include "link/packet.hpp"

namespace wirelab::ladder {

/// Packets after so many are not remembered: the ladder that they would make is refused anyway.
inline constexpr std::size_t kRecordedPackets = 20'000;

/// Told of packets on the relay's thread; to be asked when that has ended.
class Recorder final : public link::PacketObserver {
 public:
  void on_entered(const link::Packet& packet) override;
  void on_left(const link::Packet& packet) override;

  /// In the order they entered. What was still under way when the link ended arrives when it was due.
  const std::vector<Passage>& passages() const { return passages_; }

 private:
  std::vector<Passage> passages_;
  std::map<std::uint64_t, std::size_t> under_way_;  // by number
};

}  // namespace wirelab::ladder
