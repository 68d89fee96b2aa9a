#pragma once
// A WebSocket that sends back what it gets, text as text and binary as binary, so that anyone's test suite can be
// pointed at the server (`wirelab serve --echo`). It touches no channel.
#include <cstddef>
#include <deque>

#include "servers/socket_user.hpp"

namespace wirelab::servers {

class Echo final : public SocketUser {
 public:
  /// While the peer does not read what comes back, up to `waiting_bytes` wait for it; beyond that it is closed with
  /// 1008 (RFC 6455 §7.4.1).
  Echo(net::Socket& socket, std::size_t waiting_bytes);

  void on_text(std::string_view text) override { send({false, net::SharedText(text)}); }
  void on_binary(std::string_view bytes) override { send({true, net::SharedText(bytes)}); }
  void on_ready() override;
  void on_closed() override {}

 private:
  struct Message {
    bool binary;
    net::SharedText bytes;
  };
  void send(Message message);
  void send_now(const Message& message);

  net::Socket& socket_;
  const std::size_t limit_bytes_;
  std::deque<Message> waiting_;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace wirelab::servers
