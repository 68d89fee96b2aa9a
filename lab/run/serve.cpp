#include "lab/run/serve.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <random>
#include <string_view>

#include "lab/process/affinity.hpp"
#include "lab/process/descriptors.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/text/output.hpp"
#include "lab/text/token_file.hpp"
#include "net/certificate.hpp"
#include "net/tls.hpp"
#include "servers/memory_bound.hpp"
#include "servers/workers.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kListening = "wirelab: listening on ";

/// Of a thread, besides one a connection: the loop, the library's own, the listener.
constexpr std::uint64_t kOtherServerDescriptors = 64;

/// Of a connection that becomes a WebSocket with TLS (net/tls_relay.hpp). Who comes when there are none is told so.
constexpr std::uint64_t kMoreDescriptorsOfTls = 2;

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

std::string numeric(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* const bytes = address.sa_family == AF_INET
                                ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
                                : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  inet_ntop(address.sa_family, bytes, text, sizeof text);
  return text;
}

/// The addresses that it is reached at from elsewhere: of a wildcard, those that this machine has.
std::string reached_at(const std::string& bind) {
  if (bind != "0.0.0.0" && bind != "::") return bind;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return bind;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(first, &freeifaddrs);
  std::string addresses;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const bool v4 = one->ifa_addr->sa_family == AF_INET;
    if (!v4 && (one->ifa_addr->sa_family != AF_INET6 || bind != "::")) continue;
    const std::string address = numeric(*one->ifa_addr);
    if (!is_out_of_reach(address)) addresses += (addresses.empty() ? "" : ", ") + address;
  }
  return addresses.empty() ? bind + " (no address but loopback for now)" : addresses;
}

servers::Access access(const ServeCommand& command) {
  servers::Access access;
  const auto token = [](const std::string& file, const char* flag) {
    if (file.empty()) return std::string();
    if (is_read_by_others(file))
      fmt::print(stderr, "wirelab: {} {}: other users of this machine may read it; chmod 600 it\n", flag, file);
    return read_token(file);
  };
  access.publish_token = token(command.publish_token_file, "--publish-token-file");
  access.subscribe_token = token(command.subscribe_token_file, "--subscribe-token-file");
  access.origins = command.allowed_origins;
  for (const std::string& origin : access.origins) servers::check_origin(origin);
  access.names_are_checked = is_out_of_reach(command.bind);
  return access;
}

/// "can publish and listen", "can listen, and with the token publish" …
std::string what_they_can(const ServeCommand& command, bool tls) {
  const bool publish = command.publish_token_file.empty(), listen = command.subscribe_token_file.empty();
  const char* const on_the_way = tls ? "" : ", which anybody on the way can read";
  if (publish && listen) return "can publish and listen on every channel";
  if (listen) return fmt::format("can listen on every channel; publishing takes the token{}", on_the_way);
  if (publish) return fmt::format("can publish on every channel; listening takes the token{}", on_the_way);
  return fmt::format("needs a token to publish or to listen{}", tls ? "" : "; anybody on the way can read it");
}

std::filesystem::path authority_file(const ServeCommand& command) {
  return std::filesystem::path(command.tls_self_signed_folder) / kAuthorityFile;
}

/// For the names that a laboratory dials, and the address that is listened on.
std::shared_ptr<net::TlsServer> self_signed(const ServeCommand& command) {
  net::CertificateWish wish;
  const bool everywhere = command.bind == "0.0.0.0" || command.bind == "::";
  if (!everywhere && std::find(wish.names.begin(), wish.names.end(), command.bind) == wish.names.end())
    wish.names.push_back(command.bind);
  const net::Certificate made = net::make_certificate(wish);
  std::error_code shown_by_writing;
  std::filesystem::create_directories(command.tls_self_signed_folder, shown_by_writing);
  write_output(authority_file(command), made.authority);
  return net::TlsServer::from_texts(made.certificate, made.key);
}

/// Null: plain.
std::shared_ptr<net::TlsServer> tls_server(const ServeCommand& command) {
  const bool certificate = !command.tls_certificate_file.empty(), key = !command.tls_key_file.empty();
  if (!command.tls_self_signed_folder.empty()) {
    if (certificate || key)
      throw std::invalid_argument(
          "--tls-self-signed with --tls-cert or --tls-key: give one's own certificate, or none");
    return self_signed(command);
  }
  if (certificate != key)
    throw std::invalid_argument(certificate ? "--tls-cert without --tls-key: give the certificate's key too"
                                            : "--tls-key without --tls-cert: give the key's certificate too");
  return certificate ? net::TlsServer::from_files(command.tls_certificate_file, command.tls_key_file) : nullptr;
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
  options.buffered_bytes = limits.buffered_bytes;
  options.unsent_bytes = limits.unsent_bytes;
  options.header_timeout = limits.header_timeout;
  options.body_timeout = limits.body_timeout;
  options.idle_timeout = limits.idle_timeout;
  options.ping_interval = limits.ping_interval;
  options.gather = limits.gather;
  options.tls = tls_server(command);
  return options;
}

servers::WorkersOptions workers_options(const ServeCommand& command) {
  servers::WorkersOptions options;
  options.threads = command.threads;
  options.epoch = random_epoch();
  options.limits = command.limits;
  options.transports = command.backends;
  options.header_set = command.headers;
  options.access = access(command);
  options.echo = command.echo;
  options.host = host_options(command);
  return options;
}

/// Says in a line each, now and then, that somebody was kept out: who floods the server must not flood its log.
class Watchman {
 public:
  static constexpr auto kRound = 10s;

  Watchman(servers::Workers& workers, std::shared_ptr<const net::TlsServer> tls)
      : workers_(workers), tls_(std::move(tls)), round_(workers.loop()) {
    go_on();
  }
  ~Watchman() { report(); }
  Watchman(const Watchman&) = delete;
  Watchman& operator=(const Watchman&) = delete;

 private:
  void go_on() {
    round_.set_at(workers_.loop().now() + kRound, [this] { report(), go_on(); });
  }
  void report() {
    const net::KeptOut kept_out = workers_.kept_out();
    tell("refused for want of a token, or for where they come from: {} requests", workers_.strangers_refused(),
         strangers_);
    tell("answered with 408, not complete in time: {} requests", kept_out.late, late_);
    tell("turned away with 503, beyond --max-connections: {} connections", kept_out.beyond, beyond_);
    tell("cut off, more would wait for slow peers than --max-buffered: {} connections", kept_out.buffering, buffering_);
    if (tls_) report_tls();
  }
  void report_tls() {
    const Handshakes now{tls_->failed, tls_->too_slow, tls_->not_tls};
    if (now.failed > shaken_.failed || now.too_slow > shaken_.too_slow || now.not_tls > shaken_.not_tls)
      spdlog::warn(
          "connections that came to nothing: {} failed TLS's handshake, {} were too slow at it, {} spoke no TLS",
          now.failed - shaken_.failed, now.too_slow - shaken_.too_slow, now.not_tls - shaken_.not_tls);
    shaken_ = now;
  }
  /// What came since it was told last.
  static void tell(const char* what, std::uint64_t count, std::uint64_t& told) {
    if (count > told) spdlog::warn(fmt::runtime(what), count - told);
    told = count;
  }

  struct Handshakes {
    std::uint64_t failed = 0, too_slow = 0, not_tls = 0;
  };

  servers::Workers& workers_;
  std::uint64_t strangers_ = 0, late_ = 0, beyond_ = 0, buffering_ = 0;
  std::shared_ptr<const net::TlsServer> tls_;  // null: plain
  Handshakes shaken_;
  net::Timer round_;
};

/// A life of the server.
class Serving {
 public:
  Serving(const ServeCommand& command, const servers::WorkersOptions& options)
      : command_(command), tls_(options.host.tls != nullptr), workers_(options), watchman_(workers_, options.host.tls) {
    workers_.loop().on_signal([this](int signal) { on_signal(signal); });
  }

  void announce() const {
    std::string backends;
    for (const auto backend : command_.backends)
      backends += fmt::format("{}{}", backends.empty() ? "" : " ", messages::name(backend));
    if (command_.echo) backends += " echo";
    fmt::print("{}\n", listening_line(server_url(command_.bind, workers_.port(), tls_), backends));
    if (!command_.tls_self_signed_folder.empty())
      fmt::print("wirelab: for a week clients trust it with --tls-ca {}\n", authority_file(command_).string());
    std::fflush(stdout);
    tell_memory();
    if (!is_out_of_reach(command_.bind))
      fmt::print(stderr, "wirelab: {} is not a loopback address: whoever can reach port {} at {} {}\n", command_.bind,
                 workers_.port(), reached_at(command_.bind), what_they_can(command_, tls_));
  }

  int run() {
    workers_.run();
    return exit_code_;
  }

 private:
  void tell_memory() const {
    constexpr double kMiB = 1024 * 1024;
    for (const auto& part : servers::memory_parts(command_.limits, command_.threads))
      spdlog::info("memory, at most: {:.1f} MiB for {} ({})", static_cast<double>(part.bytes) / kMiB, part.what,
                   part.terms);
    const auto sum = static_cast<double>(servers::memory_bound_bytes(command_.limits, command_.threads));
    spdlog::info("memory, at most: {:.1f} MiB in all", sum / kMiB);
  }

  /// The first one asks everybody to leave, the second one does not wait for them.
  void on_signal(int signal) {
    if (!workers_.draining()) return workers_.drain();
    exit_code_ = 128 + signal;
    workers_.stop();
  }

  const ServeCommand& command_;
  const bool tls_;
  servers::Workers workers_;
  Watchman watchman_;
  int exit_code_ = kOk;
};

}  // namespace

std::string server_url(const std::string& bind, std::uint16_t port, bool tls) {
  const bool six = bind.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", six ? "[" : "", bind, six ? "]" : "", port);
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
  const servers::WorkersOptions options = workers_options(command);
  const std::uint64_t needed = command.limits.connections + kOtherServerDescriptors * command.threads;
  const std::uint64_t wished = options.host.tls ? needed + kMoreDescriptorsOfTls * command.limits.connections : needed;
  const std::uint64_t allowed = raise_descriptor_limit(wished);
  if (allowed < needed)
    fmt::print(stderr,
               "wirelab: --max-connections {} needs {} open descriptors and this system allows {} (ulimit -Hn)\n",
               command.limits.connections, needed, allowed);
  Serving serving(command, options);
  serving.announce();
  return serving.run();
}

}  // namespace wirelab::lab
