#pragma once
// The server's side of TLS 1.2 and 1.3 (RFC 5246, RFC 8446), without a socket: records in, text out, and the other way
// round. OpenSSL does the work and never sees the descriptor, so that it is a question of who calls when, and of
// nothing else: whatever it has to say is bytes to be sent, which may wait like any others. There is no "want write",
// no half of a record that must be offered again, and no system call that the plain connection does not have.
//
// Not the kernel's TLS (kTLS): that takes a module that not every kernel has.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace wirelab::net {

/// A certificate, its key, and what is agreed on with whoever connects: TLS 1.2 at least, forward secrecy, HTTP/1.1
/// (ALPN, RFC 7301) where a client names protocols, session tickets (RFC 5077) and no memory of sessions besides.
/// May be shared by threads.
class TlsServer {
 public:
  /// PEM files: the certificate with those that lead to its authority behind it, and the key of the first. Throws
  /// std::invalid_argument that names the file and says what to do: one that is missing, is not PEM, has expired or is
  /// not valid yet, or a key of another certificate.
  static std::shared_ptr<TlsServer> from_files(const std::string& certificate_file, const std::string& key_file);
  /// The same texts, as net/certificate.hpp makes them; of what is out of date clients are the judges.
  static std::shared_ptr<TlsServer> from_texts(const std::string& certificate, const std::string& key);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  ssl_ctx_st* native() const { return context_; }

  /// Since the start, on all threads.
  std::atomic<std::uint64_t> failed{0};    ///< handshakes that came to nothing, the next ones too
  std::atomic<std::uint64_t> not_tls{0};   ///< connections that began with something else
  std::atomic<std::uint64_t> too_slow{0};  ///< that did not get ready in time

 private:
  TlsServer();
  ssl_ctx_st* context_;
};

/// One connection. On one thread.
class TlsSession {
 public:
  enum class State {
    handshaking,
    open,
    ended,   ///< the peer has said that nothing more will come (close_notify)
    failed,  ///< nothing more can be said, save the alert that is in what is to be sent
  };

  explicit TlsSession(std::shared_ptr<TlsServer> server);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Whether bytes that a client began with can be TLS: a handshake's record (RFC 8446 §5.1).
  static bool begins_with_tls(std::string_view received) { return received.empty() || received.front() == 0x16; }

  /// What came off the wire, however it was cut. What it says is appended to `text`, what is to be answered to
  /// `records`.
  State take(std::string_view received, std::string& text, std::string& records);
  /// Appends the records that carry `text`. Precondition: open, or ended by the peer.
  void seal(std::string_view text, std::string& records);
  /// Appends our own close_notify; nothing may follow.
  void close(std::string& records);

  State state() const { return state_; }
  /// Whether the handshake was the short one, by a ticket.
  bool resumed() const;

 private:
  void read(std::string& text);
  void settle(int result);

  std::shared_ptr<TlsServer> server_;
  ssl_st* ssl_ = nullptr;
  State state_ = State::handshaking;
  // During a call: what OpenSSL reads from, and writes to.
  struct Wire {
    std::string_view received;
    std::string* records = nullptr;
  } wire_;
  friend struct WireBio;
};

}  // namespace wirelab::net
