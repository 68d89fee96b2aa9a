#include "tests/faults/broken_line.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/loopback_socket.hpp"

namespace wirelab::tests {
namespace {

using net::EventLoop;

/// Its close() is a reset (socket(7), SO_LINGER).
void end_with_reset(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

/// One client's connection and the one to the server.
class BrokenLine::Relay {
 public:
  Relay(BrokenLine& line, int client, std::uint64_t bytes, bool reset)
      : line_(line), client_(client), server_(dial_loopback(line.server_port_)), bytes_left_(bytes), reset_(reset) {
    send_without_delay(client_);
    send_without_delay(server_);
    line_.loop_.watch(client_, EventLoop::readable, [this](unsigned) { pass(client_, server_); });
    line_.loop_.watch(server_, EventLoop::readable, [this](unsigned) { pass(server_, client_); });
  }
  ~Relay() {
    if (muted_) line_.not_noticed -= (client_gone_ ? 0 : 1) + (server_gone_ ? 0 : 1);
    for (const int fd : {client_, server_}) {
      line_.loop_.unwatch(fd);
      ::close(fd);
    }
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  /// What is under way is little: the other side's socket has room for it.
  void pass(int from, int to) {
    const std::size_t most = line_.broken_ ? std::min<std::uint64_t>(buffer_.size(), bytes_left_) : buffer_.size();
    const ssize_t count = ::recv(from, buffer_.data(), most, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return line_.end(client_);  // last: this is gone
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t more = ::send(to, buffer_.data() + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
      if (more <= 0) return line_.end(client_);
      sent += more;
    }
    bytes_left_ -= std::min(bytes_left_, static_cast<std::uint64_t>(count));
    if (bytes_left_ == 0 && line_.broken_) break_now();
  }

  void break_now() {
    ++line_.breaks;
    if (line_.way_ == Way::mute) return mute();
    if (reset_) {
      end_with_reset(client_);
      end_with_reset(server_);
    }
    line_.end(client_);
  }

  void mute() {
    muted_ = true;
    since_ = line_.loop_.now();
    line_.not_noticed += 2;
    line_.loop_.watch(client_, EventLoop::hangup,
                      [this](unsigned) { gone(client_, client_gone_, line_.clients_noticed_within); });
    line_.loop_.watch(server_, EventLoop::hangup,
                      [this](unsigned) { gone(server_, server_gone_, line_.server_noticed_within); });
  }

  void gone(int fd, bool& is_gone, net::Nanos& longest) {
    is_gone = true;
    longest = std::max(longest, line_.loop_.now() - since_);
    --line_.not_noticed;
    line_.loop_.unwatch(fd);
    if (client_gone_ && server_gone_) line_.end(client_);
  }

  BrokenLine& line_;
  const int client_, server_;
  std::uint64_t bytes_left_;
  const bool reset_;
  bool muted_ = false, client_gone_ = false, server_gone_ = false;
  net::Nanos since_{};
  std::array<char, 65'536> buffer_{};
};

BrokenLine::BrokenLine(EventLoop& loop, std::uint16_t server_port, Way way, std::uint64_t bytes_max, std::uint64_t seed)
    : loop_(loop),
      server_port_(server_port),
      way_(way),
      bytes_max_(bytes_max),
      random_(seed),
      listener_(loop, "127.0.0.1", 0, [this](int client) { accept(client); }) {}

BrokenLine::~BrokenLine() = default;

void BrokenLine::accept(int client) {
  const std::uint64_t bytes = std::uniform_int_distribution<std::uint64_t>(1, bytes_max_)(random_);
  relays_.emplace(client, std::make_unique<Relay>(*this, client, bytes, random_() % 2 == 0));
}

void BrokenLine::end(int client) { relays_.erase(client); }

}  // namespace wirelab::tests
