#include "net/tls_trust.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <stdexcept>
#include <utility>

#include "net/openssl.hpp"

namespace wirelab::net {
namespace {

constexpr std::uint64_t kRecordHeaderBytes = 5;
constexpr std::uint64_t kInnerTypeBytes = 1, kTagBytes = 16, kNonceBytes = 8;

/// Of TLS 1.2 only those whose records are longer than their text by a constant.
constexpr const char* kMeteredCiphersOf12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// What a record of TLS 1.2 is longer than its text, without the header: RFC 5288 §3, RFC 7905 §2.
std::uint64_t added_by_12(const SSL* ssl) {
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl);
  const bool chacha = cipher != nullptr && SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305;
  return chacha ? kTagBytes : kTagBytes + kNonceBytes;
}

/// Where a context keeps the descriptor of its one connection, plus one; 0: it has many.
void* as_pointer(std::intptr_t number) { return reinterpret_cast<void*>(number); }

int fd_of(const SSL* ssl) {
  const auto kept = reinterpret_cast<std::intptr_t>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  return kept != 0 ? static_cast<int>(kept - 1) : SSL_get_fd(ssl);
}

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

// -- how many bytes -------------------------------------------------------------------------------

void TlsMeter::watch(SSL_CTX* context) {
  SSL_CTX_set_msg_callback(context, on_message);
  SSL_CTX_set_msg_callback_arg(context, this);
}

void TlsMeter::watch(SSL_CTX* context, int fd) {
  watch(context);
  SSL_CTX_set_app_data(context, as_pointer(fd + 1));
}

const TlsMeter::One& TlsMeter::at(int fd) const {
  static const One kNone;
  const auto index = static_cast<std::size_t>(fd);
  return index < connections_.size() ? connections_[index] : kNone;
}

void TlsMeter::forget(int fd) {
  if (const auto index = static_cast<std::size_t>(fd); index < connections_.size()) connections_[index] = {};
}

/// OpenSSL tells of each record's header, and of TLS 1.3 which type is inside, which is the true one.
void TlsMeter::on_message(int written, int, int type, const void* bytes, std::size_t, SSL* ssl, void* meter) {
  auto& self = *static_cast<TlsMeter*>(meter);
  const auto* const first = static_cast<const unsigned char*>(bytes);
  const int fd = fd_of(ssl);
  if (fd < 0) return;
  if (type == SSL3_RT_HEADER) self.on_record(written != 0, first, ssl, fd);
  if (type == SSL3_RT_INNER_CONTENT_TYPE) self.on_inner_type(written != 0, *first, ssl, fd);
}

void TlsMeter::on_record(bool out, const unsigned char* header, SSL* ssl, int fd) {
  const std::uint64_t bytes = kRecordHeaderBytes + (static_cast<std::uint64_t>(header[3]) << 8 | header[4]);
  const bool sealed = header[0] == SSL3_RT_APPLICATION_DATA;
  if (sealed && SSL_version(ssl) == TLS1_3_VERSION)
    record_bytes_ = bytes;  // on_inner_type() follows
  else
    add(out, sealed, sealed ? kRecordHeaderBytes + added_by_12(ssl) : bytes, ssl, fd);
}

void TlsMeter::on_inner_type(bool out, unsigned char type, SSL* ssl, int fd) {
  const std::uint64_t bytes = std::exchange(record_bytes_, 0);
  const bool text = type == SSL3_RT_APPLICATION_DATA;
  if (bytes > 0) add(out, text, text ? kRecordHeaderBytes + kInnerTypeBytes + kTagBytes : bytes, ssl, fd);
}

void TlsMeter::add(bool out, bool text, std::uint64_t bytes, SSL* ssl, int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= connections_.size()) connections_.resize(index + 1);
  One& one = connections_[index];
  (out ? one.added.out : one.added.in) += bytes;
  (out ? totals_.added.out : totals_.added.in) += bytes;
  if (!text) (out ? totals_.handshake.out : totals_.handshake.in) += bytes;
  if (!text || std::exchange(one.spoke, true)) return;
  ++totals_.handshakes;
  totals_.resumed += SSL_session_reused(ssl) == 1 ? 1 : 0;
  totals_.version = SSL_get_version(ssl);
  totals_.cipher = SSL_get_cipher_name(ssl);
}

// -- whom to trust --------------------------------------------------------------------------------

TlsTrust::TlsTrust(std::string authority_file, std::string host)
    : authority_file_(std::move(authority_file)), host_(std::move(host)) {
  SSL_CTX_free(make_context());  // what is wrong with the file is said now
}

void TlsTrust::prepare(SSL_CTX* context) const {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kMeteredCiphersOf12);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, SSL_CTX_get_verify_callback(context));
  X509_VERIFY_PARAM* const wanted = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = is_address(host_) ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host_.c_str())
                                    : X509_VERIFY_PARAM_set1_host(wanted, host_.c_str(), host_.size());
  if (set != 1) throw std::runtime_error("OpenSSL does not take the name " + host_ + ": " + openssl_error());
}

SSL_CTX* TlsTrust::make_context() const {
  ERR_clear_error();
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  if (!context) throw std::runtime_error("OpenSSL: " + openssl_error());
  prepare(context.get());
  if (authority_file_.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_file(context.get(), authority_file_.c_str()) != 1) {
    throw std::invalid_argument("--tls-ca " + authority_file_ + ": " + openssl_error() +
                                "; name a file of certificates in PEM, such as a server's --tls-self-signed writes");
  }
  return context.release();
}

std::string TlsTrust::refusal(long error) const {
  const std::string whose = "the certificate of " + host_;
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return whose + " has expired: its server needs a new one";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose + " is not valid yet: compare this machine's clock with the server's";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return whose + " is of another name: dial the server by a name that is in it";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return whose + " is signed by nobody who is trusted here: give its authority's with --tls-ca FILE";
    default:
      return whose + " is refused: " + X509_verify_cert_error_string(error) +
             "; give its authority's with --tls-ca FILE";
  }
}

}  // namespace wirelab::net
