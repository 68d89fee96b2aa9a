#pragma once
// The server side of the network, as the floor above sees it. A Host accepts connections, speaks HTTP/1.1 and
// WebSocket, and hands a Service whole requests and whole text messages. LwsHost (net/lws_host.hpp) is the real one;
// the tests have one without sockets.
//
// All calls, in both directions, are on the loop's thread. A Host never calls the Service from inside a call of the
// Service to it: answer(), send_text() and close() return before any on_… that they cause.
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "net/http.hpp"

namespace wirelab::net {

/// Something the Service hangs on a request or a socket; destroyed with it, after on_gone() or on_closed().
struct Attachment {
  virtual ~Attachment() = default;
};

/// A request waiting for its answer. Owned by the Host; lives from Service::on_request() until it is answered or gone.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  /// Exactly once. Afterwards the Service must not touch the exchange; on_gone() is not called for it any more.
  virtual void answer(Answer answer) = 0;
  /// Its connection's next requests are in no hurry: they may be looked at a little later (HostOptions::gather),
  /// together with others. A hint, for those who ask for what will come.
  virtual void be_patient() {}

  std::unique_ptr<Attachment> attachment;
};

/// An open WebSocket. Owned by the Host; lives from Service::on_open() until on_closed() has returned.
class Socket {
 public:
  virtual ~Socket() = default;
  /// Whether everything sent before has been handed to the kernel. Send only then: the peer's slowness must show as a
  /// cursor that lags, not as a buffer that grows. When it turns true again Service::on_ready() is called.
  virtual bool ready() const = 0;
  /// One text frame. Precondition: ready().
  virtual void send_text(const SharedText& text) = 0;
  /// One binary frame. Precondition: ready().
  virtual void send_binary(const SharedText& bytes) = 0;
  /// Starts the closing handshake (RFC 6455 §7). on_closed() follows.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  std::unique_ptr<Attachment> attachment;
  /// Binary messages are Service::on_binary()'s; otherwise they are refused with 1003. To be set in on_open().
  bool takes_binary = false;
};

/// What the floor above does with the network.
class Service {
 public:
  virtual ~Service() = default;
  /// The header section is in, the body is not. An answer here ends the matter (the connection is closed after it,
  /// since a body may be on its way); nullopt lets it go on to on_request() or, for an upgrade, to on_open().
  virtual std::optional<Answer> refuse(const Request& request) = 0;
  /// Whole and accepted. Answer it now or later.
  virtual void on_request(Exchange& exchange) = 0;
  /// The peer left before its answer.
  virtual void on_gone(Exchange& exchange) = 0;
  virtual void on_open(Socket& socket, const Request& request) = 0;
  /// One whole text message, valid UTF-8, no longer than HostOptions::payload_bytes.
  virtual void on_text(Socket& socket, std::string_view text) = 0;
  /// One whole binary message, no longer than that either, from a socket that takes them.
  virtual void on_binary(Socket& socket, std::string_view bytes) { (void)socket, (void)bytes; }
  virtual void on_ready(Socket& socket) = 0;
  virtual void on_closed(Socket& socket) = 0;
};

/// Who was kept out, or cut off, since the Host started: what a server that is attacked says of it.
struct KeptOut {
  std::uint64_t late = 0;       ///< requests that were not complete in time: 408
  std::uint64_t beyond = 0;     ///< connections beyond HostOptions::connections: 503
  std::uint64_t buffering = 0;  ///< connections cut off at HostOptions::buffered_bytes
};

/// Since the Host started. Bytes are what it read and wrote above TCP, and above TLS where there is TLS.
struct HostCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t requests = 0;  ///< with a parsed header section, refused ones and upgrades included
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t pings = 0;  ///< sent to WebSockets that said nothing for HostOptions::ping_interval
  /// Connections that were closed because their peer was silent: kept alive without a request for
  /// HostOptions::idle_timeout, or pinged and not heard of since.
  std::uint64_t timeouts = 0;
  std::uint64_t tls_handshakes = 0;  ///< that were completed
  std::uint64_t tls_resumed = 0;     ///< of these, by a ticket
};

struct HostReading : HostCounters {
  KeptOut kept_out = {};
  std::uint64_t buffered_bytes = 0;       ///< that wait in this process: see HostOptions::buffered_bytes
  std::uint64_t socket_buffer_bytes = 0;  ///< of the open connections (net/socket_buffers.hpp)
};

class Host {
 public:
  virtual ~Host() = default;
  virtual HostCounters counters() const = 0;
  /// One system call a connection: for now and then.
  virtual HostReading read() const = 0;
};

}  // namespace wirelab::net
