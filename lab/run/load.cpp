#include "lab/run/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "lab/process/affinity.hpp"
#include "lab/process/descriptors.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/process/interrupt.hpp"
#include "lab/process/progress.hpp"
#include "lab/report/ending.hpp"
#include "lab/report/report_csv.hpp"
#include "lab/report/report_text.hpp"
#include "lab/result/distribution.hpp"
#include "lab/result/publishing_alone.hpp"
#include "lab/result/series_file.hpp"
#include "lab/result/summary.hpp"
#include "lab/run/run.hpp"
#include "lab/run/run_once.hpp"
#include "lab/run/runner.hpp"
#include "lab/text/output.hpp"
#include "lab/text/token_file.hpp"

namespace wirelab::lab {
namespace {

/// Besides one a subscriber: the publisher's lanes, the loops, the libraries' own, the files.
constexpr std::uint64_t kOtherLoadDescriptors = 256;
/// Wished for besides: a closed connection is kept until its last FIN has been counted (meter/wire_ledger.hpp), if
/// there is a descriptor for it, and a short poll has closed its last one when it opens the next.
constexpr std::uint64_t kClosingDescriptors = 8'192;

void make_room(const clients::LoadPlan& plan) {
  const std::uint64_t needed = plan.subscribers + plan.publish.lanes_max + kOtherLoadDescriptors;
  const std::uint64_t allowed = raise_descriptor_limit(needed + kClosingDescriptors);
  if (allowed < needed)
    throw std::runtime_error(fmt::format(
        "{} subscribers need {} open descriptors and this system allows {}: raise the hard limit (ulimit -Hn), "
        "or take fewer",
        plan.subscribers, needed, allowed));
}

void draw(ProgressBar& bar, const clients::Progress& progress, const clients::LoadPlan& plan, Nanos measured) {
  using clients::Phase;
  const double total = std::chrono::duration<double>(plan.warm_up + measured).count();
  const double elapsed = std::chrono::duration<double>(progress.elapsed).count();
  const double warm_up = std::chrono::duration<double>(plan.warm_up).count();
  switch (progress.phase) {
    case Phase::connect:
      return bar.draw(0, fmt::format("connecting: {} of {}", progress.established, plan.subscribers));
    case Phase::warm_up: return bar.draw(elapsed / total, "warming up");
    case Phase::measure:
      return bar.draw((warm_up + elapsed) / total, fmt::format("measuring: {} delivered", progress.delivered));
    case Phase::drain: return bar.draw(1, "waiting for the last deliveries");
    case Phase::done: return bar.clear();
  }
}

Result make_result(const LoadCommand& command, Run run, Provenance provenance) {
  const clients::LoadPlan& plan = command.settings.plan;
  Result result;
  static_cast<Provenance&>(result) = std::move(provenance);
  result.configuration = describe(command.settings);
  result.configuration.transports = {std::string(messages::name(plan.transport))};
  result.runs.push_back(std::move(run));
  if (plan.subscribers == 0) result.publishing_alone = publishing_alone(result.runs.front());
  result.summary = summarize(result);
  if (plan.dialect)  // theory's bytes are of our own envelopes and header fields
    for (auto& [transport, summary] : result.summary) summary.predicted.reset();
  return result;
}

void write(const LoadCommand& command, const Result& result, const meter::Histogram& age) {
  if (!command.json_file.empty()) write_output(command.json_file, to_text(result));
  if (!command.csv_file.empty()) write_output(command.csv_file, report_csv(result));
  if (!command.hgrm_file.empty()) {
    std::ostringstream text;
    age.write_hgrm(text);
    write_output(command.hgrm_file, text.str());
  }
  const auto files = {command.json_file, command.csv_file, command.hgrm_file, command.settings.series_file};
  if (std::find(files.begin(), files.end(), "-") == files.end()) write_output("-", report_text(result));
}

int finish(const LoadCommand& command, const Result& result, const meter::Histogram& age, const Interrupt& interrupt) {
  write(command, result, age);
  return result.runs.front().interrupted ? interrupt.exit_code() : judge_and_say(result, command.gates, !command.quiet);
}

/// Subscribers and publisher are threads of this process.
int load_from_here(const LoadCommand& command, Provenance here_and_now) {
  const LoadSettings& settings = command.settings;
  const clients::LoadPlan& plan = settings.plan;
  check_ports(plan, here_and_now.host.ip_local_port_range);
  make_room(plan);
  if (settings.cpu) pin_to_cpus(*settings.cpu, plan.threads);
  const Interrupt interrupt;
  ProgressBar bar(!command.quiet);
  const Nanos measured = measured_duration(settings);
  const clients::LoadReport report = clients::generate(
      plan, interrupt.requested(), [&](const clients::Progress& progress) { draw(bar, progress, plan, measured); });
  bar.clear();
  if (!report.failure.empty()) throw std::runtime_error(report.failure);
  if (!settings.series_file.empty())
    write_output(settings.series_file, series_text(report.series, messages::name(plan.transport), 1));
  const std::size_t processors = std::min(plan.threads, allowed_cpus().size());
  Result result = make_result(command, make_run(report, plan.transport, processors), std::move(here_and_now));
  result.configuration.url = plan.url;
  result.configuration.generator_cpu = settings.cpu;
  return finish(command, result, report.age, interrupt);
}

/// As one run of a comparison: server and load generator are processes of their own, each at its end of the link.
int load_over_link(const LoadCommand& command, Provenance here_and_now) {
  const LoadSettings& settings = command.settings;
  Placement placement = place();
  if (settings.cpu) placement.generator_cpu = settings.cpu;
  const Interrupt interrupt;
  Runner runner(placement, interrupt, !command.quiet);
  runner.expect(expected_run_time(settings));
  auto run = runner.run({settings, settings.plan.transport, std::string(messages::name(settings.plan.transport))});
  runner.clear();
  if (!run) {
    fmt::print(stderr, "wirelab: stopped before anything was measured\n");
    return interrupt.exit_code();
  }
  const meter::Histogram age = to_histogram(run->age_us);
  Result result = make_result(command, std::move(*run), std::move(here_and_now));
  result.configuration.server_cpu = placement.server_cpu;
  result.configuration.generator_cpu = placement.generator_cpu;
  result.configuration.link->relay_cpu = placement.relay_cpu;
  return finish(command, result, age, interrupt);
}

net::Headers authorization(const std::string& token_file) {
  if (token_file.empty()) return {};
  return {{"Authorization", "Bearer " + read_token(token_file)}};
}

void add_tokens(LoadCommand& command) {
  clients::LoadPlan& plan = command.settings.plan;
  if (command.settings.link.on() && !(command.token_file.empty() && command.publish_token_file.empty()))
    throw std::invalid_argument(
        "--token-file with --rtt: the server at the link's other end is its own, and asks for none");
  plan.subscriber_headers = authorization(command.token_file);
  plan.publisher_headers =
      authorization(command.publish_token_file.empty() ? command.token_file : command.publish_token_file);
}

/// A foreign server keeps messages of earlier runs, which would be told to this one's subscribers: each run has a
/// channel of its own.
std::string new_channel() { return fmt::format("wirelab-{:08x}", std::random_device()()); }

void choose_dialect(LoadCommand& command) {
  clients::LoadPlan& plan = command.settings.plan;
  const bool targets_given = !command.targets.publish.empty() || !command.targets.subscribe.empty();
  if (command.dialect == clients::wirelab_dialect().name()) {
    if (targets_given) throw std::invalid_argument("--targets: they are of a foreign server; add --dialect nchan");
    return;
  }
  if (command.dialect != "nchan" && command.dialect != "socket.io")
    throw std::invalid_argument(fmt::format("--dialect '{}': none of wirelab, nchan, socket.io", command.dialect));
  if (command.settings.link.on())
    throw std::invalid_argument("--rtt with --dialect: at the other end of a link is a server of wirelab's own");
  plan.dialect =
      command.dialect == "nchan" ? clients::nchan_dialect(command.targets) : clients::socketio_dialect(command.targets);
  plan.dialect->check(plan);
  plan.channel = new_channel();
}

}  // namespace

int load(LoadCommand command) {
  LoadSettings& settings = command.settings;
  complete(settings);
  check_gates(command.gates);
  add_tokens(command);
  choose_dialect(command);
  const bool over_link = settings.link.on();
  if (over_link && command.url_given)
    throw std::invalid_argument(
        "--rtt with --url: the link is made for the run and leads nowhere else; leave --url out, and load starts a "
        "server of its own at the other end");
  if (over_link && !settings.plan.tls_ca.empty())
    throw std::invalid_argument("--tls-ca with --rtt: the server is started for the run, and what it shows is known");
  // Its load generator is another process, whose standard output has the result in it.
  if (over_link && settings.series_file == "-") throw std::invalid_argument("--series - with --rtt: name a file");
  if (over_link && settings.plan.server_pid)
    throw std::invalid_argument("--server-pid with --rtt: the server is started for the run, and tells by itself");
  if (over_link) check_limits(settings, "load --rtt");
  gain_rights_for(settings.link);
  check_addresses(settings.plan.url, settings.plan.sources);
  if (!over_link) check_tls_ca(settings.plan);
  Provenance here_and_now = provenance(command.command, command.doctor ? Doctor::quick : Doctor::none);
  std::signal(SIGPIPE, SIG_IGN);
  return over_link ? load_over_link(command, std::move(here_and_now))
                   : load_from_here(command, std::move(here_and_now));
}

}  // namespace wirelab::lab
