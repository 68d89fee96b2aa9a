#pragma once
// The client's side of TLS, whichever library dials (libcurl's OpenSSL, or libwebsockets'): whom it trusts, what it
// says when it does not, and how many bytes TLS adds. Who is not who he should be is never talked to: there is no way
// to turn that off.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/dialer.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace wirelab::net {

/// Counts the records (RFC 8446 §5.1) of a dialer's connections, by descriptor. On the dialer's thread.
class TlsMeter {
 public:
  /// From here on the context's connections are counted. The meter outlives them. `fd_of` tells whose a connection is.
  void watch(ssl_ctx_st* context);
  /// libcurl keeps the descriptor from OpenSSL: then the context is of this one's connection alone.
  void watch(ssl_ctx_st* context, int fd);

  /// What TLS has added on this connection so far: all that is in records, less the text in them.
  TlsBytes of(int fd) const { return at(fd).added; }
  /// It ends; its number may be another's next.
  void forget(int fd);
  /// Of all connections since the meter was made.
  const TlsTotals& totals() const { return totals_; }

 private:
  struct One {
    TlsBytes added;
    bool spoke = false;
  };
  const One& at(int fd) const;
  static void on_message(int written, int version, int type, const void* bytes, std::size_t size, ssl_st* ssl,
                         void* meter);
  void on_record(bool out, const unsigned char* header, ssl_st* ssl, int fd);
  void on_inner_type(bool out, unsigned char type, ssl_st* ssl, int fd);
  void add(bool out, bool text, std::uint64_t bytes, ssl_st* ssl, int fd);

  std::vector<One> connections_;
  TlsTotals totals_;
  std::uint64_t record_bytes_ = 0;  // of the TLS 1.3 record of which the type inside is told next
};

/// Who a dialer takes a server's word from.
class TlsTrust {
 public:
  /// `authority_file`: PEM, the only ones who are believed; empty: the system's. `host`: the name or address that the
  /// certificate must be of. Throws std::invalid_argument that names the file and what to do.
  TlsTrust(std::string authority_file, std::string host);

  /// TLS 1.2 at least, ciphers whose overhead is known, the host's name checked with the chain.
  void prepare(ssl_ctx_st* context) const;
  /// The same with the authorities in it. The caller's.
  ssl_ctx_st* make_context() const;
  const std::string& authority_file() const { return authority_file_; }

  /// Why the certificate was refused, and what to do about it; `error` is an X509_V_ERR_… of OpenSSL's.
  std::string refusal(long error) const;

 private:
  std::string authority_file_, host_;
};

}  // namespace wirelab::net
