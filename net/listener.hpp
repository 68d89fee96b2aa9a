#pragma once
// A listening socket on exactly the address that was asked for. The library's own listener is not used: it takes an
// IPv4 address for "everywhere" when IPv6 is built in, spins when the process is out of descriptors, and takes itself
// out of the event loop and back at every connection that ends.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "net/event_loop.hpp"

namespace wirelab::net {

/// Whether other listeners of this process take connections from the same address and port (SO_REUSEPORT, socket(7)):
/// each has a queue of its own, and the kernel chooses among them by a hash of the connection's two ends.
enum class PortUse {
  alone,
  first_of_several,  ///< refused, as `alone` is, when somebody listens there already
  one_more,          ///< on the address and port of the first one
};

class Listener {
 public:
  /// Takes over the accepted descriptor, which does not block.
  using OnAccepted = std::function<void(int fd)>;

  /// `address` is numeric; port 0: the kernel picks one. Throws std::runtime_error, naming both, when it cannot listen
  /// there, or when the kernel says that it listens somewhere else.
  /// `unsent_bytes`: of an accepted connection, so many that it was given and has not sent the kernel holds; 0: as many
  /// as it likes.
  Listener(EventLoop& loop, const std::string& address, std::uint16_t port, OnAccepted on_accepted,
           PortUse use = PortUse::alone, std::size_t unsent_bytes = 0);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void watch();
  void accept_all();
  void pause(int reason);

  EventLoop& loop_;
  OnAccepted on_accepted_;
  Timer resume_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  int accepts_ = 1;              // at most, in the last turn that had any
  std::uint64_t last_turn_ = 0;  // that one
  bool complained_ = false;      // of the present lack of descriptors
};

}  // namespace wirelab::net
