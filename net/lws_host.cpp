#include "net/lws_host.hpp"

#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "net/listener.hpp"
#include "net/lws_connection.hpp"
#include "net/lws_context.hpp"
#include "net/socket_buffers.hpp"

namespace wirelab::net {

// -- what the parts share -------------------------------------------------------------------------

namespace {

constexpr std::size_t kHeaderTableFactor = 4;

LwsConnection& connection_of(Deadlines::Waiter& waiter) { return static_cast<LwsConnection&>(waiter); }

}  // namespace

LwsCore::LwsCore(EventLoop& loop_, Service& service_, const HostOptions& options_)
    : loop(loop_),
      service(service_),
      options(options_),
      limits{options_.payload_bytes, options_.target_bytes, options_.header_bytes},
      header_table_bytes(kHeaderTableFactor * options_.header_bytes),
      wanted_fields(options_.headers),
      lingerer(loop_),
      idle(loop_, options_.idle_timeout,
           [this](auto& waiter) {
             ++counters.timeouts;
             end(connection_of(waiter).wsi, Ending::in_order);
           }),
      silent(loop_, options_.ping_interval, [](auto& waiter) { connection_of(waiter).socket->ping(); }),
      unanswered(loop_, Nanos(options_.ping_interval) / 2, [this](auto& waiter) {
        ++counters.timeouts;
        connection_of(waiter).socket->give_up();
      }) {}

void LwsCore::end(lws* wsi, Ending how) const {
  // The library takes only the first of these for a reason to close politely.
  const auto reason = how == Ending::in_order ? PENDING_TIMEOUT_HTTP_KEEPALIVE_IDLE : PENDING_TIMEOUT_USER_REASON_BASE;
  lws_set_timeout(wsi, static_cast<pending_timeout>(reason), LWS_TO_KILL_ASYNC);
  poke();
}

void LwsCore::poke() const { lws_cancel_service(context); }

void LwsCore::complete_later(LwsExchange& exchange) {
  if (written_.empty()) loop.at_end_of_turn([this] { complete_all(); });
  written_.push_back(&exchange);
}

void LwsCore::forget(const LwsExchange& exchange) { std::erase(written_, &exchange); }

void LwsCore::complete_all() {
  auto all = std::exchange(written_, {});
  // The library finds a connection's header table by walking a list from the newest: thousands of long polls that are
  // answered at once would take it seconds in another order.
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->serial() > b->serial(); });
  for (LwsExchange* exchange : all) exchange->complete();
}

// -- the host -------------------------------------------------------------------------------------

namespace {

/// A frame's pieces are read into a buffer of this size that every WebSocket has.
constexpr std::size_t kSocketReadBytes = 1024;

/// The library cuts a write into pieces of this size, and copies all but the first.
constexpr std::size_t kWriteBytes = 64 * 1024 * 1024;

/// Descriptors that are no connections of ours, but may have a lower number.
constexpr std::size_t kOtherDescriptors = 4'096;

/// While it lives, the process may open no more descriptors than this. The library makes a table of as many entries as
/// it may open when a context is made, and Debian's build reads all of it whenever a connection ends: under the limit
/// of a million that containers have, a short poll would cost the server many times of what it does.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t at_most) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit fewer{std::min<rlim_t>(before_.rlim_cur, at_most), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &fewer);
    count_ = fewer.rlim_cur;
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;
  std::size_t count() const { return count_; }

 private:
  rlimit before_{};
  std::size_t count_ = 0;
};

/// Pings are ours (LwsSocket::ping): the library would keep a sorted list of all sockets for them.
constexpr lws_retry_bo_t kNoPings = {};

/// What the library answers by itself is followed by a close.
const lws_protocol_vhost_options kCloseHeader = {nullptr, nullptr, "connection:", "close"};

}  // namespace

struct LwsHost::Impl : LwsCore {
  Impl(EventLoop& loop_, Service& service_, const HostOptions& options_);
  ~Impl();

  LwsContext make_context();
  void on_accepted(int fd);
  void turn_away(int fd);
  void drop(LwsConnection& connection);

  static int on_event(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t length) noexcept;
  static const std::array<lws_protocols, 2> kProtocols;

  lws_token_limits token_limits{};
  std::size_t table_entries = 0;  // the library takes only descriptors below this
  std::unordered_map<LwsConnection*, std::unique_ptr<LwsConnection>> connections;
  LwsContext owned_context;
  lws_vhost* vhost = nullptr;
  std::unique_ptr<Listener> listener;
  std::uint16_t port = 0;
};

const std::array<lws_protocols, 2> LwsHost::Impl::kProtocols = {
    lws_protocols{"wirelab", &LwsHost::Impl::on_event, 0, kSocketReadBytes, 0, nullptr, kWriteBytes}, lws_protocols{}};

LwsHost::Impl::Impl(EventLoop& loop_, Service& service_, const HostOptions& options_)
    : LwsCore(loop_, service_, options_), owned_context(make_context()) {
  context = owned_context.get();
  vhost = lws_get_vhost_by_name(context, "default");
  listener = std::make_unique<Listener>(loop, options.bind, options.port, [this](int fd) { on_accepted(fd); });
  port = listener->port();
}

LwsHost::Impl::~Impl() {
  going_down = true;
  listener.reset();
  owned_context.reset();  // tells of every connection that it is closed; their descriptors follow later, without us
  while (!connections.empty()) drop(*connections.begin()->first);
}

LwsContext LwsHost::Impl::make_context() {
  // A longer value is cut there, one beyond the limit, and refused as too long; without this the library would hang up.
  token_limits = {};
  const auto limit_of = [](std::size_t bytes) {
    return static_cast<unsigned short>(std::min<std::size_t>(bytes + 1, 0xffff));
  };
  std::fill(std::begin(token_limits.token_limit), std::end(token_limits.token_limit), limit_of(options.header_bytes));
  for (const auto token : {WSI_TOKEN_GET_URI, WSI_TOKEN_POST_URI, WSI_TOKEN_HEAD_URI, WSI_TOKEN_OPTIONS_URI,
                           WSI_TOKEN_PUT_URI, WSI_TOKEN_PATCH_URI, WSI_TOKEN_DELETE_URI})
    token_limits.token_limit[token] = limit_of(options.target_bytes);

  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.user = this;
  info.protocols = kProtocols.data();
  info.headers = &kCloseHeader;
  info.token_limits = &token_limits;
  info.retry_and_idle_policy = &kNoPings;
  info.max_http_header_data2 = static_cast<unsigned>(header_table_bytes);
  info.pt_serv_buf_size = LwsConnection::kReadBytes + LWS_PRE;
  const auto patience = static_cast<unsigned>(options.header_timeout.count());
  info.timeout_secs = patience;                         // for the next piece of a body
  info.timeout_secs_ah_idle = patience;                 // for a header section
  info.keepalive_timeout = static_cast<int>(patience);  // for one of which the library already has the beginning
  info.options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                 LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG;
  const FewDescriptors few(options.connections + kOtherDescriptors);
  table_entries = few.count();
  return make_lws_context(loop, info);
}

void LwsHost::Impl::on_accepted(int fd) {
  ++counters.connections_accepted;
  const bool full = counters.connections_open >= options.connections || static_cast<std::size_t>(fd) >= table_entries;
  if (full) return turn_away(fd);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // an answer is one write: waiting for more is in vain
  lws_adopt_desc_t description{};
  description.vh = vhost;
  description.type = static_cast<lws_adoption_type>(LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP);
  description.fd.sockfd = fd;
  lws* const wsi = lws_adopt_descriptor_vhost_via_info(&description);
  if (wsi == nullptr) return;  // and the library has closed it
  auto connection = std::make_unique<LwsConnection>(*this, fd);
  connection->wsi = wsi;
  lws_set_opaque_user_data(wsi, connection.get());
  connections.emplace(connection.get(), std::move(connection));
}

void LwsHost::Impl::turn_away(int fd) {
  const Answer answer = refusal_answer({503, "the server is full", {{"Retry-After", "1"}}});
  const std::string text = answer_text(answer, Then::close, Body::sent, date.now());
  if (::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) counters.bytes_out += text.size();
  shutdown(fd, SHUT_WR);
  lingerer.take(fd);
}

void LwsHost::Impl::drop(LwsConnection& connection) {
  connection.on_closed();
  lws_set_opaque_user_data(connection.wsi, nullptr);
  connections.erase(&connection);
}

// -- the library's events -------------------------------------------------------------------------

namespace {

/// What came with an event.
struct Event {
  void* in;
  std::size_t length;
  std::string_view bytes() const { return {static_cast<const char*>(in), length}; }
};

using OnEvent = int (*)(LwsConnection&, const Event&);

/// Reasons that nobody is registered for are none of our business, and 0 lets the library go on.
constexpr auto kOnEvent = [] {
  std::array<OnEvent, 128> on{};
  on[LWS_CALLBACK_HTTP] = [](LwsConnection& c, const Event&) { return c.exchange.on_head(); };
  on[LWS_CALLBACK_HTTP_BODY] = [](LwsConnection& c, const Event& e) { return c.exchange.on_body(e.bytes()); };
  on[LWS_CALLBACK_HTTP_BODY_COMPLETION] = [](LwsConnection& c, const Event&) { return c.exchange.on_body_complete(); };
  on[LWS_CALLBACK_RAW_RX] = [](LwsConnection& c, const Event& e) { return c.exchange.on_stranger(e.bytes()); };
  on[LWS_CALLBACK_HTTP_CONFIRM_UPGRADE] = [](LwsConnection& c, const Event&) { return c.exchange.on_upgrade(); };
  on[LWS_CALLBACK_ESTABLISHED] = [](LwsConnection& c, const Event&) {
    c.open_socket();
    return 0;
  };
  on[LWS_CALLBACK_RECEIVE] = [](LwsConnection& c, const Event& e) { return c.socket->on_bytes(e.bytes()); };
  on[LWS_CALLBACK_RECEIVE_PONG] = [](LwsConnection& c, const Event&) { return c.socket->on_pong(); };
  on[LWS_CALLBACK_SERVER_WRITEABLE] = [](LwsConnection& c, const Event&) { return c.socket->on_writeable(); };
  on[LWS_CALLBACK_WS_PEER_INITIATED_CLOSE] = [](LwsConnection& c, const Event& e) {
    return c.socket->on_close_frame(static_cast<unsigned char*>(e.in), e.length);
  };
  on[LWS_CALLBACK_CLOSED_HTTP] = [](LwsConnection& c, const Event&) {
    c.exchange.before_close();
    c.on_closed();
    return 0;
  };
  on[LWS_CALLBACK_CLOSED] = on[LWS_CALLBACK_RAW_CLOSE] = [](LwsConnection& c, const Event&) {
    c.on_closed();
    return 0;
  };
  return on;
}();

}  // namespace

int LwsHost::Impl::on_event(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t length) noexcept {
  auto* const connection = static_cast<LwsConnection*>(lws_get_opaque_user_data(wsi));
  if (connection == nullptr) return 0;  // one of the library's own, or the host is gone
  if (reason == LWS_CALLBACK_WSI_DESTROY) {
    static_cast<Impl*>(lws_context_user(lws_get_context(wsi)))->drop(*connection);
    return 0;
  }
  const auto index = static_cast<std::size_t>(reason);
  const OnEvent handle = index < kOnEvent.size() ? kOnEvent[index] : nullptr;
  return handle == nullptr ? 0 : handle(*connection, {in, length});
}

// -- the interface --------------------------------------------------------------------------------

LwsHost::LwsHost(EventLoop& loop, Service& service, HostOptions options)
    : impl_(std::make_unique<Impl>(loop, service, options)) {}
LwsHost::~LwsHost() = default;

std::uint16_t LwsHost::port() const { return impl_->port; }
HostCounters LwsHost::counters() const { return impl_->counters; }

HostReading LwsHost::read() const {
  HostReading reading{impl_->counters};
  for (const auto& [connection, owner] : impl_->connections)
    reading.socket_buffer_bytes += socket_buffer_bytes(connection->fd());
  return reading;
}

void LwsHost::stop_accepting() { impl_->listener.reset(); }

}  // namespace wirelab::net
