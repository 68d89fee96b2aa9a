#include "lab/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <stdexcept>

#include "lab/affinity.hpp"
#include "lab/descriptors.hpp"
#include "lab/ending.hpp"
#include "lab/exit_code.hpp"
#include "lab/interrupt.hpp"
#include "lab/output.hpp"
#include "lab/progress.hpp"
#include "lab/publishing_alone.hpp"
#include "lab/report_csv.hpp"
#include "lab/report_text.hpp"
#include "lab/run.hpp"
#include "lab/series_file.hpp"
#include "lab/summary.hpp"

namespace wirelab::lab {
namespace {

/// Besides one a subscriber: the publisher's lanes, the loops, the libraries' own, the files.
constexpr std::uint64_t kOtherDescriptors = 256;

void make_room(const clients::LoadPlan& plan) {
  const std::uint64_t needed = plan.subscribers + plan.publish.lanes_max + kOtherDescriptors;
  const std::uint64_t allowed = raise_descriptor_limit(needed);
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

Result make_result(const LoadCommand& command, const clients::LoadReport& report, Provenance provenance) {
  const clients::LoadPlan& plan = command.settings.plan;
  Result result;
  static_cast<Provenance&>(result) = std::move(provenance);
  result.configuration = describe(command.settings);
  result.configuration.transports = {std::string(messages::name(plan.transport))};
  result.configuration.url = plan.url;
  result.configuration.generator_cpu = command.settings.cpu;
  result.runs.push_back(make_run(report, plan.transport));
  if (plan.subscribers == 0) result.publishing_alone = publishing_alone(result.runs.front());
  result.summary = summarize(result);
  return result;
}

void write(const LoadCommand& command, const Result& result, const clients::LoadReport& report) {
  const std::string& series_file = command.settings.series_file;
  if (!series_file.empty())
    write_output(series_file, series_text(report.series, messages::name(command.settings.plan.transport), 1));
  if (!command.json_file.empty()) write_output(command.json_file, to_text(result));
  if (!command.csv_file.empty()) write_output(command.csv_file, report_csv(result));
  if (!command.hgrm_file.empty()) {
    std::ostringstream text;
    report.age.write_hgrm(text);
    write_output(command.hgrm_file, text.str());
  }
  const auto files = {command.json_file, command.csv_file, command.hgrm_file, series_file};
  if (std::find(files.begin(), files.end(), "-") == files.end()) write_output("-", report_text(result));
}

}  // namespace

int load(LoadCommand command) {
  LoadSettings& settings = command.settings;
  complete(settings);
  check_gates(command.gates);
  const clients::LoadPlan& plan = settings.plan;
  check_addresses(plan.url, plan.sources);
  Provenance here_and_now = provenance(command.command, command.doctor ? Doctor::quick : Doctor::none);
  make_room(plan);
  if (settings.cpu) pin_to_cpus(*settings.cpu, plan.threads);
  std::signal(SIGPIPE, SIG_IGN);

  const Interrupt interrupt;
  ProgressBar bar(!command.quiet);
  const Nanos measured = measured_duration(settings);
  const clients::LoadReport report = clients::generate(
      plan, interrupt.requested(), [&](const clients::Progress& progress) { draw(bar, progress, plan, measured); });
  bar.clear();
  if (!report.failure.empty()) throw std::runtime_error(report.failure);
  const Result result = make_result(command, report, std::move(here_and_now));
  write(command, result, report);
  return report.interrupted ? interrupt.exit_code() : judge_and_say(result, command.gates, !command.quiet);
}

}  // namespace wirelab::lab
