#pragma once
// A line that breaks: a TCP relay in front of a server. After so many bytes of a connection, both ways together, it
// either cuts it, in the middle of whatever frame or body that is, or says nothing more and passes nothing on, as when
// a peer's machine is gone: no FIN, no reset. How many bytes is drawn from the seed, for each connection anew.
#include <cstdint>
#include <map>
#include <memory>
#include <random>

#include "net/event_loop.hpp"
#include "net/listener.hpp"

namespace wirelab::tests {

class BrokenLine {
 public:
  enum class Way { cut, mute };

  /// Listens on 127.0.0.1 for `server_port` of the same address. `loop` outlives it.
  BrokenLine(net::EventLoop& loop, std::uint16_t server_port, Way way, std::uint64_t bytes_max, std::uint64_t seed);
  ~BrokenLine();

  std::uint16_t port() const { return listener_.port(); }
  /// Nothing breaks any more.
  void heal() { broken_ = false; }

  std::uint64_t breaks = 0;
  /// Of muted connections: the longest that a side took to give up, and how many sides have not yet.
  net::Nanos clients_noticed_within{}, server_noticed_within{};
  std::uint64_t not_noticed = 0;

 private:
  class Relay;

  void accept(int client);
  void end(int client);

  net::EventLoop& loop_;
  std::uint16_t server_port_;
  Way way_;
  std::uint64_t bytes_max_;
  std::mt19937_64 random_;
  bool broken_ = true;
  std::map<int, std::unique_ptr<Relay>> relays_;  ///< by the client's descriptor
  net::Listener listener_;                        // last: nobody is accepted before the rest is there
};

}  // namespace wirelab::tests
