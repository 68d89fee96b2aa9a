#include "lab/run/run_once.hpp"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "lab/process/affinity.hpp"
#include "lab/process/child.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/process/passing_folder.hpp"
#include "lab/result/verdict.hpp"
#include "lab/run/run_link.hpp"
#include "lab/run/serve.hpp"
#include "messages/limits.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;
using Arguments = std::vector<std::string>;
using Millis = Child::Millis;

/// Connections to a run's server that are neither subscribers' nor lanes': those that ask for its load.
constexpr std::size_t kOtherConnections = 64;

constexpr Millis kStart = 15s;  // a sanitized build on a busy machine
constexpr Millis kStop = 15s;   // to write a result down, to close what is left

std::string own_binary() { return std::filesystem::read_symlink("/proc/self/exe"); }

void append(Arguments& arguments, const char* flag, const std::optional<int>& value) {
  if (value) arguments.insert(arguments.end(), {flag, std::to_string(*value)});
}

/// `exec`: the process that gets our signals is the program, not a shell that waits for it.
Arguments server_program(const std::string& command) {
  if (command.empty()) return {own_binary()};
  return {"/bin/sh", "-c", "exec " + command + " \"$@\"", "sh"};
}

/// Where the server of a run leaves what its clients are to trust; null: it speaks no TLS.
using TlsFolder = std::optional<PassingFolder>;

Arguments server_arguments(const LoadSettings& settings, messages::Transport transport, const Placement& placement,
                           const TlsFolder& tls) {
  Arguments arguments = server_program(placement.server_program);
  arguments.insert(arguments.end(), {"serve", "--backend", std::string(messages::name(transport)), "--port", "0"});
  // Only what differs from the default: a server in another language need not know of it.
  if (settings.headers != &messages::header_sets().front())
    arguments.insert(arguments.end(), {"--headers", settings.headers->name});
  if (settings.link.on()) arguments.insert(arguments.end(), {"--bind", link::kServerAddress});
  if (tls) arguments.insert(arguments.end(), {"--tls-self-signed", tls->path()});
  append(arguments, "--cpu", placement.server_cpu);
  return arguments;
}

Arguments generator_arguments(const LoadSettings& settings, messages::Transport transport, const std::string& url,
                              const Placement& placement, const std::optional<RunLink>& link, const TlsFolder& tls) {
  Arguments arguments = {own_binary(), "load",    std::string(messages::name(transport)),
                         "--url",      url,       "--json",
                         "-",          "--quiet", "--no-doctor"};
  const Arguments flags = to_flags(settings);
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  append(arguments, "--cpu", placement.generator_cpu);
  if (tls) arguments.insert(arguments.end(), {"--tls-ca", tls->path() / kAuthorityFile});
  if (link) append(arguments, "--publisher-namespace", link->server_namespace());
  return arguments;
}

std::string wait_until_it_listens(Child& server) {
  const auto line = server.read_line(kStart);
  const auto url = line ? listening_url(*line) : std::nullopt;
  if (!url) throw std::runtime_error("the server did not start: its own message, if it had one, is above");
  return *url;
}

/// Longer than any run that goes well: all its deadlines together.
Millis longest(const LoadSettings& settings) {
  const clients::LoadPlan& plan = settings.plan;
  return std::chrono::ceil<Millis>(plan.connect_deadline + plan.warm_up + measured_duration(settings) +
                                   plan.drain_deadline) +
         kStart + kStop;
}

std::optional<Run> collect(Child& generator, Millis give_up_after, const Interrupt& interrupt,
                           const std::function<void()>& on_tick) {
  bool told = false;
  const auto tick = [&] {
    if (interrupt.requested() && !told) generator.send_signal(SIGINT);
    told = interrupt.requested();
    on_tick();
  };
  const auto output = generator.read_all(give_up_after, tick);
  if (!output) throw std::runtime_error("the load generator did not finish in time");
  const auto exit_code = generator.wait(kStop, tick);
  const bool stopped = interrupt.requested() && exit_code == 128 + SIGINT;
  if (stopped && output->empty()) return std::nullopt;
  if (exit_code != kOk && exit_code != kNotValid && !stopped)
    throw std::runtime_error(
        fmt::format("the load generator ended with {}", exit_code ? std::to_string(*exit_code) : "nothing"));
  Run run = parse_result(*output).runs.at(0);
  const bool nothing_measured = run.interrupted && run.window.duration_s == 0;
  return nothing_measured ? std::nullopt : std::optional(std::move(run));
}

void add_link(Run& run, LinkRecord record) {
  run.link = std::move(record);
  Judgement judgement = judge(run);
  run.verdict = judgement.verdict;
  run.reasons = std::move(judgement.reasons);
}

void stop(Child& server) {
  server.send_signal(SIGTERM);
  const auto exit_code = server.wait(kStop);
  if (!exit_code) throw std::runtime_error("the server did not stop on SIGTERM");
  if (*exit_code != 0) throw std::runtime_error(fmt::format("the server ended with {}", *exit_code));
}

}  // namespace

void check_limits(const LoadSettings& settings, std::string_view command) {
  const messages::Limits limits;
  const clients::LoadPlan& plan = settings.plan;
  const auto check = [&](bool fits, const char* flag, const std::string& most) {
    if (!fits)
      throw std::invalid_argument(
          fmt::format("{}: {}'s servers allow {} at most; beyond that use `wirelab serve` with a higher limit and "
                      "`wirelab load`",
                      flag, command, most));
  };
  if (plan.subscribers == 0)
    throw std::invalid_argument(fmt::format(
        "--subscribers 0: {} needs one at least; `wirelab load` with 0 measures publishing alone", command));
  check(plan.publish.payload_bytes <= limits.payload_bytes, "--payload", to_bytes(limits.payload_bytes));
  check(plan.channels <= limits.channels, "--channels", std::to_string(limits.channels));
  check(plan.client.hold <= limits.hold_max, "--hold", to_duration(limits.hold_max));
  const std::size_t most = limits.connections - kOtherConnections;
  check(plan.subscribers + plan.publish.lanes_max <= most, "--subscribers and --lanes together", std::to_string(most));
}

std::optional<Run> run_once(const LoadSettings& settings, messages::Transport transport, const Placement& placement,
                            const Interrupt& interrupt, const std::function<void()>& on_tick,
                            const std::vector<link::PacketObserver*>& observers) {
  std::optional<RunLink> link;
  ChildSurroundings servers, clients;
  if (settings.link.on()) {
    link.emplace(settings.link, settings.plan.seed, placement.relay_cpu, observers);
    servers.network_namespace = clients.inherited = link->server_namespace();
    clients.network_namespace = link->clients_namespace();
  }
  TlsFolder tls;
  if (settings.tls) tls.emplace("tls");
  Child server(server_arguments(settings, transport, placement, tls), servers);
  const std::string url = wait_until_it_listens(server);
  Child generator(generator_arguments(settings, transport, url, placement, link, tls), clients);
  auto run = collect(generator, longest(settings), interrupt, on_tick);
  stop(server);
  if (link) {
    LinkRecord record = link->finish();
    if (run) add_link(*run, std::move(record));
  }
  return run;
}

}  // namespace wirelab::lab
