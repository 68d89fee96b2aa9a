#pragma once
// The shared part of all four backends: the routes of docs/01-wire-format.md, publishing, /load, /metrics, and the
// bookkeeping that turns an HTTP request or a WebSocket into a Subscriber.
//
// A server is its loop's thread's. It is alone on its store; or it is one of several, each on a thread of its own
// (servers/workers.hpp), and reads a replica that it brings up to date before anybody is served from it.
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "messages/header_set.hpp"
#include "messages/limits.hpp"
#include "messages/replicas.hpp"
#include "messages/store.hpp"
#include "messages/transport.hpp"
#include "net/host.hpp"
#include "net/loop.hpp"
#include "servers/access.hpp"
#include "servers/backend.hpp"
#include "servers/envelope_cache.hpp"
#include "servers/load_reading.hpp"
#include "servers/routes.hpp"

namespace wirelab::servers {

class Server final : public net::Service {
 public:
  /// Serves the named transports; the others' routes answer 404. `store` and `loop` must outlive it. `read_host`
  /// feeds /load and /metrics.
  Server(
      messages::Store& store, net::Loop& loop, const messages::Limits& limits,
      const std::vector<messages::Transport>& transports,
      std::function<net::HostReading()> read_host = [] { return net::HostReading{}; },
      const messages::HeaderSet& header_set = messages::header_sets().front());

  /// Has the others' readings (read_part()) taken on their threads, and calls `done` with them on this server's, later.
  using ReadOthers = std::function<void(std::function<void(const std::vector<LoadReading>&)> done)>;
  /// One of several. Whoever wakes this server's thread for its replica's sake has on_news() called.
  Server(messages::Replica& replica, net::Loop& loop, const messages::Limits& limits,
         const std::vector<messages::Transport>& transports, std::function<net::HostReading()> read_host,
         const messages::HeaderSet& header_set, ReadOthers read_others);
  ~Server() override;

  /// Everybody may do everything, pages of other origins excepted, unless this says otherwise.
  void set_access(Access access) { access_ = std::move(access); }

  /// Serves a WebSocket echo at /echo from now on.
  void serve_echo() { echo_ = true; }

  std::optional<net::Answer> refuse(const net::Request& request) override;
  void on_request(net::Exchange& exchange) override;
  void on_gone(net::Exchange& exchange) override;
  void on_open(net::Socket& socket, const net::Request& request) override;
  void on_text(net::Socket& socket, std::string_view text) override;
  void on_binary(net::Socket& socket, std::string_view bytes) override;
  void on_ready(net::Socket& socket) override;
  void on_closed(net::Socket& socket) override;

  /// Stores the payload: what POST /publish does, and a text frame from a WebSocket. The backends are told soon
  /// after, so that messages which come together leave together, in one envelope a subscriber.
  messages::Store::Appended publish(const std::string& channel, std::string_view payload,
                                    std::string_view idempotency_key);

  /// Of one of several: others have published; to be called on its thread when it was woken for that.
  void on_news();

  /// What it adds to /load, the process and the store left out.
  LoadReading read_part() const;

  /// Answers parked requests and closes WebSockets with 1001; whatever is asked from now on gets 503.
  void drain();
  /// After drain(): nobody is owed anything any more.
  bool drained() const;

  /// Requests refused with 401, 403 or 421, and WebSockets closed because they must not publish. From any thread.
  std::uint64_t strangers_refused() const { return strangers_refused_.load(std::memory_order_relaxed); }

 private:
  class HttpSubscriber;
  class SocketSubscriber;
  struct AwaitsReadings;

  Server(const messages::Store& store, messages::Store* own_store, messages::Replica* replica, net::Loop& loop,
         const messages::Limits& limits, const std::vector<messages::Transport>& transports,
         std::function<net::HostReading()> read_host, const messages::HeaderSet& header_set, ReadOthers read_others);

  struct Handle;  // what becomes of each Route, on_request()'s inside
  Backend& backend(messages::Transport transport) const;
  messages::Cursor start_of(const SubscribeRoute& route) const;
  LoadReading read_load();
  std::variant<Route, net::Answer> route_of(const net::Request& request);
  /// Of a request that refuse() let pass.
  std::variant<Route, net::Answer> route_again(const net::Request& request);
  net::Answer refuse_politely(const net::Request& request, net::Answer refusal);

  /// Takes what others have published into the replica, and has the backends told; nothing where there is one server.
  void catch_up() {
    if (replica_) take_news();
  }
  void take_news();
  void grew(const std::string& channel);
  void tell_soon(std::uint64_t news_seen);
  void tell_later();
  void tell_backends();

  const messages::Store& store_;
  messages::Store* const own_store_;  ///< the same; or null: one of several
  messages::Replica* const replica_;  ///< of which it is the store; or null: alone
  net::Loop& loop_;
  messages::Limits limits_;
  std::function<net::HostReading()> read_host_;
  ReadOthers read_others_;
  const messages::HeaderSet& header_set_;  ///< of deliveries; one of header_sets()
  std::array<std::unique_ptr<Backend>, messages::kTransports.size()> backends_;  // by Transport; null: not served
  Served served_{};
  EnvelopeCache envelopes_;
  std::unordered_set<net::Socket*> sockets_;
  const std::optional<std::uint64_t> connection_structures_bytes_;
  std::uint64_t messages_in_ = 0, messages_out_ = 0;
  Access access_;
  std::atomic<std::uint64_t> strangers_refused_{0};
  std::set<std::string, std::less<>> grown_;  ///< channels of which the backends have not been told in this turn
  net::Nanos grown_since_{};
  std::uint64_t news_ = 0, news_told_ = 0;  ///< times that a channel grew, and that the backends know of
  bool in_bursts_ = false;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  const net::Request* let_pass_ = nullptr;  ///< the last one that refuse() let pass, and what it asks for
  Route route_let_pass_;
  bool echo_ = false;
  bool draining_ = false;
};

}  // namespace wirelab::servers
