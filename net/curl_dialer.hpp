#pragma once
// The real HttpDialer: libcurl's multi interface driven by an EventLoop (epoll), thousands of lines in one thread.
#include <memory>

#include "net/dialer.hpp"
#include "net/event_loop.hpp"

namespace wirelab::net {

class CurlDialer final : public HttpDialer {
 public:
  /// Throws std::invalid_argument when the URL is not one, or its authorities' file cannot be read. `loop` must outlive
  /// it; its lines must not.
  CurlDialer(EventLoop& loop, DialerOptions options);
  ~CurlDialer() override;
  std::unique_ptr<HttpLine> line(Reuse reuse) override;
  const TlsTotals* tls() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wirelab::net
