#pragma once
// The real Host, on an EventLoop: HTTP/1.1 by ourselves, WebSockets by libwebsockets, with the guards that the library
// leaves to its user (docs/internals/libwebsockets.md lists each danger, the guard and the test).
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.hpp"
#include "net/host.hpp"
#include "net/listener.hpp"
#include "net/tls.hpp"

namespace wirelab::net {

struct HostOptions {
  /// A numeric address. Loopback unless the user says otherwise; "0.0.0.0" and "::" listen on every address.
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: the kernel picks one; port() tells which
  PortUse port_use = PortUse::alone;

  /// Header fields (lower case) that Request::headers is filled with, when present.
  std::vector<std::string> headers = {"idempotency-key", "host", "origin", "authorization"};

  // Limits; messages/limits.hpp has the reasons.
  std::size_t payload_bytes = 64 * 1024;
  std::size_t target_bytes = 1024;
  std::size_t header_bytes = 8 * 1024;
  std::size_t connections = 16'000;
  std::size_t buffered_bytes = 64 * 1024 * 1024;
  std::size_t unsent_bytes = 256 * 1024;
  /// Of the hosts, on threads of their own, that `connections` and `buffered_bytes` are the limits of together; null:
  /// of this one alone.
  std::shared_ptr<std::atomic<std::size_t>> connections_of_all, buffered_bytes_of_all;
  std::chrono::seconds header_timeout{10};
  std::chrono::seconds body_timeout{30};
  std::chrono::seconds idle_timeout{75};
  std::chrono::seconds ping_interval{25};
  /// Exchange::be_patient()'s. A host sets it for all of its loop.
  std::chrono::microseconds gather{500};
  /// The header timeout is for the handshake too. Null: plain TCP.
  std::shared_ptr<TlsServer> tls;
};

class LwsHost final : public Host {
 public:
  /// Listens at once. Throws std::runtime_error, naming address and port, when it cannot, or when it finds that the
  /// library has bound another address than the one asked for. `loop` and `service` must outlive it.
  LwsHost(EventLoop& loop, Service& service, HostOptions options);
  /// Cuts every connection; the Service hears on_gone() and on_closed() for each.
  ~LwsHost() override;

  std::uint16_t port() const;
  HostCounters counters() const override;
  HostReading read() const override;
  /// From any thread.
  KeptOut kept_out() const;
  /// No more connections; the open ones go on.
  void stop_accepting();
  /// From now on each answer is the last of its connection; those of which no request is under way are closed at once.
  void let_go();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wirelab::net
