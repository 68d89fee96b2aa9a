#pragma once
// A line that carries one byte at a time: a TCP relay in front of a server. What clients send goes through at once.
// What the server sends leaves as one segment a byte, on an absolute schedule: a byte takes `byte_time`, and the next
// one starts when it is through. So a reply of B bytes is whole B * byte_time after the server gave it, and not sooner:
// a modem of 1/byte_time bytes per second, without its noise.
#include <cstdint>
#include <map>
#include <memory>

#include "net/event_loop.hpp"
#include "net/listener.hpp"

namespace wirelab::tests {

class SlowLine {
 public:
  /// Listens on 127.0.0.1 at `port` (0: any) for `server_port` of the same address. `bytes` counts what has dripped.
  SlowLine(net::EventLoop& loop, std::uint16_t port, std::uint16_t server_port, net::Nanos byte_time,
           std::uint64_t& bytes);
  ~SlowLine();

  std::uint16_t port() const { return listener_.port(); }

 private:
  class Relay;

  void accept(int client);
  void end(int client);

  net::EventLoop& loop_;
  std::uint16_t server_port_;
  net::Nanos byte_time_;
  std::uint64_t& bytes_;
  std::map<int, std::unique_ptr<Relay>> relays_;  ///< by the client's descriptor
  net::Listener listener_;                        // last: nobody is accepted before the rest is there
};

}  // namespace wirelab::tests
