#include "net/linger.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace wirelab::net {
namespace {

/// A client that sends on for longer than this loses its answer. nginx reads for 5 s between two pieces.
constexpr Nanos kPatience = std::chrono::seconds(5);

/// So many descriptors at most for clients that have had their answer.
constexpr std::size_t kAtOnce = 1'000;

}  // namespace

Lingerer::Lingerer(EventLoop& loop)
    : loop_(loop), patience_(loop, kPatience, [this](Deadlines::Waiter& one) { close(static_cast<One&>(one).fd); }) {}

Lingerer::~Lingerer() {
  while (!lingering_.empty()) close(lingering_.begin()->first);
}

void Lingerer::take(int fd) {
  One& one = lingering_[fd];
  one.fd = fd;
  if (lingering_.size() > kAtOnce) return close(fd);
  patience_.wait(one);
  loop_.watch(fd, EventLoop::readable, [this, fd](unsigned) { read_on(fd); });
}

void Lingerer::read_on(int fd) {
  std::array<char, 64 * 1024> thrown_away;
  const auto got = recv(fd, thrown_away.data(), thrown_away.size(), 0);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) close(fd);
}

void Lingerer::close(int fd) {
  loop_.unwatch_closing(fd);
  lingering_.erase(fd);
  ::close(fd);
}

}  // namespace wirelab::net
