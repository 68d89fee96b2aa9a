#pragma once
// The one message store that every backend shares: an append-only ring per channel, in memory. A subscriber is a cursor
// into it, never a queue of its own, so memory is O(messages kept + subscribers) and a slow reader costs only its own
// lag.
//
// Not thread-safe: one store belongs to one loop. Several loops have one each, kept alike: messages/replicas.hpp.
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "messages/cursor.hpp"
#include "messages/limits.hpp"

namespace wirelab::messages {

/// A payload as it is kept and sent: the JSON string literal, with its quotes, escaped (RFC 8259 §7). Never changed, so
/// that stores on several threads can share it.
using Literal = std::shared_ptr<const std::string>;

struct Channel;

/// A message as kept: encoded once, when it was published, into the literal that every delivery copies.
struct Message {
  Message(std::uint64_t sequence_, Literal literal_, std::string_view key)
      : sequence(sequence_), literal(*literal_), idempotency_key(key), owner(std::move(literal_)) {}

  std::uint64_t sequence;
  std::string_view literal;
  std::string idempotency_key;                 ///< what the publisher called it, or empty
  Literal owner;                               ///< of the literal's characters
  std::list<Channel*>::iterator place_by_age;  ///< Store's own
};

/// What a reader at a cursor gets next. Views into the store: valid until the next append().
struct Slice {
  using Iterator = std::deque<Message>::const_iterator;

  Cursor from;  ///< where the messages start: the last sequence not in here
  Cursor to;    ///< where the reader stands once it has taken this
  Iterator first{}, last{};
  bool gap = false;  ///< messages between the reader's cursor and `first` are gone, or its epoch is

  std::size_t count() const { return static_cast<std::size_t>(to.sequence - from.sequence); }
  /// Whether there is anything to say: a message, or a gap. A gap is news even when nothing follows it.
  bool news() const { return gap || count() > 0; }
};

/// One channel's log: Store's own.
struct Channel {
  std::deque<Message> ring;
  std::uint64_t newest = 0;  ///< sequence of the last message appended; ring.back() has it, if it is still kept
  std::size_t bytes = 0;     ///< of the literals in the ring
  std::unordered_map<std::string, std::uint64_t> sequence_of_key;
};

enum class Append {
  stored,
  repeated,           ///< the same idempotency key is still kept: nothing was stored
  not_utf8,           ///< the payload is not UTF-8 (RFC 3629): nothing was stored
  too_many_channels,  ///< Limits::channels: nothing was stored
  too_far_behind,     ///< Limits::thread_lag_messages or …_bytes (messages/replicas.hpp): nothing was stored
};

class Store {
 public:
  /// `epoch` must differ from that of the server's former lives: draw it at random. Never 0.
  Store(const Limits& limits, std::uint32_t epoch);

  struct Appended {
    Append outcome;
    Cursor cursor;  ///< of the message stored, or of the first one with that key
  };
  /// Precondition: payload is no longer than Limits::payload_bytes (a request that is, is refused before its body is
  /// read). Old messages leave when the channel is over its limits, those of any channel when all are over
  /// Limits::kept_total_bytes; the newest of all always stays. A channel whose every message left is still one: its
  /// next message has the next number.
  Appended append(std::string_view channel, std::string_view payload, std::string_view idempotency_key = {});

  /// The two steps of append(), for whoever has encoded the payload before: why nothing would be stored, whatever the
  /// payload is; and, if there is no such reason, the storing.
  std::optional<Appended> refusal(std::string_view channel, std::string_view idempotency_key) const;
  Cursor append_literal(std::string_view channel, Literal literal, std::string_view idempotency_key = {});

  /// Everything after the cursor, oldest first, up to Limits::envelope_bytes of it (one message at least).
  /// Cost: one hash look-up and a binary search over nothing (the ring is indexed by sequence).
  Slice after(std::string_view channel, Cursor cursor) const;

  Cursor newest(std::string_view channel) const;    ///< to read from now on
  Cursor earliest(std::string_view channel) const;  ///< to read all that is kept, without a gap

  /// What a message takes of Limits::kept_total_bytes: its characters and, at most, all that keeping them takes.
  std::size_t message_bytes(std::string_view literal) const;

  std::uint64_t messages_kept() const { return by_age_.size(); }
  std::uint64_t bytes_kept() const;
  std::size_t channels() const { return channels_.size(); }
  std::uint32_t epoch() const { return epoch_; }

 private:
  const Channel* find(std::string_view channel) const;
  bool is_over(const Channel& channel) const;
  void evict_oldest(Channel& channel);

  Limits limits_;
  std::uint32_t epoch_;
  std::map<std::string, Channel, std::less<>> channels_;  // node-based: a Slice survives another channel's birth
  std::list<Channel*> by_age_;                            // the channel of each message kept, the oldest message first
  std::size_t total_bytes_ = 0;                           // message_bytes() of all that are kept
};

}  // namespace wirelab::messages
