#pragma once
// A line that breaks: a TCP relay in front of a server. After so many bytes of a connection, both ways together, it
// either cuts it, in the middle of whatever frame or body that is, or says nothing more and passes nothing on, as when
// a peer's machine is gone: no FIN, no reset. How many bytes is drawn from the seed, for each connection anew.
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

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
  /// Nothing breaks any more by itself.
  void heal() { broken_ = false; }
  /// So many connections, drawn from those there are, break after some more bytes: how many is drawn for each.
  void break_some(std::size_t count);
  /// From so many, nothing is taken of what the server sends, for so long.
  void stall_some(std::size_t count, net::Nanos lasting);

  /// Of connections to the server from now on: what they take of what is not read; 0: as the system likes.
  int receive_bytes = 0;

  std::uint64_t breaks = 0;
  /// Of muted connections: the longest that a side took to give up, and how many sides have not yet.
  net::Nanos clients_noticed_within{}, server_noticed_within{};
  std::uint64_t not_noticed = 0;

 private:
  class Relay;

  std::vector<Relay*> draw(std::size_t count);
  std::uint64_t draw_bytes() { return std::uniform_int_distribution<std::uint64_t>(1, bytes_max_)(random_); }

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
