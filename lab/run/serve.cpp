#include "lab/run/serve.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <csignal>
#include <random>
#include <string_view>

#include "lab/process/affinity.hpp"
#include "lab/process/descriptors.hpp"
#include "lab/process/exit_code.hpp"
#include "messages/store.hpp"
#include "net/event_loop.hpp"
#include "net/lws_host.hpp"
#include "servers/server.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kListening = "wirelab: listening on ";

/// Besides one a connection: the loop, the library's own, the listener.
constexpr std::uint64_t kOtherDescriptors = 64;

std::uint32_t random_epoch() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint32_t>(1)(random);
}

/// Loopback, or 198.18.0.0/15: an emulated link, or a laboratory's network (RFC 2544), nowhere else.
bool is_out_of_reach(const std::string& address) {
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1)
    return (ntohl(four.s_addr) >> 24) == 127 || (ntohl(four.s_addr) >> 17) == 0xc612 >> 1;
  return inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

net::HostOptions host_options(const ServeCommand& command) {
  const messages::Limits& limits = command.limits;
  net::HostOptions options;
  options.bind = command.bind;
  options.port = command.port;
  options.payload_bytes = limits.payload_bytes;
  options.target_bytes = limits.target_bytes;
  options.header_bytes = limits.header_bytes;
  options.connections = limits.connections;
  options.header_timeout = limits.header_timeout;
  options.idle_timeout = limits.idle_timeout;
  options.ping_interval = limits.ping_interval;
  return options;
}

/// A life of the server, its parts in the order in which they stand on each other.
class Serving {
 public:
  explicit Serving(const ServeCommand& command)
      : command_(command),
        store_(command.limits, random_epoch()),
        server_(
            store_, loop_, command.limits, command.backends,
            [this] { return host_ ? host_->read() : net::HostReading{}; }, *command.headers),
        stop_timer_(loop_) {
    if (command.echo) server_.serve_echo();
    host_.emplace(loop_, server_, host_options(command));
    loop_.on_signal([this](int signal) { on_signal(signal); });
  }

  void announce() const {
    std::string backends;
    for (const auto backend : command_.backends)
      backends += fmt::format("{}{}", backends.empty() ? "" : " ", messages::name(backend));
    if (command_.echo) backends += " echo";
    fmt::print("{}\n", listening_line(server_url(command_.bind, host_->port()), backends));
    std::fflush(stdout);
    if (!is_out_of_reach(command_.bind))
      fmt::print(
          stderr,
          "wirelab: {} is not a loopback address: whoever can reach port {} of this machine can read and publish on "
          "every channel\n",
          command_.bind, host_->port());
  }

  int run() {
    loop_.run();
    return exit_code_;
  }

 private:
  /// The first one asks everybody to leave, the second one does not wait for them.
  void on_signal(int signal) {
    if (stop_timer_.armed()) {
      exit_code_ = 128 + signal;
      loop_.stop();
      return;
    }
    host_->stop_accepting();
    server_.drain();
    cut_off_at_ = loop_.now() + command_.limits.drain;
    stop_when_drained();
  }

  void stop_when_drained() {
    const bool everybody_left = server_.drained() && host_->counters().connections_open == 0;
    if (everybody_left || loop_.now() >= cut_off_at_) return loop_.stop();
    stop_timer_.set_at(loop_.now() + 5ms, [this] { stop_when_drained(); });
  }

  const ServeCommand& command_;
  net::EventLoop loop_;
  messages::Store store_;
  servers::Server server_;
  net::Timer stop_timer_;
  std::optional<net::LwsHost> host_;  // last: when it goes, everybody who is left is told, through the server
  net::Nanos cut_off_at_{};
  int exit_code_ = kOk;
};

}  // namespace

std::string server_url(const std::string& bind, std::uint16_t port) {
  const bool six = bind.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", six ? "[" : "", bind, six ? "]" : "", port);
}

std::string listening_line(const std::string& url, const std::string& what) {
  return fmt::format("{}{} ({})", kListening, url, what);
}

std::optional<std::string> listening_url(const std::string& line) {
  if (line.compare(0, kListening.size(), kListening) != 0) return std::nullopt;
  return line.substr(kListening.size(), line.find(' ', kListening.size()) - kListening.size());
}

int serve(const ServeCommand& command) {
  std::signal(SIGPIPE, SIG_IGN);
  if (command.cpu) pin_to_cpus(*command.cpu);
  const std::uint64_t needed = command.limits.connections + kOtherDescriptors;
  const std::uint64_t allowed = raise_descriptor_limit(needed);
  if (allowed < needed)
    fmt::print(stderr,
               "wirelab: --max-connections {} needs {} open descriptors and this system allows {} (ulimit -Hn)\n",
               command.limits.connections, needed, allowed);
  Serving serving(command);
  serving.announce();
  return serving.run();
}

}  // namespace wirelab::lab
