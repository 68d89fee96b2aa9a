#pragma once
// The real SocketDialer: libwebsockets' client on an EventLoop, thousands of sockets in one thread.
#include <memory>

#include "net/dialer.hpp"
#include "net/event_loop.hpp"

namespace wirelab::net {

class LwsDialer final : public SocketDialer {
 public:
  /// Throws std::invalid_argument when the URL is not one, or its authorities' file cannot be read. `loop` must outlive
  /// it; its lines must not.
  LwsDialer(EventLoop& loop, DialerOptions options);
  ~LwsDialer() override;
  std::unique_ptr<SocketLine> dial(std::string_view target, SocketListener& listener) override;
  const TlsTotals* tls() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wirelab::net
