#include "servers/server.hpp"

#include "meter/connection_memory.hpp"
#include "servers/echo.hpp"
#include "servers/home_page.hpp"
#include "servers/memory_bound.hpp"
#include "servers/socket_user.hpp"

namespace wirelab::servers {

using messages::Append;
using messages::Transport;
using net::Answer;

namespace {

/// A server that is stopping, or full, says when to come back.
net::Headers retry_after() { return {{"Retry-After", "1"}}; }

constexpr std::uint16_t kGoingAway = 1001, kPolicyViolated = 1008,
                        kTryAgainLater = 1013;  // RFC 6455 §7.4.1 and its IANA registry

/// So many of the longest messages wait for an echo's peer to read them.
constexpr std::size_t kEchoMessagesWaiting = 4;

/// Why there is no room for a message; null: there was.
const char* no_room(Append outcome) {
  if (outcome == Append::too_many_channels) return "no room for another channel";
  if (outcome == Append::too_far_behind) return "a thread of the server is too far behind";
  return nullptr;
}

}  // namespace

/// A request that wants messages: hung on its exchange, served once.
class Server::HttpSubscriber final : public Subscriber, public net::Attachment {
 public:
  HttpSubscriber(Server& server, net::Exchange& exchange, const SubscribeRoute& route)
      : Subscriber(route.channel, server.start_of(route), route.hold),
        server_(server),
        exchange_(exchange),
        transport_(route.transport) {}

  bool ready() const override { return true; }
  Transport transport() const { return transport_; }

 private:
  void send(const messages::Slice& slice, net::Then then) override {
    server_.messages_out_ += slice.count();
    Answer answer;
    answer.content_type = server_.header_set_.content_type;
    answer.headers = server_.header_set_.response;
    for (auto& field : allow_origin(exchange_.request(), server_.access_)) answer.headers.push_back(std::move(field));
    answer.body = server_.envelopes_.of(channel(), slice);
    answer.then = then;
    exchange_.answer(std::move(answer));
  }

  Server& server_;
  net::Exchange& exchange_;
  Transport transport_;
};

/// A WebSocket that wants messages: hung on its socket, served as often as there is news.
class Server::SocketSubscriber final : public Subscriber, public SocketUser {
 public:
  SocketSubscriber(Server& server, net::Socket& socket, const SubscribeRoute& route, bool publishes)
      : Subscriber(route.channel, server.start_of(route), {}),
        server_(server),
        socket_(socket),
        publishes_(publishes),
        key_(route.publish_key),
        next_number_(route.publish_from) {}

  bool ready() const override { return socket_.ready(); }
  void on_text(std::string_view text) override {
    if (!publishes_) {
      ++server_.strangers_refused_;
      return socket_.close(kPolicyViolated, "publishing takes a token");
    }
    const std::string key = key_.empty() ? "" : key_ + "-" + std::to_string(next_number_++);
    if (const char* const reason = no_room(server_.publish(channel(), text, key).outcome))
      socket_.close(kTryAgainLater, reason);
  }
  void on_ready() override { server_.backend(Transport::websocket).on_ask(*this); }
  void on_closed() override { server_.backend(Transport::websocket).on_gone(*this); }

 private:
  void send(const messages::Slice& slice, net::Then) override {
    server_.messages_out_ += slice.count();
    socket_.send_text(server_.envelopes_.of(channel(), slice));
  }

  Server& server_;
  net::Socket& socket_;
  const bool publishes_;
  const std::string key_;
  std::uint64_t next_number_;
};

/// Hung on an exchange that waits for other threads; goes with it.
struct Server::AwaitsReadings final : net::Attachment {
  std::shared_ptr<const bool> there = std::make_shared<const bool>(true);
};

Server::Server(messages::Store& store, net::Loop& loop, const messages::Limits& limits,
               const std::vector<Transport>& transports, std::function<net::HostReading()> read_host,
               const messages::HeaderSet& header_set)
    : Server(store, &store, nullptr, loop, limits, transports, std::move(read_host), header_set, {}) {}

Server::Server(messages::Replica& replica, net::Loop& loop, const messages::Limits& limits,
               const std::vector<Transport>& transports, std::function<net::HostReading()> read_host,
               const messages::HeaderSet& header_set, ReadOthers read_others)
    : Server(replica.store(), nullptr, &replica, loop, limits, transports, std::move(read_host), header_set,
             std::move(read_others)) {}

Server::Server(const messages::Store& store, messages::Store* own_store, messages::Replica* replica, net::Loop& loop,
               const messages::Limits& limits, const std::vector<Transport>& transports,
               std::function<net::HostReading()> read_host, const messages::HeaderSet& header_set,
               ReadOthers read_others)
    : store_(store),
      own_store_(own_store),
      replica_(replica),
      loop_(loop),
      limits_(limits),
      read_host_(std::move(read_host)),
      read_others_(std::move(read_others)),
      header_set_(header_set),
      connection_structures_bytes_(meter::read_connection_structures_bytes()) {
  for (const Transport transport : transports) {
    auto& backend = backends_[static_cast<std::size_t>(transport)];
    switch (transport) {
      case Transport::short_poll: backend = make_short_poll(store_); break;
      case Transport::keep_alive: backend = make_keep_alive(store_); break;
      case Transport::long_poll: backend = make_long_poll(store_, loop_, replica_); break;
      case Transport::websocket: backend = make_websocket(store_, replica_); break;
    }
    served_[static_cast<std::size_t>(transport)] = true;
  }
}

Server::~Server() = default;

Backend& Server::backend(Transport transport) const { return *backends_[static_cast<std::size_t>(transport)]; }

messages::Cursor Server::start_of(const SubscribeRoute& route) const {
  if (const auto* cursor = std::get_if<messages::Cursor>(&route.after)) return *cursor;
  const bool all = std::holds_alternative<AllThatIsKept>(route.after);
  return all ? store_.earliest(route.channel) : store_.newest(route.channel);
}

std::variant<Route, Answer> Server::route_of(const net::Request& request) {
  const auto refused = [&](Answer& answer) {
    ++strangers_refused_;
    return std::move(answer);
  };
  if (auto refusal = refuse_stranger(request, access_)) return refused(*refusal);
  if (auto preflight = answer_preflight(request, access_)) return std::move(*preflight);
  auto parsed = parse_route(request, limits_, served_, echo_);
  if (std::holds_alternative<Answer>(parsed)) return parsed;
  if (auto refusal = refuse_without_token(request, std::get<Route>(parsed), access_)) return refused(*refusal);
  return parsed;
}

/// A page that may read answers may read why there is none.
Answer Server::refuse_politely(const net::Request& request, Answer refusal) {
  if (refusal.status >= 400)
    for (auto& field : allow_origin(request, access_)) refusal.headers.push_back(std::move(field));
  return refusal;
}

std::optional<Answer> Server::refuse(const net::Request& request) {
  if (draining_) return error_answer(503, "the server is stopping", retry_after());
  auto parsed = route_of(request);
  if (auto* refusal = std::get_if<Answer>(&parsed)) return refuse_politely(request, std::move(*refusal));
  let_pass_ = &request;
  route_let_pass_ = std::move(std::get<Route>(parsed));
  return std::nullopt;
}

std::variant<Route, Answer> Server::route_again(const net::Request& request) {
  if (std::exchange(let_pass_, nullptr) == &request) return std::move(route_let_pass_);
  return route_of(request);  // others came while its body did
}

/// One overload a route; `exchange` is answered, or parked with a backend, when it returns.
struct Server::Handle {
  Server& server;
  net::Exchange& exchange;

  void answer(std::string content_type, std::string_view body, const net::Headers& more = {}) const {
    Answer answer;
    answer.content_type = std::move(content_type);
    answer.headers = {{"Cache-Control", "no-store"}};
    answer.headers.insert(answer.headers.end(), more.begin(), more.end());
    answer.body = net::SharedText(body);
    give(std::move(answer));
  }

  void give(Answer answer) const {
    for (auto& field : allow_origin(exchange.request(), server.access_)) answer.headers.push_back(std::move(field));
    exchange.answer(std::move(answer));
  }

  void operator()(const HomeRoute&) const { answer("text/html; charset=utf-8", home_page(), page_headers()); }
  void operator()(const LoadRoute&) const { answer_load("application/json", load_json); }
  void operator()(const MetricsRoute&) const { answer_load("text/plain; version=0.0.4; charset=utf-8", metrics_text); }

  void answer_load(const char* content_type, std::string (*text)(const LoadReading&)) const {
    auto own = server.read_load();
    if (!server.read_others_) return answer(content_type, text(own));
    auto awaits = std::make_unique<AwaitsReadings>();
    const std::weak_ptr<const bool> there = awaits->there;
    exchange.attachment = std::move(awaits);
    server.read_others_([handle = *this, there, content_type, text, own](const std::vector<LoadReading>& others) {
      if (there.expired()) return;
      LoadReading sum = own;
      for (const LoadReading& other : others) add(sum, other);
      handle.answer(content_type, text(sum));
    });
  }

  void operator()(const EchoRoute&) const {}  // an upgrade, or it was refused: on_open() has it

  void operator()(const PublishRoute& route) const {
    const auto appended = server.publish(route.channel, exchange.request().body, route.idempotency_key);
    give(outcome(appended));
  }

  void operator()(const SubscribeRoute& route) const {
    server.catch_up();  // its cursor may be of another thread
    auto subscriber = std::make_unique<HttpSubscriber>(server, exchange, route);
    HttpSubscriber& wants = *subscriber;
    if (route.transport == Transport::long_poll) exchange.be_patient();
    exchange.attachment = std::move(subscriber);
    server.backend(route.transport).on_ask(wants);
    server.catch_up();  // what came before others knew that somebody waits here
  }

  Answer outcome(const messages::Store::Appended& appended) const {
    if (appended.outcome == Append::not_utf8) return error_answer(400, "the payload is not UTF-8 (RFC 3629)");
    if (appended.outcome == Append::too_far_behind) return error_answer(503, no_room(appended.outcome), retry_after());
    if (appended.outcome == Append::too_many_channels)
      return error_answer(503, "no room for another channel: there are " + std::to_string(server.limits_.channels),
                          retry_after());
    Answer answer;
    answer.status = appended.outcome == Append::stored ? 201 : 200;
    answer.body = net::SharedText(R"({"cursor":")" + to_text(appended.cursor) + R"("})");
    return answer;
  }
};

void Server::on_request(net::Exchange& exchange) {
  auto parsed = route_again(exchange.request());
  if (auto* refusal = std::get_if<Answer>(&parsed))
    return exchange.answer(refuse_politely(exchange.request(), std::move(*refusal)));
  std::visit(Handle{*this, exchange}, std::get<Route>(parsed));
}

void Server::on_gone(net::Exchange& exchange) {
  auto* subscriber = dynamic_cast<HttpSubscriber*>(exchange.attachment.get());
  if (subscriber) backend(subscriber->transport()).on_gone(*subscriber);
}

void Server::on_open(net::Socket& socket, const net::Request& request) {
  const auto parsed = route_of(request);
  const Route& route = std::get<Route>(parsed);  // refuse() let it pass
  sockets_.insert(&socket);
  if (std::holds_alternative<EchoRoute>(route)) {
    socket.attachment = std::make_unique<Echo>(socket, kEchoMessagesWaiting * limits_.payload_bytes);
  } else {
    catch_up();  // as with requests
    auto subscriber = std::make_unique<SocketSubscriber>(*this, socket, std::get<SubscribeRoute>(route),
                                                         may_publish(request, access_));
    SocketSubscriber& wants = *subscriber;
    socket.attachment = std::move(subscriber);
    wants.on_ready();
    catch_up();
  }
  if (draining_) socket.close(kGoingAway, "the server is stopping");
}

namespace {

SocketUser& user_of(net::Socket& socket) { return static_cast<SocketUser&>(*socket.attachment); }

}  // namespace

void Server::on_text(net::Socket& socket, std::string_view text) { user_of(socket).on_text(text); }

void Server::on_binary(net::Socket& socket, std::string_view bytes) { user_of(socket).on_binary(bytes); }

void Server::on_ready(net::Socket& socket) { user_of(socket).on_ready(); }

void Server::on_closed(net::Socket& socket) {
  sockets_.erase(&socket);
  user_of(socket).on_closed();
}

messages::Store::Appended Server::publish(const std::string& channel, std::string_view payload,
                                          std::string_view idempotency_key) {
  const auto appended = own_store_ ? own_store_->append(channel, payload, idempotency_key)
                                   : replica_->publish(channel, payload, idempotency_key);
  if (appended.outcome != Append::stored) return appended;
  ++messages_in_;
  if (replica_)
    take_news();
  else
    grew(channel);
  return appended;
}

void Server::on_news() {
  replica_->awake();
  take_news();
}

void Server::take_news() {
  if (!replica_->behind()) return;
  for (const std::string& channel : replica_->catch_up()) grew(channel);
}

void Server::grew(const std::string& channel) {
  ++news_;
  const bool first = grown_.empty();
  grown_.insert(channel);
  if (!first) return;
  grown_since_ = loop_.now();
  if (in_bursts_) return tell_later();
  tell_soon(news_ - 1);
}

/// At the end of the first turn that brings no more messages: those of a publisher's burst come on several connections,
/// of which a turn finds the first.
void Server::tell_soon(std::uint64_t news_seen) {
  loop_.at_end_of_turn([this, news_seen, alive = std::weak_ptr<const bool>(alive_)] {
    if (alive.expired()) return;
    if (news_ == news_seen || loop_.now() - grown_since_ >= limits_.gather) return tell_backends();
    tell_soon(news_);
  });
}

/// The last messages came several at a time, so that more are expected to be on their way.
void Server::tell_later() {
  loop_.call_at(grown_since_ + limits_.gather, [this, alive = std::weak_ptr<const bool>(alive_)] {
    if (!alive.expired()) tell_backends();
  });
}

void Server::tell_backends() {
  if (grown_.empty()) return;
  in_bursts_ = news_ - news_told_ > 1 && limits_.gather > net::Nanos::zero();
  news_told_ = news_;
  for (const auto& channel : std::exchange(grown_, {}))
    for (const auto& backend : backends_)
      if (backend) backend->on_published(channel);
}

void Server::drain() {
  draining_ = true;
  tell_backends();
  for (const auto& backend : backends_)
    if (backend) backend->on_drain();
  for (net::Socket* socket : sockets_) socket->close(kGoingAway, "the server is stopping");
}

bool Server::drained() const { return draining_ && sockets_.empty(); }

LoadReading Server::read_part() const {
  const auto cpu_before = meter::read_thread_cpu();
  LoadReading reading;
  reading.host = read_host_();
  reading.messages_in = messages_in_;
  reading.messages_out = messages_out_;
  for (std::size_t i = 0; i < backends_.size(); ++i) reading.parked[i] = backends_[i] ? backends_[i]->parked() : 0;
  reading.reading_cpu = meter::read_thread_cpu() - cpu_before;
  return reading;
}

LoadReading Server::read_load() {
  catch_up();
  const auto cpu_before = meter::read_thread_cpu();
  const auto process = meter::read_own_load();
  LoadReading reading = read_part();
  reading.process = process;
  reading.connection_structures_bytes = connection_structures_bytes_;
  reading.memory_bound_bytes = memory_bound_bytes(limits_, replica_ ? replica_->threads() : 1);
  reading.messages_kept = store_.messages_kept();
  reading.bytes_kept = store_.bytes_kept();
  reading.channels = store_.channels();
  // Alone, the process is this thread. With others, what they do meanwhile is not the reading's.
  reading.reading_cpu = replica_ ? meter::read_thread_cpu() - cpu_before : meter::read_own_cpu() - process.cpu_total;
  return reading;
}

}  // namespace wirelab::servers
