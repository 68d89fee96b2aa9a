#include "link/delay_queue.hpp"

#include <algorithm>

namespace wirelab::link {

void DelayQueue::push(const Packet& packet) {
  if (free_.empty()) free_.push_back(slots_.emplace_back(std::make_unique<Slot>()).get());
  Slot& slot = *free_.back();
  free_.pop_back();
  slot.packet = packet;
  std::copy(packet.bytes.begin(), packet.bytes.end(), slot.bytes.begin());
  slot.packet.bytes = std::span(slot.bytes).first(packet.bytes.size());
  waiting_.push(&slot);
}

Packet* DelayQueue::next() { return waiting_.empty() ? nullptr : &waiting_.top()->packet; }

void DelayQueue::pop() {
  free_.push_back(waiting_.top());
  waiting_.pop();
}

}  // namespace wirelab::link
