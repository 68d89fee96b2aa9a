// A server with one known fault, on a port of its own, until SIGTERM:
//
//   mutant_server --fault delay [serve] [--backend NAME ...] [--port N] [--cpu N] [--headers NAME]
//
// It announces itself as `wirelab serve` does and takes what `wirelab compare --server-program` gives a server. At its
// end it prints, as one line of JSON, what it did: tests/mutants/faults.hpp has the faults and the ledger.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lab/cli/cli_options.hpp"
#include "lab/process/affinity.hpp"
#include "lab/process/descriptors.hpp"
#include "lab/run/serve.hpp"
#include "lab/text/json_fields.hpp"
#include "messages/store.hpp"
#include "net/event_loop.hpp"
#include "net/lws_host.hpp"
#include "servers/server.hpp"
#include "tests/mutants/delivery_faults.hpp"
#include "tests/mutants/publish_faults.hpp"
#include "tests/mutants/slow_line.hpp"

namespace wirelab::tests {
namespace {

struct MutantCommand {
  std::string fault = "none";
  std::vector<std::string> backends;
  std::uint16_t port = 0;
  std::optional<int> cpu;
  const messages::HeaderSet* headers = &messages::header_sets().front();
  std::string serve;  ///< the word that a server program is given first
};

Fault find_fault(const std::string& name) {
  for (const NamedFault& known : kFaults)
    if (known.name == name) return known.fault;
  throw std::invalid_argument("--fault " + name + ": there is no such fault");
}

std::vector<messages::Transport> find_backends(const std::vector<std::string>& names) {
  if (names.empty()) return {messages::kTransports.begin(), messages::kTransports.end()};
  std::vector<messages::Transport> backends;
  for (const std::string& name : names) {
    const auto transport = messages::parse_transport(name);
    if (!transport) throw std::invalid_argument("--backend " + name + ": there is no such transport");
    backends.push_back(*transport);
  }
  return backends;
}

/// The real server with the faults around it, its parts in the order in which they stand on each other.
class Mutant {
 public:
  explicit Mutant(const MutantCommand& command)
      : name_(command.fault),
        fault_(find_fault(command.fault)),
        store_({}, kEpoch),
        server_(
            store_, loop_, {}, find_backends(command.backends),
            [this] { return host_ ? host_->read() : net::HostReading{}; }, *command.headers),
        publish_faults_(server_, fault_, ledger_),
        delivery_faults_(publish_faults_, loop_, fault_, ledger_),
        freeze_(loop_) {
    net::HostOptions options;
    options.port = fault_ == Fault::drip ? std::uint16_t{0} : command.port;
    raise_limit(options);
    host_.emplace(loop_, delivery_faults_, options);
    if (fault_ == Fault::drip) slow_line_.emplace(loop_, command.port, host_->port(), kByteTime, ledger_.bytes_dripped);
    if (fault_ == Fault::freeze)
      publish_faults_.on_first_message = [this] { freeze_.set_at(loop_.now() + kFreezeAfter, [this] { freeze(); }); };
  }

  void run() {
    loop_.on_signal([this](int) { loop_.stop(); });
    const std::uint16_t port = slow_line_ ? slow_line_->port() : host_->port();
    fmt::print("{}\n", lab::listening_line(lab::server_url("127.0.0.1", port), "fault: " + name_));
    std::fflush(stdout);
    loop_.run();
    fmt::print("{}\n", ledger().dump());
  }

 private:
  /// One life, one epoch: a mutant's cursors are as long in every run.
  static constexpr std::uint32_t kEpoch = 1;

  static void raise_limit(const net::HostOptions& options) {
    constexpr std::uint64_t kOthers = 64;
    lab::raise_descriptor_limit(options.connections + kOthers);
  }

  /// The whole loop stops: nothing is accepted, read, sent or timed meanwhile.
  void freeze() {
    ledger_.froze_at = loop_.now();
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(ledger_.froze_at + kFreeze));
    ledger_.thawed_at = loop_.now();
  }

  lab::Json ledger() const {
    return {{"fault", name_},
            {"messages", ledger_.messages},
            {"dropped", ledger_.dropped},
            {"duplicated", ledger_.duplicated},
            {"reordered", ledger_.reordered},
            {"answers", ledger_.answers},
            {"answers_delayed", ledger_.answers_delayed},
            {"frames", ledger_.frames},
            {"frames_delayed", ledger_.frames_delayed},
            {"deliveries_burnt", ledger_.deliveries_burnt},
            {"burnt_us", std::chrono::duration<double, std::micro>(ledger_.burnt).count()},
            {"bytes_dripped", ledger_.bytes_dripped},
            {"frozen_us", std::chrono::duration<double, std::micro>(ledger_.thawed_at - ledger_.froze_at).count()}};
  }

  const std::string name_;
  const Fault fault_;
  FaultLedger ledger_;
  net::EventLoop loop_;
  messages::Store store_;
  servers::Server server_;
  PublishFaults publish_faults_;
  DeliveryFaults delivery_faults_;
  net::Timer freeze_;
  std::optional<net::LwsHost> host_;
  std::optional<SlowLine> slow_line_;
};

int run_mutant(int argc, char** argv) try {
  CLI::App app("The real server, with one known fault: what the meter is tested against");
  MutantCommand command;
  std::string names;
  for (const NamedFault& known : kFaults) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  app.add_option("--fault", command.fault, "One of " + names)->required();
  app.add_option("--backend", command.backends, "Serve only these transports");
  app.add_option("--port", command.port, "0: any free one");
  app.add_option("--cpu", command.cpu, "Run on this processor only");
  lab::add_headers_flag(app, command.headers);
  app.add_option("serve", command.serve, "As a server program is called")->check(CLI::IsMember({"serve"}));
  CLI11_PARSE(app, argc, argv);
  spdlog::set_default_logger(spdlog::stderr_color_mt("mutant_server"));  // standard output is for the two lines
  std::signal(SIGPIPE, SIG_IGN);
  if (command.cpu) lab::pin_to_cpus(*command.cpu);
  Mutant(command).run();
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "mutant_server: {}\n", error.what());
  return 1;
}

}  // namespace
}  // namespace wirelab::tests

int main(int argc, char** argv) { return wirelab::tests::run_mutant(argc, argv); }
