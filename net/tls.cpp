#include "net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "net/openssl.hpp"

namespace wirelab::net {

// -- what a connection reads from and writes to ---------------------------------------------------

/// Bytes of the call under way in place of a socket.
struct WireBio {
  static TlsSession::Wire& wire(BIO* bio) { return *static_cast<TlsSession::Wire*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, std::size_t size, std::size_t* got) {
    std::string_view& left = wire(bio).received;
    *got = std::min(size, left.size());
    BIO_clear_retry_flags(bio);
    if (*got == 0) return BIO_set_retry_read(bio), 0;
    std::memcpy(to, left.data(), *got);
    left.remove_prefix(*got);
    return 1;
  }
  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* written) {
    wire(bio).records->append(from, size);
    *written = size;
    return 1;
  }
  static long control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "bytes of a call");
      BIO_meth_set_read_ex(bio, read);
      BIO_meth_set_write_ex(bio, write);
      BIO_meth_set_ctrl(bio, control);
      return bio;
    }();
    return made;
  }
};

// -- the server -----------------------------------------------------------------------------------

namespace {

using Papers = std::unique_ptr<BIO, CallOn<BIO_free_all>>;
using ServerPaper = std::unique_ptr<X509, CallOn<X509_free>>;
using ServerKey = std::unique_ptr<EVP_PKEY, CallOn<EVP_PKEY_free>>;

/// A text is read at once of a record's plain bytes (RFC 8446 §5.1).
constexpr std::size_t kRecordTextBytes = 16 * 1024;

/// Of TLS 1.2 those with forward secrecy and authenticated encryption; of 1.3 there are no others.
constexpr const char* kCiphersOf12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// A client that names protocols and not this one is told so (RFC 7301 §3.2), and does not take us for what it wants.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                    unsigned offered_bytes, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* ours = nullptr;
  const int result = SSL_select_next_proto(&ours, chosen_bytes, kHttp11, sizeof kHttp11 - 1, offered, offered_bytes);
  *chosen = ours;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string read_pem_file(const std::string& file, const char* what) {
  std::ifstream in(file);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw std::invalid_argument(std::string(what) + " " + file + ": " +
                                (in.is_open() ? "it is empty or cannot be read" : std::strerror(errno)) +
                                "; name a file in PEM");
  return text.str();
}

Papers as_bio(const std::string& text) { return Papers(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

void check_dates(const X509* paper, const std::string& name) {
  const auto say_date = [](const ASN1_TIME* time) {
    const Papers memory(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(memory.get(), time);
    char* bytes = nullptr;
    const auto length = BIO_get_mem_data(memory.get(), &bytes);
    return std::string(bytes, static_cast<std::size_t>(length));
  };
  if (X509_cmp_current_time(X509_get0_notAfter(paper)) < 0)
    throw std::invalid_argument(name + " has expired on " + say_date(X509_get0_notAfter(paper)) +
                                ": no client would take it; have it renewed");
  if (X509_cmp_current_time(X509_get0_notBefore(paper)) > 0)
    throw std::invalid_argument(name + " is not valid before " + say_date(X509_get0_notBefore(paper)) +
                                ": look at this machine's clock");
}

/// Names are for errors.
void use_papers(SSL_CTX* context, const std::string& certificate, const std::string& key,
                const std::string& certificate_name, const std::string& key_name, bool with_dates) {
  ERR_clear_error();
  const Papers papers = as_bio(certificate);
  const ServerPaper first(PEM_read_bio_X509_AUX(papers.get(), nullptr, nullptr, nullptr));
  if (!first)
    throw std::invalid_argument(certificate_name + " has no certificate in PEM in it (" + openssl_error() +
                                "): it begins with -----BEGIN CERTIFICATE-----");
  if (with_dates) check_dates(first.get(), certificate_name);
  if (SSL_CTX_use_certificate(context, first.get()) != 1)
    throw std::invalid_argument(certificate_name + ": this certificate cannot be used: " + openssl_error());
  while (X509* const next = PEM_read_bio_X509(papers.get(), nullptr, nullptr, nullptr))
    SSL_CTX_add0_chain_cert(context, next);
  ERR_clear_error();  // it ended because there are no more

  const auto no_password = [](char*, int, int, void*) { return -1; };
  const ServerKey secret(PEM_read_bio_PrivateKey(as_bio(key).get(), nullptr, no_password, nullptr));
  if (!secret)
    throw std::invalid_argument(key_name + " has no private key in PEM in it that can be read without a password (" +
                                openssl_error() + "); decrypt it first: openssl pkey -in FILE -out PLAIN");
  if (X509_check_private_key(first.get(), secret.get()) != 1)
    throw std::invalid_argument(key_name + " is not the key of the first certificate in " + certificate_name +
                                ": give the one that it was made with, and the server's own certificate first");
  if (SSL_CTX_use_PrivateKey(context, secret.get()) != 1)
    throw std::invalid_argument(key_name + ": this key cannot be used: " + openssl_error());
}

}  // namespace

TlsServer::TlsServer() : context_(SSL_CTX_new(TLS_server_method())) {
  if (context_ == nullptr) throw std::runtime_error("OpenSSL: " + openssl_error());
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context_, kCiphersOf12);
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);  // tickets are kept by clients
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);          // who waits needs none
  SSL_CTX_set_alpn_select_cb(context_, choose_protocol, nullptr);
}

TlsServer::~TlsServer() { SSL_CTX_free(context_); }

std::shared_ptr<TlsServer> TlsServer::from_files(const std::string& certificate_file, const std::string& key_file) {
  const std::string certificate = read_pem_file(certificate_file, "--tls-cert");
  const std::string key = read_pem_file(key_file, "--tls-key");
  const std::shared_ptr<TlsServer> server(new TlsServer);
  use_papers(server->context_, certificate, key, "--tls-cert " + certificate_file, "--tls-key " + key_file, true);
  return server;
}

std::shared_ptr<TlsServer> TlsServer::from_texts(const std::string& certificate, const std::string& key) {
  const std::shared_ptr<TlsServer> server(new TlsServer);
  use_papers(server->context_, certificate, key, "the certificate", "the key", false);
  return server;
}

// -- a connection ---------------------------------------------------------------------------------

TlsSession::TlsSession(std::shared_ptr<TlsServer> server)
    : server_(std::move(server)), ssl_(SSL_new(server_->native())) {
  BIO* const bio = ssl_ != nullptr ? BIO_new(WireBio::method()) : nullptr;
  if (bio == nullptr) {
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

TlsSession::State TlsSession::take(std::string_view received, std::string& text, std::string& records) {
  wire_ = {received, &records};
  ERR_clear_error();  // else the errors of another connection would be taken for this one's
  if (state_ == State::handshaking) {
    const int result = SSL_do_handshake(ssl_);
    if (result == 1)
      state_ = State::open;
    else
      settle(result);
  }
  if (state_ == State::open) read(text);
  wire_ = {};
  return state_;
}

void TlsSession::read(std::string& text) {
  std::array<char, kRecordTextBytes> piece;
  int got = 0;
  while ((got = SSL_read(ssl_, piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<std::size_t>(got));
  settle(got);
}

/// OpenSSL did not get on.
void TlsSession::settle(int result) {
  const int why = SSL_get_error(ssl_, result);
  if (why == SSL_ERROR_WANT_READ) return;
  state_ = why == SSL_ERROR_ZERO_RETURN ? State::ended : State::failed;
}

void TlsSession::seal(std::string_view text, std::string& records) {
  if (text.empty()) return;
  wire_ = {{}, &records};
  ERR_clear_error();
  std::size_t written = 0;
  if (SSL_write_ex(ssl_, text.data(), text.size(), &written) != 1) state_ = State::failed;
  wire_ = {};
}

void TlsSession::close(std::string& records) {
  if (state_ != State::open && state_ != State::ended) return;
  wire_ = {{}, &records};
  ERR_clear_error();
  SSL_shutdown(ssl_);
  wire_ = {};
}

bool TlsSession::resumed() const { return SSL_session_reused(ssl_) == 1; }

}  // namespace wirelab::net
