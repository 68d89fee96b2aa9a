#pragma once
// Closing without losing the answer. A socket that is closed while its peer still sends answers with a reset, and a
// reset takes with it what the peer has not read yet: the very answer that says why (RFC 9112 §9.6). So the rest is
// read and thrown away until the peer has closed too.
#include <cstddef>
#include <unordered_map>

#include "net/deadlines.hpp"
#include "net/event_loop.hpp"

namespace wirelab::net {

class Lingerer {
 public:
  explicit Lingerer(EventLoop& loop);
  ~Lingerer();
  Lingerer(const Lingerer&) = delete;
  Lingerer& operator=(const Lingerer&) = delete;

  /// Takes over the descriptor of a TCP connection that was told all, FIN included: reads until the peer's, for a few
  /// seconds at most. Beyond a number of them it closes at once.
  void take(int fd);
  std::size_t count() const { return lingering_.size(); }

 private:
  struct One : Deadlines::Waiter {
    int fd = -1;
  };
  void read_on(int fd);
  void close(int fd);

  EventLoop& loop_;
  Deadlines patience_;
  std::unordered_map<int, One> lingering_;
};

}  // namespace wirelab::net
