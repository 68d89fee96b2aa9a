#pragma once
// What happened, as seen from outside: every attempt to publish and what was answered, every message and every gap that
// each subscriber heard, and when the server lost its memory. tests/faults/checker.hpp judges it.
//
// Each channel has one publisher that numbers its messages 0, 1, 2 … and sends the next when the last was acknowledged,
// so that the log of a channel is those numbers in order. Everyone has subscribed before the first one.
#include <cstdint>
#include <optional>
#include <vector>

#include "messages/cursor.hpp"
#include "net/loop.hpp"

namespace wirelab::tests {

struct MessageId {
  std::size_t channel = 0;
  std::uint32_t number = 0;
};

struct Publication {
  net::Nanos first_attempt{};
  std::uint64_t attempts = 0;
  std::uint64_t unanswered = 0;  ///< attempts of which nobody knows whether the server took them
  bool acknowledged = false;
  messages::Cursor place;  ///< where the acknowledgement says it is; epoch 0: it does not say
};

/// One line of what a subscriber heard.
struct Heard {
  net::Nanos at{};
  std::optional<MessageId> message;  ///< none: a gap was announced
};

struct SubscriberHistory {
  std::size_t channel = 0;
  net::Nanos subscribed_at{};
  std::vector<Heard> heard;
};

struct History {
  explicit History(std::size_t channels_count) : channels(channels_count) {}

  Publication& publication(MessageId id) {
    auto& channel = channels.at(id.channel);
    if (channel.size() <= id.number) channel.resize(id.number + 1);
    return channel[id.number];
  }
  void attempted(MessageId id, net::Nanos at) {
    Publication& publication_of_it = publication(id);
    if (publication_of_it.attempts++ == 0) publication_of_it.first_attempt = at;
  }
  void acknowledged(MessageId id, messages::Cursor place) {
    publication(id).acknowledged = true;
    publication(id).place = place;
  }

  std::vector<std::vector<Publication>> channels;
  std::vector<SubscriberHistory> subscribers;
  std::vector<net::Nanos> restarts;  ///< since then the server knows nothing of before
};

}  // namespace wirelab::tests
