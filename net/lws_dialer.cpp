#include "net/lws_dialer.hpp"

#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

#include "net/frame_bytes.hpp"
#include "net/header_lines.hpp"
#include "net/lws_context.hpp"
#include "net/openssl.hpp"
#include "net/tls_trust.hpp"
#include "net/url.hpp"

namespace wirelab::net {
namespace {

/// Messages that the kernel does not take yet. A server that leaves so much unread is not going to catch up.
constexpr std::size_t kSendQueueBytes = 4 * 1024 * 1024;

/// How long a socket whose line was destroyed has to say goodbye (RFC 6455 §7.1.1).
constexpr Nanos kGoodbye = std::chrono::seconds(2);

/// A silence is looked at so often at most.
constexpr Nanos kLookAtMost = std::chrono::milliseconds(10);

/// The library's buffer for a handshake and for what it reads at once.
constexpr unsigned kServiceBytes = 16 * 1024;
/// Of it, when it asks for more request fields, it keeps so many to itself, and ends the request with an empty line.
constexpr std::size_t kServiceReserveBytes = 12, kBlankLineBytes = 2;

/// The library is to send no pings: idle traffic is the server's to decide, and one that sends none is pinged by us.
constexpr lws_retry_bo_t kNoPingsOfOurs = {};

const char* const kProtocol = "wirelab";

/// An upgrade has a Connection field of its own (RFC 9110 §7.8), and what that names.
bool is_of_the_connection(const std::string& name) {
  return strcasecmp(name.c_str(), "Connection") == 0 || strcasecmp(name.c_str(), "Keep-Alive") == 0;
}

}  // namespace

struct LwsDialer::Impl {
  class Connection;
  class Line;

  EventLoop& loop;
  DialerOptions options;
  Url url;
  std::string address;
  Sources sources;
  std::optional<TlsTrust> trust;  // without, no TLS is spoken
  TlsMeter tls_meter;
  std::unique_ptr<SSL_CTX, CallOn<SSL_CTX_free>> tls_context;
  std::unordered_set<Connection*> connections;
  LwsContext context;

  Impl(EventLoop& loop_, DialerOptions options_);
  ~Impl();

  void poke() { lws_cancel_service(context.get()); }
  static int on_event(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length) noexcept;
};

/// One dialled socket. It lives as long as the library's wsi, which may be longer than the line or the dialer.
class LwsDialer::Impl::Connection {
 public:
  static std::shared_ptr<Connection> dial(Impl& dialer, const std::string& target, SocketListener& listener) {
    auto connection = std::make_shared<Connection>(dialer, listener);
    connection->self_ = connection;
    connection->connect(target);
    return connection;
  }

  Connection(Impl& dialer, SocketListener& listener) : dialer_(&dialer), listener_(&listener), timer_(dialer.loop) {
    dialer.connections.insert(this);
  }

  // -- from the line --------------------------------------------------------------------------------------------------

  FrameBytes send_text(std::string_view text) {
    const FrameBytes bytes{frame_header_bytes(text.size(), Masked::yes), text.size()};
    if (!established_ || ended_) return bytes;
    std::string frame(LWS_PRE, '\0');
    frame.append(text);
    if (queue_.empty() && !lws_send_pipe_choked(wsi_)) {
      if (!write(frame)) kill("the connection was lost while sending");
      return bytes;
    }
    queued_bytes_ += text.size();
    queue_.push_back(std::move(frame));
    lws_callback_on_writable(wsi_);
    if (queued_bytes_ > kSendQueueBytes)
      kill("the server does not read: " + std::to_string(kSendQueueBytes) + " bytes wait to be sent");
    return bytes;
  }

  /// The line is gone: nobody is told of anything any more.
  void abandon() {
    listener_ = nullptr;
    if (ended_) return timer_.cancel();
    if (!established_) return kill("abandoned");
    if (!told_) {
      lws_set_timer_usecs(wsi_, 1);  // on_timer() says goodbye
      dialer_->poke();
    }
    timer_.set_at(dialer_->loop.now() + kGoodbye, [this] { kill("abandoned"); });
  }

  /// The context ends next. While it does no descriptor may be opened (net/lws_context.hpp), and an observer may want
  /// one.
  void end_before_context() { end(); }

  /// Its lines are gone already, so that nobody is left to be told.
  void forget_dialer() { dialer_ = nullptr; }

  // -- from the library; not 0 asks it to close -----------------------------------------------------------------------

  /// The first events come before lws_client_connect_via_info() has said which wsi it made.
  void belongs_to(lws* wsi) { wsi_ = wsi; }

  void on_connected() {
    opened_ = true;
    if (dialer_->options.observer != nullptr) dialer_->options.observer->on_opened(lws_get_socket_fd(wsi_));
  }

  /// `room` is what is left of the library's buffer, which tells how much of the request it has written already.
  int add_request_headers(unsigned char** at, std::size_t room) {
    std::string fields;
    for (const auto& [name, value] : dialer_->options.request_headers)
      if (!is_of_the_connection(name)) fields.append(name).append(": ").append(value).append("\r\n");
    if (fields.size() > room) return 1;
    std::memcpy(*at, fields.data(), fields.size());
    *at += fields.size();
    request_bytes_ = kServiceBytes - kServiceReserveBytes - room + fields.size() + kBlankLineBytes;
    parsed_.out += request_bytes_;
    return 0;
  }

  /// The server's certificate has been looked at. `known` is what OpenSSL knows of it.
  int on_certificate(x509_store_ctx_st* known, bool good) {
    if (!good) set_reason(dialer_->trust->refusal(X509_STORE_CTX_get_error(known)));
    return 0;  // its word counts
  }

  int on_established() {
    established_ = true;
    parsed_.upgraded = true;
    look_later(dialer_->options.silence_timeout);
    if (listener_ == nullptr) return 1;
    listener_->on_open(request_bytes_);
    return 0;
  }

  /// A frame, or a part of one.
  int on_bytes(std::string_view bytes) {
    count(bytes.size());
    if (listener_ == nullptr || told_) return 0;
    const Nanos received_at = dialer_->loop.now();
    const std::size_t to_come = lws_remaining_packet_payload(wsi_);
    if (lws_frame_is_binary(wsi_)) return refuse(LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "a binary message");
    const std::size_t limit = dialer_->options.response_bytes;
    if (message_.size() + bytes.size() + to_come > limit)
      return refuse(LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "a message longer than " + std::to_string(limit) + " bytes");
    if (!lws_is_final_fragment(wsi_)) {
      message_.append(bytes);
      return 0;
    }
    const FrameBytes counted = std::exchange(received_, {});
    if (message_.empty()) {
      listener_->on_text(bytes, received_at, counted);
    } else {
      message_.append(bytes);
      const std::string whole = std::exchange(message_, {});
      listener_->on_text(whole, received_at, counted);
    }
    return 0;
  }

  void on_pong(std::size_t size) { parsed_.in += frame_header_bytes(size, Masked::no) + size; }

  int on_writable() {
    if (queue_.empty()) return 0;
    std::string frame = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= frame.size() - LWS_PRE;
    if (!queue_.empty()) lws_callback_on_writable(wsi_);
    return write(frame) ? 0 : 1;
  }

  /// Nonzero here starts the closing handshake with the reason set. In a writeable callback it would not: Debian builds
  /// the library with _DEBUG, and it then closes twice after one, the second time without a word.
  int on_timer() {
    lws_close_reason(wsi_, LWS_CLOSE_STATUS_NORMAL, nullptr, 0);
    return 1;
  }

  void on_close_frame(std::string_view body) {
    std::string reason = "closed by the server";
    if (body.size() >= 2) {
      const unsigned code = static_cast<unsigned char>(body[0]) << 8 | static_cast<unsigned char>(body[1]);
      reason.append(": ").append(std::to_string(code));
    }
    if (body.size() > 2) reason.append(" ").append(body.substr(2));
    set_reason(reason);
  }

  /// The library gave up before the socket was open.
  void on_failed(std::string_view why) {
    while (why.ends_with('\0')) why.remove_suffix(1);
    const unsigned status = lws_http_client_http_response(wsi_);
    if (!opened_)
      set_reason("cannot connect" + pending_error());
    else if (status != 0 && status != 101)
      refused_with(status);
    else if (dialer_->trust && status == 0)
      set_reason("no TLS connection: the server speaks none there, or none that is known");
    else
      set_reason(why.empty() ? "no upgrade" : std::string(why));
    end();
  }

  /// The descriptor is still open: the last chance to read its counters.
  void on_closing() {
    set_reason("the connection was lost");
    end();
  }

  void on_destroyed() {
    if (!opened_) close_orphaned_handle();
    end();
    if (dialer_ != nullptr) dialer_->connections.erase(this);
    wsi_ = nullptr;
    self_.reset();
  }

 private:
  void connect(const std::string& target) {
    timer_.set_at(dialer_->loop.now() + dialer_->options.connect_timeout, [this] {
      kill("no connection within " + std::to_string(dialer_->options.connect_timeout.count()) + " ms");
    });
    const SourceAddress* const source = dialer_->sources.next();
    lws_client_connect_info info{};
    info.context = dialer_->context.get();
    info.address = dialer_->address.c_str();
    info.port = dialer_->url.port;
    info.path = target.c_str();
    info.host = dialer_->url.authority.c_str();
    info.local_protocol_name = kProtocol;
    info.ietf_version_or_minus_one = -1;
    info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
    // The library's own look at the name does not know addresses: TlsTrust's does, in the same handshake.
    if (dialer_->trust) info.ssl_connection |= LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
    info.alpn = "http/1.1";
    info.retry_and_idle_policy = &kNoPingsOfOurs;
    info.iface = source != nullptr ? source->text.c_str() : nullptr;
    info.opaque_user_data = this;
    info.pwsi = &wsi_;
    if (lws_client_connect_via_info(&info) != nullptr) return;
    wsi_ = nullptr;
    set_reason(source != nullptr ? "cannot connect from " + source->text : "cannot connect");
    end();
    dialer_->connections.erase(this);
    self_.reset();
  }

  void refused_with(unsigned status) {
    set_reason("HTTP " + std::to_string(status));
    std::array<char, 16> field{};  // of seconds; a date, which may stand in their place, is longer
    const int length = lws_hdr_copy(wsi_, field.data(), static_cast<int>(field.size()), WSI_TOKEN_HTTP_RETRY_AFTER);
    std::uint32_t seconds = 0;
    const char* const end = field.data() + std::max(length, 0);
    const auto read = std::from_chars(field.data(), end, seconds);
    if (length > 0 && read.ec == std::errc() && read.ptr == end) retry_after_ = std::chrono::seconds(seconds);
  }

  /// ": Connection refused", if the kernel can still be asked.
  std::string pending_error() const {
    int error = 0;
    socklen_t size = sizeof error;
    const bool asked = getsockopt(lws_get_socket_fd(wsi_), SOL_SOCKET, SO_ERROR, &error, &size) == 0;
    return asked && error != 0 ? std::string(": ") + std::strerror(error) : "";
  }

  /// So many bytes of a frame, and its header with the last of them.
  void count(std::size_t bytes) {
    frame_bytes_ += bytes;
    if (lws_remaining_packet_payload(wsi_) != 0) return;
    const FrameBytes frame{frame_header_bytes(frame_bytes_, Masked::no), std::exchange(frame_bytes_, 0)};
    received_.header += frame.header;
    received_.payload += frame.payload;
    parsed_.in += frame.header + frame.payload;
  }

  // -- whether anybody is there ---------------------------------------------------------------------------------------

  /// The library answers pings without a word, so the kernel is asked when something came last.
  Nanos silent_for() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    const bool known = getsockopt(lws_get_socket_fd(wsi_), IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
    return known ? std::chrono::milliseconds(info.tcpi_last_data_recv) : Nanos{};
  }

  void look_later(Nanos wait) {
    timer_.set_at(dialer_->loop.now() + std::max(wait, kLookAtMost), [this] { look(); });
  }

  void look() {
    if (told_ || ended_) return;
    const Nanos patience = dialer_->options.silence_timeout, silent = silent_for();
    if (silent < patience) {
      pinged_ = false;
      return look_later(patience - silent);
    }
    if (silent >= patience * 3 / 2)
      return kill("nothing came for " + std::to_string(silent / std::chrono::milliseconds(1)) + " ms");
    if (!std::exchange(pinged_, true)) ping();
    look_later(patience * 3 / 2 - silent);
  }

  void ping() {
    if (!queue_.empty()) return;                // it does not even read; it has until then
    constexpr std::string_view kPayload = "?";  // the library says nothing of a pong without one
    std::string frame(LWS_PRE, '\0');
    frame.append(kPayload);
    parsed_.out += frame_header_bytes(kPayload.size(), Masked::yes) + kPayload.size();
    lws_write(wsi_, reinterpret_cast<unsigned char*>(frame.data()) + LWS_PRE, kPayload.size(), LWS_WRITE_PING);
  }

  bool write(std::string& frame) {
    const std::size_t size = frame.size() - LWS_PRE;
    parsed_.out += frame_header_bytes(size, Masked::yes) + size;
    auto* const text = reinterpret_cast<unsigned char*>(frame.data()) + LWS_PRE;
    return lws_write(wsi_, text, size, LWS_WRITE_TEXT) >= static_cast<int>(size);
  }

  int refuse(lws_close_status code, const std::string& what) {
    set_reason("the server sent " + what);
    tell();  // now: the closing handshake takes as long as the server likes
    lws_close_reason(wsi_, code, nullptr, 0);
    return 1;
  }

  void kill(const std::string& reason) {
    if (ended_) return;
    set_reason(reason);
    lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    dialer_->poke();  // the library looks at its timers only after it was woken
  }

  /// The first reason is the true one.
  void set_reason(const std::string& reason) {
    if (reason_.empty()) reason_ = reason;
  }

  /// Once, while the descriptor is still open.
  void end() {
    if (std::exchange(ended_, true)) return;
    if (opened_ && dialer_ != nullptr) tell_observer(lws_get_socket_fd(wsi_));
    if (!told_) timer_.cancel();
    tell();
  }

  void tell_observer(int fd) {
    parsed_.tls = dialer_->tls_meter.of(fd);
    if (dialer_->options.observer != nullptr) dialer_->options.observer->on_closing(fd, parsed_);
    dialer_->tls_meter.forget(fd);
  }

  /// Once. The listener hears it from the loop, where it may do as it likes.
  void tell() {
    if (std::exchange(told_, true) || listener_ == nullptr) return;
    timer_.set_at(dialer_->loop.now(), [this, keep = self_] {
      SocketListener* const listener = std::exchange(listener_, nullptr);
      if (listener != nullptr && retry_after_) listener->on_retry_after(*retry_after_);
      if (listener != nullptr) listener->on_close(reason_);
    });
  }

  /// A dial that failed before it was connected leaves its uv_poll_t on the loop for ever (4.1.6 closes the descriptor
  /// by hand and then takes it for one that had no handle). It bears the wsi's address.
  void close_orphaned_handle() {
    const auto close_if_ours = [](uv_handle_t* handle, void* wsi) noexcept {
      if (handle->type == UV_POLL && handle->data == wsi && !uv_is_closing(handle))
        uv_close(handle, [](uv_handle_t* closed) noexcept { std::free(closed); });  // NOLINT: the library's malloc()
    };
    uv_walk(loop_, close_if_ours, wsi_);
  }

  Impl* dialer_;              // null when it is gone
  SocketListener* listener_;  // null when nobody is to be told
  Timer timer_;               // for the connection to be made in time, for silence, at last to tell of its end
  uv_loop_t* loop_ = static_cast<uv_loop_t*>(dialer_->loop.native());
  lws* wsi_ = nullptr;
  std::shared_ptr<Connection> self_;  // what the library points to; until it says it is done
  bool opened_ = false, established_ = false, told_ = false, ended_ = false, pinged_ = false;
  std::string reason_;
  std::optional<std::chrono::seconds> retry_after_;
  std::string message_;  // the fragments so far
  std::uint64_t request_bytes_ = 0;
  ParsedBytes parsed_;
  std::uint64_t frame_bytes_ = 0;  // of the frame being received
  FrameBytes received_;            // of the message being received
  std::deque<std::string> queue_;  // with room for the frame's header in front
  std::size_t queued_bytes_ = 0;
};

class LwsDialer::Impl::Line final : public SocketLine {
 public:
  explicit Line(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~Line() override { connection_->abandon(); }
  FrameBytes send_text(std::string_view text) override { return connection_->send_text(text); }

 private:
  std::shared_ptr<Connection> connection_;
};

/// The library calls here for every event of every socket; each goes to its Connection.
int LwsDialer::Impl::on_event(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                              std::size_t length) noexcept {
  auto* const connection = wsi != nullptr ? static_cast<Connection*>(lws_get_opaque_user_data(wsi)) : nullptr;
  if (connection == nullptr) return 0;  // its own pipe, and events of the context
  connection->belongs_to(wsi);
  const std::string_view bytes(static_cast<const char*>(in), length);
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE: connection->on_connected(); return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      return connection->add_request_headers(static_cast<unsigned char**>(in), length);
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
      return connection->on_certificate(static_cast<x509_store_ctx_st*>(user), length != 0);
    case LWS_CALLBACK_CLIENT_ESTABLISHED: return connection->on_established();
    case LWS_CALLBACK_CLIENT_RECEIVE: return connection->on_bytes(bytes);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG: connection->on_pong(bytes.size()); return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return connection->on_writable();
    case LWS_CALLBACK_TIMER: return connection->on_timer();
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: connection->on_close_frame(bytes); return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: connection->on_failed(bytes); return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: connection->on_closing(); return 0;
    case LWS_CALLBACK_WSI_DESTROY: connection->on_destroyed(); return 0;
    default: return 0;
  }
}

LwsDialer::Impl::Impl(EventLoop& loop_, DialerOptions options_)
    : loop(loop_),
      options(std::move(options_)),
      url(parse_url(options.url)),
      address(numeric_address(url)),
      sources(options.sources, address) {
  check_header_lines(options.request_headers);
  static const lws_protocols kProtocols[] = {{kProtocol, on_event, 0, 0, 0, nullptr, 0}, {}};
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = kProtocols;
  info.pt_serv_buf_size = kServiceBytes;
  info.http_proxy_address = ":0";  // else the environment's http_proxy would be dialled
  // Time-outs are ours, to the millisecond; the library's must come later.
  info.timeout_secs = static_cast<unsigned>(options.connect_timeout / std::chrono::seconds(1)) + 10;
  info.connect_timeout_secs = info.timeout_secs;
  if (url.tls) {
    trust.emplace(options.tls_ca, url.host);
    tls_context.reset(trust->make_context());
    tls_meter.watch(tls_context.get());
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.provided_client_ssl_ctx = tls_context.get();
  }
  context = make_lws_context(loop, info);
}

LwsDialer::Impl::~Impl() {
  for (Connection* const connection : connections) connection->end_before_context();
  context.reset();
  for (Connection* const connection : connections) connection->forget_dialer();
}

LwsDialer::LwsDialer(EventLoop& loop, DialerOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
LwsDialer::~LwsDialer() = default;

const TlsTotals* LwsDialer::tls() const { return impl_->url.tls ? &impl_->tls_meter.totals() : nullptr; }

std::unique_ptr<SocketLine> LwsDialer::dial(std::string_view target, SocketListener& listener) {
  return std::make_unique<Impl::Line>(Impl::Connection::dial(*impl_, std::string(target), listener));
}

}  // namespace wirelab::net
