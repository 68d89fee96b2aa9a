#pragma once
// One connection of LwsHost: HTTP first, then perhaps a WebSocket.
#include <memory>

#include "net/lws_exchange.hpp"
#include "net/lws_socket.hpp"

namespace wirelab::net {

class LwsConnection : public Deadlines::Waiter {
 public:
  /// What the library reads at once.
  static constexpr unsigned kReadBytes = 8 * 1024;

  LwsConnection(LwsCore& core, int fd) : exchange(core, *this), core_(core), fd_(fd) {
    ++core.counters.connections_open;
  }
  ~LwsConnection() { on_closed(); }

  int fd() const { return fd_; }

  /// The upgrade is answered.
  void open_socket() {
    socket = std::make_unique<LwsSocket>(core_, *this);
    core_.service.on_open(*socket, exchange.take_request());
  }

  /// Nothing more comes of it. May be called again.
  void on_closed() {
    if (closed_) return;
    closed_ = true;
    --core_.counters.connections_open;
    stop_waiting();
    exchange.on_closed();
    if (socket) core_.service.on_closed(*socket);
  }

  lws* wsi = nullptr;
  LwsExchange exchange;
  std::unique_ptr<LwsSocket> socket;

 private:
  LwsCore& core_;
  int fd_;
  bool closed_ = false;
};

}  // namespace wirelab::net
