#include "lab/host/loopback_echo.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "lab/process/affinity.hpp"
#include "net/loop.hpp"

namespace wirelab::lab {
namespace {

constexpr std::size_t kWarmUpMessages = 20;

/// So long without an answer over loopback is a fault, not a latency.
constexpr timeval kSilenceMax{5, 0};

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), std::string("loopback echo: ") + call);
}

void check(int result, const char* call) {
  if (result < 0) fail(call);
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Socket new_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(fd, "socket");
  return Socket(fd);
}

void set_options(const Socket& socket) {
  const int on = 1;
  check(setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  check(setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &kSilenceMax, sizeof kSilenceMax), "SO_RCVTIMEO");
}

struct Connection {
  Socket client, server;
};

Connection connect_to_self() {
  const Socket listener = new_socket();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check(::bind(listener.fd(), any, size), "bind to 127.0.0.1");
  check(::listen(listener.fd(), 1), "listen");
  check(::getsockname(listener.fd(), any, &size), "getsockname");

  Socket client = new_socket();
  check(::connect(client.fd(), any, size), "connect to 127.0.0.1");
  Socket server(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  check(server.fd(), "accept");
  set_options(client);
  set_options(server);
  return {std::move(client), std::move(server)};
}

struct Message {
  std::uint64_t sequence = 0;
  std::int64_t sent_ns = 0, echoed_ns = 0;
  std::array<std::byte, kEchoMessageBytes - 24> padding{};
};
static_assert(sizeof(Message) == kEchoMessageBytes);

void send_message(const Socket& socket, const Message& message) {
  // So small a message goes whole or not at all.
  if (::send(socket.fd(), &message, sizeof message, MSG_NOSIGNAL) != ssize_t{sizeof message}) fail("send");
}

/// False when the other side has ended.
bool receive_message(const Socket& socket, Message& message) {
  const ssize_t received = ::recv(socket.fd(), &message, sizeof message, MSG_WAITALL);
  if (received == 0) return false;
  if (received != ssize_t{sizeof message}) fail("recv");
  return true;
}

void pin(std::optional<int> cpu) {
  if (cpu) pin_to_cpus(*cpu);
}

/// Owns its socket, as the client does: when one of them ends, however it ends, so does the other.
void serve_echo(Socket socket, std::optional<int> cpu) {
  pin(cpu);
  for (Message message; receive_message(socket, message);) {
    message.echoed_ns = net::monotonic_now().count();
    send_message(socket, message);
  }
}

/// There and back; adds to `times`, if there is one.
void echo_once(const Socket& socket, std::uint64_t sequence, EchoTimes* times) {
  Message message;
  message.sequence = sequence;
  message.sent_ns = net::monotonic_now().count();
  send_message(socket, message);
  const bool answered = receive_message(socket, message);
  const std::int64_t heard_ns = net::monotonic_now().count();
  if (!answered || message.sequence != sequence) {
    errno = EPROTO;
    fail("not the answer to what was asked");
  }
  if (times == nullptr) return;
  times->round_trip.record(Nanos(heard_ns - message.sent_ns));
  times->one_way.record(Nanos(message.echoed_ns - message.sent_ns));
  times->one_way.record(Nanos(heard_ns - message.echoed_ns));
}

EchoTimes ask_for_echoes(Socket socket, const EchoPlan& plan) {
  pin(plan.client_cpu);
  EchoTimes times;
  std::uint64_t sequence = 0;
  while (sequence < kWarmUpMessages) echo_once(socket, sequence++, nullptr);
  const Nanos end = net::monotonic_now() + plan.give_up;
  for (std::size_t i = 0; i < plan.messages && (i == 0 || net::monotonic_now() < end); ++i) {
    // From the last answer on, not on a schedule: after a stall there must be silence before each message all the same.
    if (plan.gap > Nanos::zero()) std::this_thread::sleep_for(plan.gap);
    echo_once(socket, sequence++, &times);
  }
  return times;
}

}  // namespace

EchoTimes echo_over_loopback(const EchoPlan& plan) {
  Connection connection = connect_to_self();
  auto server = std::async(std::launch::async, serve_echo, std::move(connection.server), plan.server_cpu);
  auto client = std::async(std::launch::async, ask_for_echoes, std::move(connection.client), plan);
  EchoTimes times = client.get();
  server.get();
  return times;
}

}  // namespace wirelab::lab
