#include "messages/store.hpp"

#include <stdexcept>

#include "messages/envelope.hpp"

namespace wirelab::messages {

Store::Store(const Limits& limits, std::uint32_t epoch) : limits_(limits), epoch_(epoch) {
  if (epoch == 0) throw std::invalid_argument("store: epoch 0 means no epoch; draw another");
}

const Store::Channel* Store::find(std::string_view channel) const {
  const auto found = channels_.find(channel);
  return found == channels_.end() ? nullptr : &found->second;
}

std::optional<Store::Appended> Store::refusal(std::string_view name, std::string_view idempotency_key) const {
  const Channel* const channel = find(name);
  if (!channel) {
    if (channels_.size() >= limits_.channels) return Appended{Append::too_many_channels, {}};
    return std::nullopt;
  }
  if (idempotency_key.empty()) return std::nullopt;
  const auto before = channel->sequence_of_key.find(std::string(idempotency_key));
  if (before == channel->sequence_of_key.end()) return std::nullopt;
  return Appended{Append::repeated, {epoch_, before->second}};
}

Store::Appended Store::append(std::string_view name, std::string_view payload, std::string_view idempotency_key) {
  if (const auto refused = refusal(name, idempotency_key)) return *refused;
  auto literal = encode_literal(payload);
  if (!literal) return {Append::not_utf8, {}};
  return {Append::stored,
          append_literal(name, std::make_shared<const std::string>(std::move(*literal)), idempotency_key)};
}

Cursor Store::append_literal(std::string_view name, Literal literal, std::string_view idempotency_key) {
  const auto found = channels_.find(name);
  Channel& channel = found == channels_.end() ? channels_[std::string(name)] : found->second;
  const std::uint64_t sequence = ++channel.newest;
  channel.bytes += literal->size();
  if (!idempotency_key.empty()) channel.sequence_of_key.emplace(idempotency_key, sequence);
  channel.ring.emplace_back(sequence, std::move(literal), idempotency_key);
  evict(channel);
  return {epoch_, sequence};
}

void Store::evict(Channel& channel) {
  while (channel.ring.size() > 1 &&
         (channel.ring.size() > limits_.kept_messages || channel.bytes > limits_.kept_bytes)) {
    const Message& oldest = channel.ring.front();
    channel.bytes -= oldest.literal.size();
    if (!oldest.idempotency_key.empty()) channel.sequence_of_key.erase(oldest.idempotency_key);
    channel.ring.pop_front();
  }
}

Slice Store::after(std::string_view name, Cursor cursor) const {
  const Channel* channel = find(name);
  const std::uint64_t newest = channel ? channel->newest : 0;
  const std::uint64_t kept = channel ? channel->ring.size() : 0;
  const std::uint64_t before_oldest = newest - kept;

  // A cursor of another epoch, or ahead of all there is (another channel's), says nothing about what its reader has of
  // this log: it gets all that is kept, and is told.
  const bool ours = cursor.epoch == epoch_ && cursor.sequence <= newest;
  const bool evicted = ours && cursor.sequence < before_oldest;
  Slice slice;
  slice.gap = !ours || evicted;
  slice.from = {epoch_, slice.gap ? before_oldest : cursor.sequence};
  slice.to = slice.from;
  if (!channel) return slice;

  slice.first = channel->ring.begin() + static_cast<std::ptrdiff_t>(slice.from.sequence - before_oldest);
  slice.last = slice.first;
  for (std::size_t bytes = 0; slice.last != channel->ring.end(); ++slice.last, ++slice.to.sequence) {
    bytes += slice.last->literal.size() + 1;
    if (bytes > limits_.envelope_bytes && slice.last != slice.first) break;
  }
  return slice;
}

Cursor Store::newest(std::string_view name) const {
  const Channel* channel = find(name);
  return {epoch_, channel ? channel->newest : 0};
}

Cursor Store::earliest(std::string_view name) const {
  const Channel* channel = find(name);
  return {epoch_, channel ? channel->newest - channel->ring.size() : 0};
}

std::uint64_t Store::messages_kept() const {
  std::uint64_t sum = 0;
  for (const auto& [name, channel] : channels_) sum += channel.ring.size();
  return sum;
}

std::uint64_t Store::bytes_kept() const {
  std::uint64_t sum = 0;
  for (const auto& [name, channel] : channels_) sum += channel.bytes;
  return sum;
}

}  // namespace wirelab::messages
