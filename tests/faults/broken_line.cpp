#include "tests/faults/broken_line.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <system_error>

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
      : line_(line),
        client_(client),
        server_(dial_loopback(line.server_port_, line.receive_bytes)),
        bytes_left_(bytes),
        reset_(reset),
        resume_(line.loop_) {
    send_without_delay(client_);
    send_without_delay(server_);
    line_.loop_.watch(client_, EventLoop::readable, [this](unsigned) { pass(client_, server_); });
    watch_server();
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

  void break_after(std::uint64_t bytes) {
    told_to_break_ = true;
    bytes_left_ = bytes;
  }
  void stall(net::Nanos lasting) {
    if (muted_) return;
    line_.loop_.unwatch(server_);
    resume_.set_at(line_.loop_.now() + lasting, [this] { watch_server(); });
  }

 private:
  void watch_server() {
    line_.loop_.watch(server_, EventLoop::readable, [this](unsigned) { pass(server_, client_); });
  }
  bool breaks() const { return line_.broken_ || told_to_break_; }

  /// What is under way is little: the other side's socket has room for it.
  void pass(int from, int to) {
    const std::size_t most = breaks() ? std::min<std::uint64_t>(buffer_.size(), bytes_left_) : buffer_.size();
    const ssize_t count = ::recv(from, buffer_.data(), most, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return line_.end(client_);  // last: this is gone
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t more = ::send(to, buffer_.data() + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
      if (more <= 0) return line_.end(client_);
      sent += more;
    }
    bytes_left_ -= std::min(bytes_left_, static_cast<std::uint64_t>(count));
    if (bytes_left_ == 0 && breaks()) break_now();
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
  bool told_to_break_ = false;
  net::Timer resume_;
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

void BrokenLine::accept(int client) try {
  const std::uint64_t bytes = draw_bytes();
  relays_.emplace(client, std::make_unique<Relay>(*this, client, bytes, random_() % 2 == 0));
} catch (const std::system_error&) {
  ::close(client);  // there is no server now
}

std::vector<BrokenLine::Relay*> BrokenLine::draw(std::size_t count) {
  std::vector<Relay*> all, drawn;
  for (const auto& [client, relay] : relays_) all.push_back(relay.get());
  std::sample(all.begin(), all.end(), std::back_inserter(drawn), count, random_);
  return drawn;
}

void BrokenLine::break_some(std::size_t count) {
  for (Relay* relay : draw(count)) relay->break_after(draw_bytes());
}

void BrokenLine::stall_some(std::size_t count, net::Nanos lasting) {
  for (Relay* relay : draw(count)) relay->stall(lasting);
}

void BrokenLine::end(int client) { relays_.erase(client); }

}  // namespace wirelab::tests
