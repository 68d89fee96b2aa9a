#pragma once
// One WebSocket's connection, from the moment that the library has it.
#include <memory>
#include <utility>

#include "net/lws_socket.hpp"

namespace wirelab::net {

class LwsConnection : public Deadlines::Waiter {
 public:
  LwsConnection(HostCore& core, int fd, Request request) : core_(core), fd_(fd), request_(std::move(request)) {
    core.count_again();
  }
  ~LwsConnection() { on_closed(); }

  int fd() const { return fd_; }

  /// The upgrade is answered.
  void open_socket() {
    socket = std::make_unique<LwsSocket>(core_, *this);
    core_.service.on_open(*socket, std::exchange(request_, {}));
  }

  /// Nothing more comes of it. May be called again.
  void on_closed() {
    if (closed_) return;
    closed_ = true;
    core_.count_out();
    stop_waiting();
    if (socket) core_.service.on_closed(*socket);
  }

  lws* wsi = nullptr;
  std::unique_ptr<LwsSocket> socket;

 private:
  HostCore& core_;
  int fd_;
  Request request_;
  bool closed_ = false;
};

}  // namespace wirelab::net
