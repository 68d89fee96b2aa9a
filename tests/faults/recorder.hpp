#pragma once
// Writes the history down, on both sides of the server: what subscribers hear, and what a publisher sends and is
// answered. Messages are told apart by the stamps that the publisher writes into them.
#include <functional>
#include <memory>
#include <utility>

#include "clients/inbox.hpp"
#include "clients/stamp.hpp"
#include "net/dialer.hpp"
#include "net/loop.hpp"
#include "tests/faults/history.hpp"

namespace wirelab::tests {

inline constexpr std::uint32_t kRecordedRun = 42;

/// Of all subscribers; their numbers are those of History::subscribers.
class Recorder final : public clients::Listener {
 public:
  /// `history` and `loop` outlive it.
  Recorder(History& history, const net::Loop& loop) : history_(history), loop_(loop) {}

  void on_message(std::uint32_t subscriber, std::string_view text, net::Nanos received_at) override {
    note(subscriber, {received_at, id_of(text)});
  }
  void on_gap(std::uint32_t subscriber) override { note(subscriber, {loop_.now(), std::nullopt}); }
  void on_established(std::uint32_t subscriber, net::Nanos) override {
    history_.subscribers.at(subscriber).subscribed_at = loop_.now();
    ++established;
  }
  void on_failure(std::string_view) override { ++failures; }

  /// What carries no stamp of ours is message kNobodys of its channel: a stranger.
  static MessageId id_of(std::string_view text) {
    const auto stamp = clients::read_stamp(text);
    if (!stamp || stamp->run != kRecordedRun) return {kNobodys, kNobodys};
    return {stamp->publisher, stamp->sequence};  // one lane: publishers are numbered as channels are
  }

  std::size_t established = 0;
  std::uint64_t failures = 0;  ///< exchanges and sockets that were lost

 private:
  static constexpr std::uint32_t kNobodys = 0xffff'ffff;

  void note(std::uint32_t subscriber, Heard heard) { history_.subscribers.at(subscriber).heard.push_back(heard); }

  History& history_;
  const net::Loop& loop_;
};

/// What a publisher dials with: the attempts that pass through are written down, and their answers.
class WitnessedDialer final : public net::HttpDialer {
 public:
  /// All outlive it.
  WitnessedDialer(net::HttpDialer& inner, History& history, const net::Loop& loop)
      : inner_(inner), history_(history), loop_(loop) {}

  std::unique_ptr<net::HttpLine> line(net::Reuse reuse) override;

 private:
  class Line;
  void answered(MessageId id, const net::HttpReply& reply);

  net::HttpDialer& inner_;
  History& history_;
  const net::Loop& loop_;
};

/// The same for publishing on WebSockets. No acknowledgement says where a message is: it is taken to be where its
/// number says, which is so as long as the server lives and recognises what comes again.
class WitnessedSockets final : public net::SocketDialer {
 public:
  /// All outlive it.
  WitnessedSockets(net::SocketDialer& inner, History& history, const net::Loop& loop)
      : inner_(inner), history_(history), loop_(loop) {}

  std::unique_ptr<net::SocketLine> dial(std::string_view target, net::SocketListener& listener) override;

 private:
  class Line;

  net::SocketDialer& inner_;
  History& history_;
  const net::Loop& loop_;
};

/// Whether every subscriber has heard the last message of its channel.
bool all_heard_the_last(const History& history);

}  // namespace wirelab::tests
