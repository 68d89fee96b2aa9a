// The emulated link against what it promises: the round trips of TCP and HTTP to within 2%, and how much the relay
// itself adds to each packet's way, sender's call to receiver's, at a rate. Plain blocking sockets at both ends:
// nothing but the kernel and the link is measured. Needs what `--rtt` needs (docs/05-link.md).
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "link/link.hpp"
#include "link/rights.hpp"
#include "meter/histogram.hpp"

namespace {

using namespace wirelab;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

constexpr std::uint16_t kPort = 9000;
constexpr std::size_t kRequestBytes = 150, kAnswerBytes = 300;

void must(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

/// A socket of the namespace that the thread is in.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) { must(fd >= 0, "socket"); }
  explicit Socket(int type, const char* bind_to) : Socket(socket(AF_INET, type, 0)) {
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    timeval patience{30, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (bind_to) {
      const sockaddr_in address = to_address(bind_to);
      must(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
    }
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void connect() const {
    const sockaddr_in address = to_address(link::kServerAddress);
    must(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
  }
  template <typename Bytes>
  void send(const Bytes& bytes) const {
    must(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()), "send");
  }
  /// Whether they came before the other end closed.
  template <typename Bytes>
  bool receive(Bytes& bytes) const {
    return recv(fd_, bytes.data(), bytes.size(), MSG_WAITALL) == static_cast<ssize_t>(bytes.size());
  }
  int fd() const { return fd_; }

 private:
  static sockaddr_in to_address(const char* text) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(kPort);
    inet_pton(AF_INET, text, &address.sin_addr);
    return address;
  }
  int fd_;
};

using Request = std::array<char, kRequestBytes>;
using Answer = std::array<char, kAnswerBytes>;

/// Answers requests; the answer has the time in it at which it was sent.
class AnsweringServer {
 public:
  explicit AnsweringServer(const link::Link& link) {
    link::visit_network_namespace(link.server_namespace(), [&] {
      listener_.emplace(SOCK_STREAM, link::kServerAddress);
      must(listen(listener_->fd(), 64) == 0, "listen");
    });
    thread_ = std::thread([this] { serve(); });
  }
  ~AnsweringServer() {
    shutdown(listener_->fd(), SHUT_RDWR);
    thread_.join();
  }

 private:
  void serve() {
    for (int fd = accept(listener_->fd(), nullptr, nullptr); fd >= 0; fd = accept(listener_->fd(), nullptr, nullptr)) {
      const Socket connection(fd);
      const int one = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      Request request;
      Answer answer{};
      while (connection.receive(request)) {
        const auto at = Clock::now();
        std::copy_n(reinterpret_cast<const char*>(&at), sizeof at, answer.begin());
        connection.send(answer);
      }
    }
  }

  std::optional<Socket> listener_;
  std::thread thread_;
};

enum class Exchange { connect, first_get, kept_get, push };

Clock::duration time_of(Exchange exchange, double& tcp_rtt_us) {
  Answer answer{};
  const Socket socket(SOCK_STREAM, nullptr);
  const auto ask = [&] {
    socket.send(Request{});
    must(socket.receive(answer), "receive");
  };
  auto begin = Clock::now();
  socket.connect();
  if (exchange == Exchange::connect) return Clock::now() - begin;
  ask();
  tcp_info info{};
  socklen_t size = sizeof info;
  must(getsockopt(socket.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
  tcp_rtt_us += info.tcpi_rtt;
  if (exchange == Exchange::first_get) return Clock::now() - begin;
  begin = Clock::now();
  ask();
  const auto end = Clock::now();
  if (exchange == Exchange::push) std::copy_n(answer.begin(), sizeof begin, reinterpret_cast<char*>(&begin));
  return end - begin;
}

void in_clients_namespace(benchmark::State& state, const link::Link& link, const std::function<void()>& work) try {
  link::visit_network_namespace(link.clients_namespace(), work);
} catch (const std::exception& error) {
  state.SkipWithError(error.what());
}

/// Theory in round trips: 1, 2, 1 and 0.5 (Kurose and Ross, ch. 2.2.2).
void exchange(benchmark::State& state, Exchange exchange, double round_trips) try {
  link::gain_rights();
  const auto round_trip = std::chrono::milliseconds(state.range(0));
  link::Impairments impairments;
  impairments.round_trip = round_trip;
  link::Link link({impairments, {}, {}});
  double tcp_rtt_us = 0;
  std::chrono::duration<double> total{};
  {
    const AnsweringServer server(link);
    in_clients_namespace(state, link, [&] {
      for (auto _ : state) {
        const std::chrono::duration<double> taken = time_of(exchange, tcp_rtt_us);
        state.SetIterationTime(taken.count());
        total += taken;
      }
    });
  }
  link.stop();
  const auto times = static_cast<double>(state.iterations());
  const double round_trip_ms = std::chrono::duration<double, std::milli>(round_trip).count();
  state.counters["rtts"] = total.count() * 1e3 / times / round_trip_ms;
  state.counters["theory"] = round_trips;
  state.counters["tcp_rtt_ms"] = tcp_rtt_us / 1e3 / times;
} catch (const std::exception& error) {
  state.SkipWithError(error.what());
}

BENCHMARK_CAPTURE(exchange, connect, Exchange::connect, 1.0)->Arg(50)->Arg(200)->Iterations(10)->UseManualTime();
BENCHMARK_CAPTURE(exchange, first_get, Exchange::first_get, 2.0)->Arg(50)->Arg(200)->Iterations(10)->UseManualTime();
BENCHMARK_CAPTURE(exchange, kept_get, Exchange::kept_get, 1.0)->Arg(50)->Arg(200)->Iterations(10)->UseManualTime();
BENCHMARK_CAPTURE(exchange, push, Exchange::push, 0.5)->Arg(50)->Arg(200)->Iterations(10)->UseManualTime();

/// Takes datagrams and notes how long each was under way beyond `delay`, until none came for a second.
void note_delays(const Socket& socket, Clock::duration delay, meter::Histogram& added, Clock::time_point& last) {
  Clock::time_point sent;
  std::array<char, 1400> datagram;
  while (recv(socket.fd(), datagram.data(), datagram.size(), 0) > 0) {
    last = Clock::now();
    std::copy_n(datagram.begin(), sizeof sent, reinterpret_cast<char*>(&sent));
    added.record(std::max<Clock::duration>(last - sent - delay, 0ns));
  }
}

/// Datagrams at a steady rate for a second; those that are late are sent at once, as many as are due.
void send_datagrams(const Socket& socket, std::int64_t per_second) {
  socket.connect();
  std::array<char, 128> datagram{};
  const auto begin = Clock::now();
  for (std::int64_t i = 0; i < per_second; ++i) {
    std::this_thread::sleep_until(begin + i * std::chrono::nanoseconds(1s) / per_second);
    const auto sent = Clock::now();
    std::copy_n(reinterpret_cast<const char*>(&sent), sizeof sent, datagram.begin());
    socket.send(datagram);
  }
}

/// `rate` datagrams up for a second, over a link of 50 ms.
void carry(benchmark::State& state) try {
  link::gain_rights();
  link::Impairments impairments;
  impairments.round_trip = 50ms;
  for (auto _ : state) {
    link::Link link({impairments, {}, {}});
    std::optional<Socket> receiver;
    link::visit_network_namespace(link.server_namespace(), [&] {
      receiver.emplace(SOCK_DGRAM, link::kServerAddress);
      const int buffer_bytes = 64 << 20;
      setsockopt(receiver->fd(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes);
      timeval patience{1, 0};
      setsockopt(receiver->fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    });
    meter::Histogram added;
    Clock::time_point begin = Clock::now(), last = begin;
    std::thread receiving([&] { note_delays(*receiver, impairments.round_trip / 2, added, last); });
    in_clients_namespace(state, link, [&] { send_datagrams(Socket(SOCK_DGRAM, nullptr), state.range(0)); });
    receiving.join();
    link.stop();
    state.SetIterationTime(std::chrono::duration<double>(last - begin - impairments.round_trip / 2).count());
    const auto to_ms = [](std::chrono::nanoseconds time) {
      return std::chrono::duration<double, std::milli>(time).count();
    };
    state.counters["per_second"] = benchmark::Counter(static_cast<double>(added.count()), benchmark::Counter::kIsRate);
    state.counters["added_p50_ms"] = to_ms(added.percentile(50));
    state.counters["added_p99_ms"] = to_ms(added.percentile(99));
    state.counters["added_max_ms"] = to_ms(added.max());
    state.counters["relay_core_share"] = std::chrono::duration<double>(link.relay_cpu_time()).count();
    state.counters["lost"] = static_cast<double>(state.range(0)) - static_cast<double>(added.count());
  }
} catch (const std::exception& error) {
  state.SkipWithError(error.what());
}

BENCHMARK(carry)->Arg(5'000)->Arg(20'000)->Arg(50'000)->Arg(100'000)->Iterations(1)->UseManualTime();

}  // namespace
