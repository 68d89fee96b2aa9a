#pragma once
// A network without sockets: Host for a Service on one side, dialers for clients on the other, and a one-way delay in
// between, all on one VirtualLoop. It keeps the rules of net/host.hpp and net/dialer.hpp, so what works on it differs
// from the real thing only in being repeatable.
//
// Time: a connection takes a round trip (RFC 9293 §3.5) before its first request leaves, everything else one transit,
// and processing nothing. Bytes: requests and answers are as long as the real dialer and host write them, the frames
// too; the upgrade of a WebSocket is not counted, nor is anything below HTTP.
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/dialer.hpp"
#include "net/host.hpp"
#include "sim/virtual_loop.hpp"

namespace wirelab::sim {

/// What requests carry: for their size, and for a server that asks who is there (Authorization and Origin).
struct Dress {
  net::Headers request_headers;  ///< net::DialerOptions::request_headers
  std::string authority;         ///< as a request's Host names the server
  /// Not 0: every exchange is taken to have so many bytes of headers, whatever they are; they count as the answer's.
  std::uint64_t exchange_header_bytes = 0;
};

class Network final : public net::Host, public net::HttpDialer, public net::SocketDialer {
 public:
  explicit Network(VirtualLoop& loop, net::Nanos one_way_delay = {}, Dress dress = {});
  ~Network() override;

  /// The server listens.
  void up(net::Service& service) { service_ = &service; }
  /// Every connection is cut; what is under way, in either direction, is lost. Nobody listens until up().
  void down();

  /// Cuts one connection, chosen by `draw`: what is under way on it, in either direction, is lost, and both ends hear
  /// of it. False when there is none: no request under way and no WebSocket open.
  bool cut_one(std::uint64_t draw);

  /// The server takes nothing from the network before then: its process is stopped. Its timers run on.
  void freeze_until(net::Nanos thaw) { frozen_until_ = thaw; }

  /// Asked for every passage of a request, an answer or a frame: how much longer than the delay it takes, as when TCP
  /// has to repeat a segment. Those of one WebSocket stay in order.
  void hinder(std::function<net::Nanos()> extra) { extra_ = std::move(extra); }

  /// While stalled, a socket's peer does not read: after one more message it is not ready.
  void stall_sockets(bool stalled);

  std::unique_ptr<net::HttpLine> line(net::Reuse reuse) override;
  std::unique_ptr<net::SocketLine> dial(std::string_view target, net::SocketListener& listener) override;
  net::HostCounters counters() const override { return counters_; }
  net::HostReading read() const override { return {counters_}; }

 private:
  struct Call;
  struct Pipe;
  class SimulatedExchange;
  class SimulatedSocket;
  class SimulatedHttpLine;
  class SimulatedSocketLine;

  void later(net::Nanos wait, std::function<void()> fn) { loop_.call_at(loop_.now() + wait, std::move(fn)); }
  net::Nanos transit() const { return delay_ + (extra_ ? extra_() : net::Nanos{}); }
  void when_thawed(std::function<void()> fn);
  void arrive(const std::shared_ptr<Call>& call);
  void reply(const std::shared_ptr<Call>& call, net::Answer answer);
  void fail(const std::shared_ptr<Call>& call, std::string why);
  net::HttpBytes bytes_of(const net::Request& request, const net::Answer& answer) const;
  void accept(const std::shared_ptr<Pipe>& pipe, net::Request request);
  void hang_up(const std::shared_ptr<Pipe>& pipe, std::string why);

  VirtualLoop& loop_;
  net::Nanos delay_;
  const Dress dress_;
  const net::Headers looked_at_;  ///< of the dress, as a Request has them
  net::Service* service_ = nullptr;
  net::HostCounters counters_;
  net::Nanos frozen_until_{};
  std::function<net::Nanos()> extra_;
  std::list<std::shared_ptr<Call>> calls_;  ///< under way
  int life_ = 0;                            ///< counts up with each down(): what began in another life is lost
  bool stalled_ = false;
  std::list<std::unique_ptr<SimulatedExchange>> waiting_;
  std::list<std::shared_ptr<Pipe>> pipes_;
};

/// "GET", "/a/b?c=d" -> a Request, as a Host would make it.
net::Request make_request(std::string method, std::string_view target);

}  // namespace wirelab::sim
