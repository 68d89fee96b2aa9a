#pragma once
// Packets under way: each kept, bytes and all, until it is due. One thread.
#include <array>
#include <cstddef>
#include <memory>
#include <queue>
#include <vector>

#include "link/impairment.hpp"
#include "link/packet.hpp"

namespace wirelab::link {

class DelayQueue {
 public:
  /// Room for so many packets, the memory for which is taken as it is needed.
  explicit DelayQueue(std::size_t packets_max) : packets_max_(packets_max) {}

  bool full() const { return waiting_.size() == packets_max_; }
  std::size_t size() const { return waiting_.size(); }
  /// Copies the bytes. Precondition: not full(), and they are kPacketBytesMax at most.
  void push(const Packet& packet);
  /// The one that is due first, of several the one that entered first; null: there is none. Valid until pop().
  Packet* next();
  void pop();

 private:
  struct Slot {
    Packet packet;
    std::array<std::byte, kPacketBytesMax> bytes;
  };
  struct Later {
    bool operator()(const Slot* a, const Slot* b) const {
      return a->packet.due != b->packet.due ? a->packet.due > b->packet.due : a->packet.number > b->packet.number;
    }
  };

  std::size_t packets_max_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  std::priority_queue<Slot*, std::vector<Slot*>, Later> waiting_;
};

}  // namespace wirelab::link
