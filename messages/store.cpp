#include "messages/store.hpp"

#include <stdexcept>

#include "messages/envelope.hpp"

namespace wirelab::messages {
namespace {

/// Buckets for each key that is left, before the table is made smaller.
constexpr std::size_t kSparseBuckets = 16;

}  // namespace

Store::Store(const Limits& limits, std::uint32_t epoch) : limits_(limits), epoch_(epoch) {
  if (epoch == 0) throw std::invalid_argument("store: epoch 0 means no epoch; draw another");
}

const Channel* Store::find(std::string_view channel) const {
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
  total_bytes_ += message_bytes(*literal);
  if (!idempotency_key.empty()) channel.sequence_of_key.emplace(idempotency_key, sequence);
  channel.ring.emplace_back(sequence, std::move(literal), idempotency_key);
  channel.ring.back().place_by_age = by_age_.insert(by_age_.end(), &channel);
  while (channel.ring.size() > 1 && is_over(channel)) evict_oldest(channel);
  while (by_age_.size() > 1 && total_bytes_ > limits_.kept_total_bytes) evict_oldest(*by_age_.front());
  return {epoch_, sequence};
}

bool Store::is_over(const Channel& channel) const {
  return channel.ring.size() > limits_.kept_messages || channel.bytes > limits_.kept_bytes;
}

void Store::evict_oldest(Channel& channel) {
  const Message& oldest = channel.ring.front();
  channel.bytes -= oldest.literal.size();
  total_bytes_ -= message_bytes(oldest.literal);
  by_age_.erase(oldest.place_by_age);
  auto& keys = channel.sequence_of_key;
  if (!oldest.idempotency_key.empty()) keys.erase(oldest.idempotency_key);
  channel.ring.pop_front();
  // Its table of buckets only grows by itself: a channel that had many would take their room for ever.
  if (keys.bucket_count() > kSparseBuckets * (keys.size() + 1)) keys.rehash(2 * keys.size());
}

std::size_t Store::message_bytes(std::string_view literal) const {
  // The index entries and allocations, and the key, which is kept twice.
  constexpr std::size_t kIndexBytes = 384;
  return literal.size() + kIndexBytes + 2 * limits_.idempotency_key_bytes;
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

std::uint64_t Store::bytes_kept() const {
  std::uint64_t sum = 0;
  for (const auto& [name, channel] : channels_) sum += channel.bytes;
  return sum;
}

}  // namespace wirelab::messages
