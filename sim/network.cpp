#include "sim/network.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "net/answer_text.hpp"
#include "net/frame_bytes.hpp"
#include "net/request_text.hpp"

namespace wirelab::sim {
namespace {

constexpr int kCut = -1;  ///< the life of a connection that was cut: nobody's

/// The fields that a Host shows its Service, besides those that a POST names itself.
constexpr std::array<std::string_view, 2> kLookedAt = {"authorization", "origin"};

std::string lower_case(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

net::Headers looked_at(const Dress& dress) {
  net::Headers fields;
  for (const auto& [name, value] : dress.request_headers)
    if (std::find(kLookedAt.begin(), kLookedAt.end(), lower_case(name)) != kLookedAt.end())
      fields.emplace_back(lower_case(name), value);
  if (!fields.empty()) fields.emplace_back("host", dress.authority);
  return fields;
}

std::optional<std::chrono::seconds> retry_after(const net::Answer& answer) {
  for (const auto& [name, value] : answer.headers)
    if (name == "Retry-After") return std::chrono::seconds(std::stoi(value));
  return std::nullopt;
}

const std::string kAnyDate = net::HttpDate::of({});  // all are of the same length

}  // namespace

net::Request make_request(std::string method, std::string_view target) {
  net::Request request;
  request.method = std::move(method);
  request.path = target.substr(0, target.find('?'));
  if (const auto mark = target.find('?'); mark != std::string_view::npos) request.query = target.substr(mark + 1);
  return request;
}

// -- HTTP ---------------------------------------------------------------------------------------------------------

struct Network::Call {
  SimulatedHttpLine* line;  ///< null once the line is gone
  net::Request request;
  net::OnReply on_reply;
  net::Nanos sent_at;
  bool opened_connection;
  int life;
};

class Network::SimulatedExchange final : public net::Exchange {
 public:
  SimulatedExchange(Network& network, std::shared_ptr<Call> call) : network_(network), call_(std::move(call)) {}
  const net::Request& request() const override { return call_->request; }
  void answer(net::Answer answer) override {
    network_.reply(call_, std::move(answer));
    // Destroyed from the loop, not from inside the Service's call.
    const auto self = std::find_if(network_.waiting_.begin(), network_.waiting_.end(),
                                   [this](const auto& waiting) { return waiting.get() == this; });
    network_.later({}, [retired = std::shared_ptr<SimulatedExchange>(std::move(*self))] {});
    network_.waiting_.erase(self);
  }
  const std::shared_ptr<Call>& call() const { return call_; }

 private:
  Network& network_;
  std::shared_ptr<Call> call_;
};

class Network::SimulatedHttpLine final : public net::HttpLine {
 public:
  SimulatedHttpLine(Network& network, net::Reuse reuse) : network_(network), reuse_(reuse) {}
  ~SimulatedHttpLine() override {
    if (!call_) return;
    call_->line = nullptr;
    network_.calls_.remove(call_);
    network_.later(network_.delay_, [&network = network_, call = call_] {
      const auto gone = std::find_if(network.waiting_.begin(), network.waiting_.end(),
                                     [&](const auto& waiting) { return waiting->call() == call; });
      if (gone == network.waiting_.end()) return;
      network.service_->on_gone(**gone);
      network.waiting_.erase(gone);
    });
  }

  void get(std::string_view target, net::OnReply on_reply) override {
    start(make_request("GET", target), std::move(on_reply));
  }
  void post(std::string_view target, std::string body, const net::Headers& headers, net::OnReply on_reply) override {
    auto request = make_request("POST", target);
    request.content_length = body.size();
    request.has_content_length = true;
    request.body = std::move(body);
    for (const auto& [name, value] : headers) request.headers.emplace_back(lower_case(name), value);
    start(std::move(request), std::move(on_reply));
  }

  /// The call is over: the line is free again before its callback runs, which may destroy it.
  net::OnReply finish(bool connection_stays) {
    connected_in_life_ = connection_stays && reuse_ == net::Reuse::keep_alive ? call_->life : -1;
    auto on_reply = std::move(call_->on_reply);
    network_.calls_.remove(call_);
    call_.reset();
    return on_reply;
  }

 private:
  void start(net::Request request, net::OnReply on_reply) {
    const net::Headers& more = network_.looked_at_;
    request.headers.insert(request.headers.end(), more.begin(), more.end());
    const bool opens = connected_in_life_ != network_.life_;
    call_ = std::make_shared<Call>(
        Call{this, std::move(request), std::move(on_reply), network_.loop_.now(), opens, network_.life_});
    network_.calls_.push_back(call_);
    const net::Nanos handshake = opens ? 2 * network_.delay_ : net::Nanos{};
    network_.later(handshake + network_.transit(), [&network = network_, call = call_] {
      network.when_thawed([&network, call] { network.arrive(call); });
    });
  }

  Network& network_;
  net::Reuse reuse_;
  int connected_in_life_ = -1;
  std::shared_ptr<Call> call_;
};

Network::Network(VirtualLoop& loop, net::Nanos one_way_delay, Dress dress)
    : loop_(loop), delay_(one_way_delay), dress_(std::move(dress)), looked_at_(looked_at(dress_)) {}
Network::~Network() = default;

std::unique_ptr<net::HttpLine> Network::line(net::Reuse reuse) {
  return std::make_unique<SimulatedHttpLine>(*this, reuse);
}

void Network::when_thawed(std::function<void()> fn) {
  if (loop_.now() >= frozen_until_) return fn();
  loop_.call_at(frozen_until_, std::move(fn));
}

void Network::arrive(const std::shared_ptr<Call>& call) {
  if (!service_ || call->life != life_) return fail(call, "connection refused");
  counters_.connections_accepted += call->opened_connection ? 1 : 0;
  ++counters_.requests;
  if (auto refusal = service_->refuse(call->request)) {
    refusal->then = net::Then::close;
    return reply(call, std::move(*refusal));
  }
  waiting_.push_back(std::make_unique<SimulatedExchange>(*this, call));
  service_->on_request(*waiting_.back());
}

void Network::reply(const std::shared_ptr<Call>& call, net::Answer answer) {
  later(transit(), [this, call, answer = std::move(answer)] {
    if (!call->line) return;
    if (call->life != life_) return fail(call, "connection reset");
    net::HttpReply reply;
    reply.status = answer.status;
    reply.body = answer.body.text();
    reply.sent_at = call->sent_at;
    reply.received_at = loop_.now();
    reply.opened_connection = call->opened_connection;
    reply.bytes = bytes_of(call->request, answer);
    reply.retry_after = retry_after(answer);
    call->line->finish(answer.then == net::Then::keep)(reply);
  });
}

net::HttpBytes Network::bytes_of(const net::Request& request, const net::Answer& answer) const {
  net::HttpBytes bytes;
  bytes.request_body = request.body.size();
  bytes.response_body = answer.body.size();
  if (dress_.exchange_header_bytes > 0) {
    bytes.response_header = dress_.exchange_header_bytes;
    return bytes;
  }
  const std::string target = request.query.empty() ? request.path : request.path + "?" + request.query;
  bytes.request_header = net::get_text(target, dress_.request_headers, dress_.authority).size();
  bytes.response_header = net::answer_text(answer, answer.then, net::Body::left_out, kAnyDate).size();
  return bytes;
}

void Network::fail(const std::shared_ptr<Call>& call, std::string why) {
  later(delay_, [this, call, why = std::move(why)] {
    if (!call->line) return;
    net::HttpReply reply;
    reply.error = why;
    reply.sent_at = call->sent_at;
    reply.received_at = loop_.now();
    call->line->finish(false)(reply);
  });
}

// -- WebSocket ----------------------------------------------------------------------------------------------------

struct Network::Pipe {
  SimulatedSocketLine* line;  ///< null once the client's side is gone
  net::SocketListener* listener;
  int life;
  std::unique_ptr<SimulatedSocket> socket;  ///< null before the upgrade and after the close
  net::Nanos last_up{}, last_down{};        ///< when the last frame each way arrives
  bool ready = true;
  bool hung_up = false;
};

class Network::SimulatedSocket final : public net::Socket {
 public:
  SimulatedSocket(Network& network, std::shared_ptr<Pipe> pipe) : network_(network), pipe_(std::move(pipe)) {}
  bool ready() const override { return pipe_.lock()->ready; }
  void send_text(const net::SharedText& text) override {
    const auto pipe = pipe_.lock();
    pipe->ready = !network_.stalled_;
    pipe->last_down = std::max(pipe->last_down, network_.loop_.now() + network_.transit());
    network_.loop_.call_at(pipe->last_down, [&network = network_, pipe, text] {
      if (!pipe->line || pipe->life != network.life_) return;
      const auto header_bytes = net::frame_header_bytes(text.size(), net::Masked::no);
      pipe->listener->on_text(text.text(), network.loop_.now(), {header_bytes, text.size()});
    });
  }
  void send_binary(const net::SharedText&) override { throw std::logic_error("no client of wirelab takes binary"); }
  void close(std::uint16_t code, std::string_view) override {
    network_.later({}, [&network = network_, pipe = pipe_.lock(), code] {
      network.hang_up(pipe, "closed " + std::to_string(code));
    });
  }

 private:
  Network& network_;
  std::weak_ptr<Pipe> pipe_;
};

class Network::SimulatedSocketLine final : public net::SocketLine {
 public:
  SimulatedSocketLine(Network& network, std::shared_ptr<Pipe> pipe) : network_(network), pipe_(std::move(pipe)) {}
  ~SimulatedSocketLine() override {
    pipe_->line = nullptr;
    network_.later(network_.delay_, [&network = network_, pipe = pipe_] { network.hang_up(pipe, "gone"); });
  }
  net::FrameBytes send_text(std::string_view text) override {
    pipe_->last_up = std::max(pipe_->last_up, network_.loop_.now() + network_.transit());
    network_.loop_.call_at(pipe_->last_up, [&network = network_, pipe = pipe_, text = std::string(text)] {
      network.when_thawed([&network, pipe, text] {
        if (pipe->socket && pipe->life == network.life_) network.service_->on_text(*pipe->socket, text);
      });
    });
    return {net::frame_header_bytes(text.size(), net::Masked::yes), text.size()};
  }

 private:
  Network& network_;
  std::shared_ptr<Pipe> pipe_;
};

std::unique_ptr<net::SocketLine> Network::dial(std::string_view target, net::SocketListener& listener) {
  auto pipe = std::make_shared<Pipe>();
  auto line = std::make_unique<SimulatedSocketLine>(*this, pipe);
  pipe->line = line.get();
  pipe->listener = &listener;
  pipe->life = life_;
  auto request = make_request("GET", target);
  request.upgrade = true;
  request.headers = looked_at_;
  later(2 * delay_ + transit(),
        [this, pipe, request] { when_thawed([this, pipe, request] { accept(pipe, request); }); });
  return line;
}

void Network::accept(const std::shared_ptr<Pipe>& pipe, net::Request request) {
  if (!pipe->line) return;
  if (!service_ || pipe->life != life_) return hang_up(pipe, "connection refused");
  ++counters_.connections_accepted;
  ++counters_.requests;
  if (const auto refusal = service_->refuse(request)) {
    later(delay_, [pipe, wait = retry_after(*refusal)] {
      if (pipe->line && wait) pipe->listener->on_retry_after(*wait);
    });
    return hang_up(pipe, "HTTP " + std::to_string(refusal->status));
  }
  pipe->socket = std::make_unique<SimulatedSocket>(*this, pipe);
  pipes_.push_back(pipe);
  later(delay_, [this, pipe] {
    if (pipe->line && pipe->life == life_) pipe->listener->on_open(0);
  });
  service_->on_open(*pipe->socket, request);
}

void Network::hang_up(const std::shared_ptr<Pipe>& pipe, std::string why) {
  if (std::exchange(pipe->hung_up, true)) return;
  if (pipe->socket) {
    if (service_) service_->on_closed(*pipe->socket);
    pipe->socket.reset();
    pipes_.remove(pipe);
  }
  later(delay_, [pipe, why = std::move(why)] {
    if (pipe->line) pipe->listener->on_close(why);
  });
}

bool Network::cut_one(std::uint64_t draw) {
  const std::size_t count = calls_.size() + pipes_.size();
  if (count == 0) return false;
  const std::size_t chosen = draw % count;
  if (chosen >= calls_.size()) {
    const std::shared_ptr<Pipe> pipe = *std::next(pipes_.begin(), static_cast<std::ptrdiff_t>(chosen - calls_.size()));
    pipe->life = kCut;
    hang_up(pipe, "connection reset");
    return true;
  }
  const std::shared_ptr<Call> call = *std::next(calls_.begin(), static_cast<std::ptrdiff_t>(chosen));
  call->life = kCut;  // what is under way finds that out when it arrives
  const auto parked =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& waiting) { return waiting->call() == call; });
  if (parked == waiting_.end()) return true;
  service_->on_gone(**parked);
  waiting_.erase(parked);
  fail(call, "connection reset");
  return true;
}

void Network::stall_sockets(bool stalled) {
  stalled_ = stalled;
  if (stalled) return;
  for (const auto& pipe : std::list(pipes_)) {
    if (std::exchange(pipe->ready, true)) continue;
    later({}, [this, pipe] {
      if (pipe->socket) service_->on_ready(*pipe->socket);
    });
  }
}

void Network::down() {
  for (const auto& exchange : waiting_) {
    service_->on_gone(*exchange);
    fail(exchange->call(), "connection reset");
  }
  waiting_.clear();
  for (const auto& pipe : std::list(pipes_)) hang_up(pipe, "connection reset");
  service_ = nullptr;
  ++life_;
}

}  // namespace wirelab::sim
