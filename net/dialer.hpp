#pragma once
// The client side of the network, as the floor above sees it: lines on which one subscriber asks. The real ones are
// CurlDialer (net/curl_dialer.hpp) and LwsDialer (net/lws_dialer.hpp); the tests have one without sockets.
//
// All calls, in both directions, are on the loop's thread. No callback comes from inside a call to a line, and none
// after a line is destroyed; a callback may destroy its own line.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.hpp"
#include "net/loop.hpp"

namespace wirelab::net {

/// Bytes of one exchange above TCP, as parsed: the second witness beside the kernel's TCP_INFO.
struct HttpBytes {
  std::uint64_t request_header = 0;  ///< request line, fields, blank line
  std::uint64_t request_body = 0;
  std::uint64_t response_header = 0;  ///< status line, fields, blank line
  std::uint64_t response_body = 0;
};

struct HttpReply {
  int status = 0;         ///< 0: no answer came; `error` says why
  std::string_view body;  ///< valid during the callback
  std::string error;
  Nanos sent_at{};      ///< when get() or post() was called
  Nanos received_at{};  ///< when the last byte was readable, before anything was parsed
  std::optional<std::chrono::seconds> retry_after;
  Headers headers;                 ///< of DialerOptions::response_headers the ones it has, names in lower case
  bool opened_connection = false;  ///< this exchange began with a TCP handshake
  HttpBytes bytes;
};

using OnReply = std::function<void(const HttpReply&)>;

/// One subscriber's line to the server: one request at a time.
class HttpLine {
 public:
  virtual ~HttpLine() = default;
  /// `target` is the path and query. Precondition: no request is under way.
  virtual void get(std::string_view target, OnReply on_reply) = 0;
  virtual void post(std::string_view target, std::string body, const Headers& headers, OnReply on_reply) = 0;
};

/// Bytes of TLS's own: all that is in records (RFC 8446 §5.1), less the text in them.
struct TlsBytes {
  std::uint64_t out = 0, in = 0;

  TlsBytes& operator+=(const TlsBytes& other) {
    out += other.out;
    in += other.in;
    return *this;
  }
};

/// Of all connections of a dialer, since it was made.
struct TlsTotals {
  TlsBytes added;
  TlsBytes handshake;            ///< of these, what is not around text: handshakes, tickets, alerts
  std::uint64_t handshakes = 0;  ///< that came so far that something was said
  std::uint64_t resumed = 0;     ///< of these, by a ticket
  std::string version, cipher;   ///< of the last one: "TLSv1.3", "TLS_AES_256_GCM_SHA384"

  TlsTotals& operator+=(const TlsTotals& other) {
    added += other.added;
    handshake += other.handshake;
    handshakes += other.handshakes;
    resumed += other.resumed;
    if (!other.version.empty()) version = other.version, cipher = other.cipher;
    return *this;
  }
};

/// Whether a line keeps its connection for the next request or opens a new one each time.
enum class Reuse { keep_alive, new_connection };

class HttpDialer {
 public:
  virtual ~HttpDialer() = default;
  /// Nothing is opened before the first request. Each line has a connection of its own: lines never share one.
  virtual std::unique_ptr<HttpLine> line(Reuse reuse) = 0;
  /// Null: it speaks no TLS.
  virtual const TlsTotals* tls() const { return nullptr; }
};

struct FrameBytes {
  std::uint64_t header = 0;   ///< RFC 6455 §5.2: 2 to 14
  std::uint64_t payload = 0;  ///< as on the wire
};

class SocketListener {
 public:
  virtual ~SocketListener() = default;
  /// `request_bytes`: of the upgrade that was asked for, request line, fields and blank line.
  virtual void on_open(std::uint64_t request_bytes) = 0;
  /// A whole text message. `received_at`: when its last byte was readable. `text` is valid during the call.
  virtual void on_text(std::string_view text, Nanos received_at, FrameBytes bytes) = 0;
  /// The server would not have it, and said when to come back (RFC 9110 §10.2.3); on_close() follows.
  virtual void on_retry_after(std::chrono::seconds wait) { (void)wait; }
  /// The line is finished, whether it ever opened or not. `reason` is for people.
  virtual void on_close(std::string_view reason) = 0;
};

/// One WebSocket. Destroying it closes it, silently towards the listener.
class SocketLine {
 public:
  virtual ~SocketLine() = default;
  /// Queued if it cannot be sent at once; nothing before on_open(). The bytes that go on the wire.
  virtual FrameBytes send_text(std::string_view text) = 0;
};

class SocketDialer {
 public:
  virtual ~SocketDialer() = default;
  virtual std::unique_ptr<SocketLine> dial(std::string_view target, SocketListener& listener) = 0;
  /// Null: it speaks no TLS.
  virtual const TlsTotals* tls() const { return nullptr; }
};

/// All that a dialer sent and understood on one connection, above TCP and TLS, abandoned exchanges included.
struct ParsedBytes {
  std::uint64_t out = 0, in = 0;
  TlsBytes tls{};  ///< what TLS added; 0 without
  /// It became a WebSocket. The library hands out neither the answer to the upgrade as it came, nor the pings that it
  /// answers by itself: those are not in here.
  bool upgraded = false;
};

/// Told of every TCP connection a dialer makes, with its descriptor: right after connect() was called, and last before
/// it is closed, so that the kernel's counters can be read and held against what was parsed.
class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;
  virtual void on_opened(int fd) = 0;
  virtual void on_closing(int fd, const ParsedBytes& parsed) = 0;
};

struct DialerOptions {
  std::string url;  ///< "http://host:port" or https://; a path, a query or another scheme is refused
  /// With https://: the file, in PEM, of the authorities that may have signed the server's certificate; empty: the
  /// system's. It is always verified, and so is that it is the host's.
  std::string tls_ca;
  /// Source addresses to dial from, in turn; empty: the system's choice. Several of 127.x.y.z give several times as
  /// many ephemeral ports.
  std::vector<std::string> sources;
  Headers request_headers;  ///< added to every request and, but for Connection and Keep-Alive, every upgrade
  std::chrono::milliseconds connect_timeout{5'000};
  /// Fields of answers to hand on in HttpReply::headers, in lower case; the others are counted and forgotten.
  std::vector<std::string> response_headers;
  /// For a whole exchange; must be longer than the longest hold.
  std::chrono::milliseconds exchange_timeout{90'000};
  /// A WebSocket from which nothing has come for so long, not even a ping, is pinged; when nothing comes for half as
  /// long again, its peer is taken for gone without a word (half-open, RFC 9293 §3.5.1), and the line is finished.
  /// Longer than the server's ping interval, so that a server that pings is not pinged.
  std::chrono::milliseconds silence_timeout{30'000};
  std::size_t response_bytes = 1024 * 1024;  ///< a longer answer or message is an error: never let a server fill memory
  ConnectionObserver* observer = nullptr;    ///< may be null; outlives the dialer
};

}  // namespace wirelab::net
