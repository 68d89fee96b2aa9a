#pragma once
// The shared part of all four backends: the routes of docs/01-wire-format.md, publishing, /load, /metrics, and the
// bookkeeping that turns an HTTP request or a WebSocket into a Subscriber.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "messages/header_set.hpp"
#include "messages/limits.hpp"
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

  /// Answers parked requests and closes WebSockets with 1001; whatever is asked from now on gets 503.
  void drain();
  /// After drain(): nobody is owed anything any more.
  bool drained() const;

  /// Requests refused with 401, 403 or 421, and WebSockets closed because they must not publish.
  std::uint64_t strangers_refused() const { return strangers_refused_; }

 private:
  class HttpSubscriber;
  class SocketSubscriber;

  struct Handle;  // what becomes of each Route, on_request()'s inside
  Backend& backend(messages::Transport transport) const;
  messages::Cursor start_of(const SubscribeRoute& route) const;
  LoadReading read_load() const;
  std::variant<Route, net::Answer> route_of(const net::Request& request);
  /// Of a request that refuse() let pass.
  std::variant<Route, net::Answer> route_again(const net::Request& request);
  net::Answer refuse_politely(const net::Request& request, net::Answer refusal);

  void grew(const std::string& channel);
  void tell_soon(std::uint64_t messages_seen);
  void tell_backends();

  messages::Store& store_;
  net::Loop& loop_;
  messages::Limits limits_;
  std::function<net::HostReading()> read_host_;
  const messages::HeaderSet& header_set_;  ///< of deliveries; one of header_sets()
  std::array<std::unique_ptr<Backend>, messages::kTransports.size()> backends_;  // by Transport; null: not served
  Served served_{};
  EnvelopeCache envelopes_;
  std::unordered_set<net::Socket*> sockets_;
  const std::optional<std::uint64_t> connection_structures_bytes_;
  std::uint64_t messages_in_ = 0, messages_out_ = 0;
  Access access_;
  std::uint64_t strangers_refused_ = 0;
  std::set<std::string, std::less<>> grown_;  ///< channels of which the backends have not been told in this turn
  net::Nanos grown_since_{};
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  const net::Request* let_pass_ = nullptr;  ///< the last one that refuse() let pass, and what it asks for
  Route route_let_pass_;
  bool echo_ = false;
  bool draining_ = false;
};

}  // namespace wirelab::servers
