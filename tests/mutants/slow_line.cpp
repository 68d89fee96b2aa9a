#include "tests/mutants/slow_line.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <string>

#include "tests/loopback_socket.hpp"

namespace wirelab::tests {

using net::EventLoop;

/// One client's connection and the one to the server.
class SlowLine::Relay {
 public:
  Relay(SlowLine& line, int client)
      : line_(line), client_(client), server_(dial_loopback(line.server_port_)), timer_(line.loop_) {
    send_without_delay(client_);
    send_without_delay(server_);
    line_.loop_.watch(client_, EventLoop::readable, [this](unsigned) { upstream(); });
    line_.loop_.watch(server_, EventLoop::readable, [this](unsigned) { downstream(); });
  }
  ~Relay() {
    for (const int fd : {client_, server_}) {
      line_.loop_.unwatch(fd);
      ::close(fd);
    }
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  /// What a client sends is a few hundred bytes at a time, which the server's socket always has room for.
  void upstream() {
    const ssize_t count = ::recv(client_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return line_.end(client_);  // last: this is gone
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t more = ::send(server_, buffer_.data() + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
      if (more <= 0) return line_.end(client_);
      sent += more;
    }
  }

  void downstream() {
    const ssize_t count = ::recv(server_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      server_is_done_ = true;
      line_.loop_.unwatch(server_);
      if (waiting_.empty()) line_.end(client_);
      return;
    }
    if (waiting_.empty()) through_at_ = std::max(through_at_, line_.loop_.now());
    waiting_.insert(waiting_.end(), buffer_.begin(), buffer_.begin() + count);
    if (!timer_.armed()) drip();
  }

  /// Sends what is due, each byte by itself, however many a late turn finds due.
  void drip() {
    while (!waiting_.empty() && through_at_ + line_.byte_time_ <= line_.loop_.now()) {
      // A peer that does not read a byte every half a millisecond is no part of any test.
      if (::send(client_, &waiting_.front(), 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) return line_.end(client_);
      waiting_.pop_front();
      through_at_ += line_.byte_time_;
      ++line_.bytes_;
    }
    if (!waiting_.empty()) return timer_.set_at(through_at_ + line_.byte_time_, [this] { drip(); });
    if (server_is_done_) line_.end(client_);
  }

  SlowLine& line_;
  const int client_, server_;
  net::Timer timer_;
  net::Nanos through_at_{};  ///< when the last byte sent was through
  std::deque<char> waiting_;
  std::array<char, 65'536> buffer_{};
  bool server_is_done_ = false;
};

SlowLine::SlowLine(net::EventLoop& loop, std::uint16_t port, std::uint16_t server_port, net::Nanos byte_time,
                   std::uint64_t& bytes)
    : loop_(loop),
      server_port_(server_port),
      byte_time_(byte_time),
      bytes_(bytes),
      listener_(loop, "127.0.0.1", port, [this](int client) { accept(client); }) {}

SlowLine::~SlowLine() = default;

void SlowLine::accept(int client) { relays_.emplace(client, std::make_unique<Relay>(*this, client)); }

void SlowLine::end(int client) { relays_.erase(client); }

}  // namespace wirelab::tests
