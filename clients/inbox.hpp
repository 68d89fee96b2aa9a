#pragma once
// What one subscriber has heard: it has each answer read by its server's Dialect, keeps the cursor to resume at, and
// tells a Listener of every message and every answer. The same for all four transports.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "clients/dialect.hpp"
#include "net/dialer.hpp"

namespace wirelab::clients {

/// What a subscriber's life is made of, as it happens; the meter implements it.
class Listener {
 public:
  virtual ~Listener() = default;
  /// One message, in the order it came. `text` is valid during the call.
  virtual void on_message(std::uint32_t subscriber, std::string_view text, net::Nanos received_at) = 0;
  /// The server said that messages are gone.
  virtual void on_gap(std::uint32_t subscriber) { (void)subscriber; }
  /// The first envelope is in: from here on nothing may be missed.
  virtual void on_established(std::uint32_t subscriber, net::Nanos received_at) { (void)subscriber, (void)received_at; }

  /// An HTTP exchange ended with an envelope of so many messages (0: an empty answer).
  virtual void on_reply(const net::HttpReply& reply, std::size_t messages) { (void)reply, (void)messages; }
  /// A WebSocket frame came with an envelope of so many messages.
  virtual void on_frame(net::FrameBytes bytes, std::size_t messages, net::Nanos received_at) {
    (void)bytes, (void)messages, (void)received_at;
  }
  /// A WebSocket opened, after a request of so many bytes.
  virtual void on_upgraded(std::uint64_t request_bytes) { (void)request_bytes; }
  /// An exchange failed, a socket closed, or what came was no envelope; the client backs off and resumes at its cursor.
  virtual void on_failure(std::string_view reason) { (void)reason; }
};

class Inbox {
 public:
  /// `dialect` must outlive it.
  Inbox(Listener& listener, std::uint32_t subscriber, const Dialect& dialect = wirelab_dialect())
      : listener_(listener), subscriber_(subscriber), dialect_(dialect) {}

  /// Dialect::target() at the cursor.
  std::string target(std::string_view route, std::string_view channel, std::string_view parameter = {}) const {
    return dialect_.target(route, channel, cursor_, parameter);
  }

  /// Takes an HTTP answer: what it says, or its failure. Whether it was a good one.
  bool take(const net::HttpReply& reply);
  /// Takes a message of a WebSocket that was opened for `channel`. Whether it was one of this server's.
  bool take(std::string_view text, std::string_view channel, net::Nanos received_at, net::FrameBytes bytes);
  /// What the server must be told to what was taken last; empty: nothing.
  const std::string& answer() const { return answer_; }

  void upgraded(std::uint64_t request_bytes) { listener_.on_upgraded(request_bytes); }
  void failed(std::string_view reason) { listener_.on_failure(reason); }
  bool established() const { return established_; }

 private:
  std::size_t note(Told heard, net::Nanos received_at);

  Listener& listener_;
  std::uint32_t subscriber_;
  const Dialect& dialect_;
  std::string cursor_;  ///< opaque; empty before the first answer
  std::string answer_;
  bool established_ = false;
};

}  // namespace wirelab::clients
