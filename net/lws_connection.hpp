#pragma once
// One WebSocket's connection, from the moment that the library has it.
#include <memory>
#include <utility>

#include "net/lws_socket.hpp"
#include "net/tls_relay.hpp"

namespace wirelab::net {

class LwsConnection : public Deadlines::Waiter {
 public:
  /// `fd` is what the library has: the connection, or with TLS its end of the pair.
  LwsConnection(HostCore& core, int fd, Request request, TlsRelay* tls)
      : core_(core), fd_(fd), tls_(tls), request_(std::move(request)) {
    core.count_again();
  }
  ~LwsConnection() {
    on_closed();
    if (tls_ != nullptr) tls_->library_left();
  }

  int fd() const { return fd_; }
  /// Of the connection.
  int tcp_fd() const { return tls_ != nullptr ? tls_->fd() : fd_; }
  /// Null: there is none.
  TlsRelay* tls() const { return tls_; }

  /// The upgrade is answered.
  void open_socket() {
    socket = std::make_unique<LwsSocket>(core_, *this);
    if (tls_ != nullptr) {
      tls_->take_from_library();  // the answer, before the first message
      tls_->on_drained = [this] { socket->on_writeable(); };
    }
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
  TlsRelay* tls_;
  Request request_;
  bool closed_ = false;
};

}  // namespace wirelab::net
