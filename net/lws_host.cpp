#include "net/lws_host.hpp"

#include <libwebsockets.h>
#include <spdlog/spdlog.h>
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

#include "net/http_connection.hpp"
#include "net/listener.hpp"
#include "net/lws_connection.hpp"
#include "net/lws_context.hpp"
#include "net/socket_buffers.hpp"
#include "net/tls_relay.hpp"

namespace wirelab::net {

// -- what the parts share -------------------------------------------------------------------------

namespace {

LwsConnection& socket_connection_of(Deadlines::Waiter& waiter) { return static_cast<LwsConnection&>(waiter); }

HttpConnection& http_connection_of(Deadlines::Waiter& waiter) { return static_cast<HttpConnection&>(waiter); }

/// How long the last of what was said on a WebSocket may take to go. As long as the library waits for a close.
constexpr Nanos kLeavingPatience = std::chrono::seconds(5);

}  // namespace

HostCore::HostCore(EventLoop& loop_, Service& service_, const HostOptions& options_)
    : loop(loop_),
      service(service_),
      options(options_),
      limits{options_.payload_bytes, options_.target_bytes, options_.header_bytes},
      lingerer(loop_),
      reading(loop_, options_.header_timeout, [](auto& waiter) { http_connection_of(waiter).on_slow(); }),
      idle(loop_, options_.idle_timeout, [](auto& waiter) { http_connection_of(waiter).on_idle(); }),
      silent(loop_, options_.ping_interval, [](auto& waiter) { socket_connection_of(waiter).socket->ping(); }),
      unanswered(loop_, Nanos(options_.ping_interval) / 2,
                 [this](auto& waiter) {
                   ++counters.timeouts;
                   socket_connection_of(waiter).socket->give_up();
                 }),
      leaving(loop_, kLeavingPatience, [](auto& waiter) { static_cast<TlsRelay&>(waiter).on_late(); }),
      buffered_bytes(options_.buffered_bytes_of_all ? options_.buffered_bytes_of_all
                                                    : std::make_shared<std::atomic<std::size_t>>(0)) {}

HostCore::~HostCore() = default;

void HostCore::end(lws* wsi, Ending how) const {
  // The library takes only the first of these for a reason to close politely.
  const auto reason = how == Ending::in_order ? PENDING_TIMEOUT_HTTP_KEEPALIVE_IDLE : PENDING_TIMEOUT_USER_REASON_BASE;
  lws_set_timeout(wsi, static_cast<pending_timeout>(reason), LWS_TO_KILL_ASYNC);
  poke();
}

void HostCore::poke() const { lws_cancel_service(context); }

bool HostCore::count_in() {
  std::atomic<std::size_t>* const of_all = options.connections_of_all.get();
  const std::size_t before = of_all ? of_all->fetch_add(1, std::memory_order_relaxed) : counters.connections_open;
  if (before >= options.connections) {
    if (of_all) of_all->fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  ++counters.connections_open;
  return true;
}

void HostCore::count_again() {
  if (options.connections_of_all) options.connections_of_all->fetch_add(1, std::memory_order_relaxed);
  ++counters.connections_open;
}

void HostCore::count_out() {
  if (options.connections_of_all) options.connections_of_all->fetch_sub(1, std::memory_order_relaxed);
  --counters.connections_open;
}

bool HostCore::hold(std::size_t& held_bytes, std::size_t bytes) {
  const std::size_t before = held_bytes;
  const std::size_t others = buffered_bytes->fetch_sub(held_bytes, std::memory_order_relaxed) - held_bytes;
  const bool allowed = bytes <= held_bytes || others + bytes <= options.buffered_bytes;
  if (allowed) held_bytes = bytes;
  buffered_bytes->fetch_add(held_bytes, std::memory_order_relaxed);
  buffered_bytes_here = buffered_bytes_here - before + held_bytes;
  if (!allowed) buffering.fetch_add(1, std::memory_order_relaxed);
  return allowed;
}

void HostCore::go_on_later(HttpConnection& connection) {
  if (std::exchange(connection.going_on_, true)) return;
  if (later_.empty())
    loop.at_end_of_turn([this, alive = std::weak_ptr<const bool>(alive_)] {
      if (!alive.expired()) go_on_all();
    });
  later_.push_back(&connection);
}

void HostCore::go_on_all() {
  now_.swap(later_);  // what is added from here on is for the next turn
  for (std::size_t i = 0; i < now_.size(); ++i) {
    HttpConnection* const connection = now_[i];
    if (connection == nullptr) continue;
    connection->going_on_ = false;
    connection->go_on();
  }
  now_.clear();
}

void HostCore::forget(const HttpConnection& connection) {
  for (auto* list : {&later_, &now_})
    std::replace_if(
        list->begin(), list->end(), [&](const auto* one) { return one == &connection; }, nullptr);
}

// -- the host -------------------------------------------------------------------------------------

namespace {

/// A frame's pieces are read into a buffer of this size that every WebSocket has.
constexpr std::size_t kSocketReadBytes = 1024;

/// The library cuts a write into pieces of this size, and copies all but the first.
constexpr std::size_t kWriteBytes = 64 * 1024 * 1024;

/// Descriptors that are no connections of ours, but may have a lower number.
constexpr std::size_t kOtherDescriptors = 4'096;

/// Of a WebSocket with TLS: its connection, and both ends of the pair (net/tls_relay.hpp).
constexpr std::size_t kDescriptorsOfTls = 3;

/// So many at once learn by an answer that the server is full, for which they must be shaken hands with first. The
/// others learn it by a connection that ends.
constexpr std::size_t kTurnedAwayAtOnce = 1'000;

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

/// What the library reads at once.
constexpr unsigned kLibraryReadBytes = 8 * 1024;

}  // namespace

struct LwsHost::Impl : HostCore {
  Impl(EventLoop& loop_, Service& service_, const HostOptions& options_);
  ~Impl() override;

  LwsContext make_context();
  void on_accepted(int fd);
  void turn_away(int fd);
  void drop(HttpConnection& connection) override;
  void drop(TlsRelay& relay) override;
  void open_socket(Upgrade upgrade) override;
  std::optional<int> relay_to(Upgrade& upgrade, TlsRelay*& relay);
  static LwsConnection* connection_of(lws* wsi);
  void drop_socket(LwsConnection& connection);

  static int on_event(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t length) noexcept;
  static const std::array<lws_protocols, 2> kProtocols;

  bool complained = false;        // of a lack of descriptors, once
  std::size_t table_entries = 0;  // the library takes only descriptors below this
  std::unordered_map<HttpConnection*, std::unique_ptr<HttpConnection>> connections;
  std::unordered_map<TlsRelay*, std::unique_ptr<TlsRelay>> relays;  // outlive the sockets that they are of
  std::unordered_map<LwsConnection*, std::unique_ptr<LwsConnection>> sockets;
  // During open_socket(): who is in it, and the one that the library has not told of yet. A context tells of things
  // when its host is gone: it cannot be asked for its user.
  static thread_local Impl* opening;
  std::unique_ptr<LwsConnection> adopted;
  LwsContext owned_context;
  lws_vhost* vhost = nullptr;
  std::unique_ptr<Listener> listener;
  std::uint16_t port = 0;
};

const std::array<lws_protocols, 2> LwsHost::Impl::kProtocols = {
    lws_protocols{"wirelab", &LwsHost::Impl::on_event, 0, kSocketReadBytes, 0, nullptr, kWriteBytes}, lws_protocols{}};

thread_local LwsHost::Impl* LwsHost::Impl::opening = nullptr;

LwsHost::Impl::Impl(EventLoop& loop_, Service& service_, const HostOptions& options_)
    : HostCore(loop_, service_, options_), owned_context(make_context()) {
  loop.gather(options.gather);
  context = owned_context.get();
  vhost = lws_get_vhost_by_name(context, "default");
  listener = std::make_unique<Listener>(
      loop, options.bind, options.port, [this](int fd) { on_accepted(fd); }, options.port_use, options.unsent_bytes);
  port = listener->port();
}

LwsHost::Impl::~Impl() {
  listener.reset();
  while (!connections.empty()) drop(*connections.begin()->first);
  owned_context.reset();  // tells of every WebSocket that it is closed; their descriptors follow later, without us
  while (!sockets.empty()) drop_socket(*sockets.begin()->first);
  relays.clear();
}

LwsContext LwsHost::Impl::make_context() {
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.user = this;
  info.protocols = kProtocols.data();
  info.retry_and_idle_policy = &kNoPings;
  info.pt_serv_buf_size = kLibraryReadBytes + LWS_PRE;
  info.options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME;
  const FewDescriptors few(options.connections * (options.tls ? kDescriptorsOfTls : 1) + kOtherDescriptors);
  table_entries = few.count();
  return make_lws_context(loop, info);
}

void LwsHost::Impl::on_accepted(int fd) {
  ++counters.connections_accepted;
  const bool room = static_cast<std::size_t>(fd) < table_entries && count_in();
  if (!room) beyond.fetch_add(1, std::memory_order_relaxed);
  if (!room && !options.tls) return turn_away(fd);
  if (!room && turned_away >= kTurnedAwayAtOnce) {
    ::close(fd);
    return;
  }
  auto connection = std::make_unique<HttpConnection>(*this, fd, room);
  connections.emplace(connection.get(), std::move(connection));
}

void LwsHost::Impl::turn_away(int fd) {
  const Answer answer = refusal_answer({503, "the server is full", {{"Retry-After", "1"}}});
  counters.bytes_out += writer.send(fd, answer, Then::close, Body::sent).bytes;
  shutdown(fd, SHUT_WR);
  lingerer.take(fd);
}

void LwsHost::Impl::drop(HttpConnection& connection) { connections.erase(&connection); }

void LwsHost::Impl::drop(TlsRelay& relay) { relays.erase(&relay); }

/// The library is shown an upgrade of our own making, and never what a stranger wrote: of the one that was read and
/// checked, the key is all that its answer depends on.
void LwsHost::Impl::open_socket(Upgrade upgrade) {
  counters.bytes_in -= upgrade.early.size();  // they are counted as frames
  std::string shown(
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: ");
  shown.append(upgrade.key).append("\r\n\r\n").append(upgrade.early);
  TlsRelay* relay = nullptr;
  const auto fd = upgrade.tls ? relay_to(upgrade, relay) : std::optional(upgrade.fd);
  if (!fd) return;
  adopted = std::make_unique<LwsConnection>(*this, *fd, std::move(upgrade.request), relay);
  opening = this;
  lws_adopt_socket_vhost_readbuf(vhost, *fd, shown.data(), shown.size());
  opening = nullptr;
  adopted.reset();  // still there: the library would not have it, and has closed it
  if (!upgrade.early.empty()) poke();
}

/// The library's end of the pair. Nullopt: there are no descriptors left for one, and the client was told.
std::optional<int> LwsHost::Impl::relay_to(Upgrade& upgrade, TlsRelay*& relay) {
  std::array<int, 2> ends{-1, -1};
  const bool made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0;
  if (!made || static_cast<std::size_t>(ends[0]) >= table_entries) {
    if (!std::exchange(complained, true))
      spdlog::warn(
          "no descriptors for another WebSocket with TLS, which takes three; raise the limit on open files "
          "(ulimit -n)");
    for (const int end : ends)
      if (end >= 0) ::close(end);
    std::string text;
    writer.append(text, refusal_answer({503, "the server is full", {{"Retry-After", "1"}}}), Then::close, Body::sent);
    records = std::move(upgrade.unsent);
    upgrade.tls->seal(text, records);
    upgrade.tls->close(records);
    ::send(upgrade.fd, records.data(), records.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(upgrade.fd, SHUT_WR);
    lingerer.take(upgrade.fd);
    return std::nullopt;
  }
  auto owner =
      std::make_unique<TlsRelay>(*this, upgrade.fd, std::move(upgrade.tls), ends[1], std::move(upgrade.unsent));
  relay = owner.get();
  relays.emplace(relay, std::move(owner));
  return ends[0];
}

/// Null: one of the library's own, or the host is gone.
LwsConnection* LwsHost::Impl::connection_of(lws* wsi) {
  auto* const known = static_cast<LwsConnection*>(lws_get_opaque_user_data(wsi));
  if (known != nullptr || opening == nullptr) return known;
  auto& adopted = opening->adopted;
  if (!adopted || lws_get_socket_fd(wsi) != adopted->fd()) return nullptr;
  LwsConnection* const connection = adopted.get();
  connection->wsi = wsi;
  lws_set_opaque_user_data(wsi, connection);
  opening->sockets.emplace(connection, std::move(adopted));
  return connection;
}

void LwsHost::Impl::drop_socket(LwsConnection& connection) {
  connection.on_closed();
  lws_set_opaque_user_data(connection.wsi, nullptr);
  sockets.erase(&connection);
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
  on[LWS_CALLBACK_CLOSED] = on[LWS_CALLBACK_CLOSED_HTTP] = [](LwsConnection& c, const Event&) {
    c.on_closed();
    return 0;
  };
  return on;
}();

}  // namespace

int LwsHost::Impl::on_event(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t length) noexcept {
  LwsConnection* const connection = connection_of(wsi);
  if (connection == nullptr) return 0;
  if (reason == LWS_CALLBACK_WSI_DESTROY) {
    static_cast<Impl*>(lws_context_user(lws_get_context(wsi)))->drop_socket(*connection);
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
  HostReading reading{impl_->counters, kept_out(), impl_->buffered_bytes_here, 0};
  for (const auto& [connection, owner] : impl_->connections)
    reading.socket_buffer_bytes += socket_buffer_bytes(connection->fd());
  for (const auto& [connection, owner] : impl_->sockets)
    reading.socket_buffer_bytes += socket_buffer_bytes(connection->tcp_fd());
  return reading;
}

KeptOut LwsHost::kept_out() const {
  const auto read = [](const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); };
  return {read(impl_->late), read(impl_->beyond), read(impl_->buffering)};
}

void LwsHost::stop_accepting() { impl_->listener.reset(); }

void LwsHost::let_go() {
  impl_->letting_go = true;
  std::vector<HttpConnection*> idle;
  for (const auto& [connection, owner] : impl_->connections)
    if (connection->idle()) idle.push_back(connection);
  for (HttpConnection* const connection : idle) impl_->drop(*connection);
}

}  // namespace wirelab::net
