#include "net/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace wirelab::net {
namespace {

/// As many may wait to be accepted; the kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4'096;

/// A turn of the loop accepts no more than so many, so that a storm of connections does not starve those that are open.
constexpr int kAcceptsPerTurn = 128;

/// How long nobody is accepted after the process ran out of descriptors.
constexpr Nanos kPause = std::chrono::milliseconds(50);

/// A numeric address and port, of either family.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
  sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }
  std::uint16_t port() { return ntohs(storage.ss_family == AF_INET ? v4().sin_port : v6().sin6_port); }

  bool same_host(Address& other) {
    if (storage.ss_family != other.storage.ss_family) return false;
    if (storage.ss_family == AF_INET) return v4().sin_addr.s_addr == other.v4().sin_addr.s_addr;
    return std::memcmp(&v6().sin6_addr, &other.v6().sin6_addr, sizeof(in6_addr)) == 0;
  }
};

Address parse(const std::string& text, std::uint16_t port) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), &address.v4().sin_addr) == 1) {
    address.storage.ss_family = AF_INET;
    address.v4().sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
  } else if (inet_pton(AF_INET6, text.c_str(), &address.v6().sin6_addr) == 1) {
    address.storage.ss_family = AF_INET6;
    address.v6().sin6_port = htons(port);
    address.length = sizeof(sockaddr_in6);
  } else {
    throw std::runtime_error("cannot listen on '" + text + "': not a numeric address such as 127.0.0.1 or ::1");
  }
  return address;
}

void check(int result, const std::string& where) {
  if (result == 0) return;
  throw std::runtime_error("cannot listen on " + where + ": " + std::generic_category().message(errno));
}

void listen_on(int fd, Address& wanted, PortUse use, const std::string& where) {
  const int on = 1;
  if (use != PortUse::alone) check(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), where);
  check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), where);  // a restart need not wait for TIME_WAIT
  if (wanted.storage.ss_family == AF_INET6) check(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on), where);
  // Inherited by what is accepted: an answer is one write, and to wait for more of it is in vain.
  check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), where);
  check(bind(fd, wanted.get(), wanted.length), where);
  check(listen(fd, kBacklog), where);
}

std::uint16_t bound_port(int fd, Address& wanted, const std::string& where) {
  Address bound;
  bound.length = sizeof bound.storage;
  check(getsockname(fd, bound.get(), &bound.length), where);
  if (!bound.same_host(wanted))
    throw std::runtime_error("asked to listen on " + where + ", the kernel listens elsewhere");
  return bound.port();
}

int open_socket(const Address& wanted, const std::string& where) {
  const int fd = socket(wanted.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  check(fd < 0 ? -1 : 0, where);
  return fd;
}

/// A listener that shares its port would share it with one of another process, too, of the same user: each would get
/// some of the connections. So it is tried without sharing first.
void check_that_nobody_listens(Address& wanted, const std::string& where) {
  const int fd = open_socket(wanted, where);
  try {
    listen_on(fd, wanted, PortUse::alone, where);
  } catch (...) {
    ::close(fd);
    throw;
  }
  ::close(fd);
}

/// Inherited by what is accepted.
void limit_unsent(int fd, std::size_t bytes, const std::string& where) {
  const int limit = static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max()));
  check(setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &limit, sizeof limit), where);
}

bool out_of_descriptors(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

Listener::Listener(EventLoop& loop, const std::string& address, std::uint16_t port, OnAccepted on_accepted, PortUse use,
                   std::size_t unsent_bytes)
    : loop_(loop), on_accepted_(std::move(on_accepted)), resume_(loop) {
  Address wanted = parse(address, port);
  const std::string where = address + " port " + std::to_string(port);
  if (use == PortUse::first_of_several) check_that_nobody_listens(wanted, where);
  fd_ = open_socket(wanted, where);
  try {
    listen_on(fd_, wanted, use, where);
    if (unsent_bytes > 0) limit_unsent(fd_, unsent_bytes, where);
    port_ = bound_port(fd_, wanted, where);
    watch();
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Listener::~Listener() {
  loop_.unwatch(fd_);
  ::close(fd_);
}

void Listener::watch() {
  loop_.watch(fd_, EventLoop::readable, [this](unsigned) { accept_all(); });
}

/// The call that finds nobody more is saved where it can be: the first turn accepts one, and those right after it,
/// which find that there were more, twice as many each.
void Listener::accept_all() {
  const bool again = loop_.turns() == last_turn_ + 1;
  last_turn_ = loop_.turns();
  accepts_ = again ? std::min(2 * accepts_, kAcceptsPerTurn) : 1;
  for (int i = 0; i < accepts_; ++i) {
    const int accepted = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      complained_ = false;
      on_accepted_(accepted);
      continue;
    }
    if (out_of_descriptors(errno)) return pause(errno);
    if (errno != ECONNABORTED && errno != EINTR) return;  // EAGAIN: that was all
  }
}

/// The next one stays in the queue and the socket readable: to go on watching it would be a busy loop.
void Listener::pause(int reason) {
  if (!std::exchange(complained_, true))
    spdlog::warn("cannot accept connections for now: {}; raise the limit on open files (ulimit -n)",
                 std::generic_category().message(reason));
  loop_.unwatch(fd_);
  resume_.set_at(loop_.now() + kPause, [this] { watch(); });
}

}  // namespace wirelab::net
