#include "lab/run/ladder_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "clients/stamp.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/process/interrupt.hpp"
#include "lab/report/charts.hpp"
#include "lab/result/ladder_record.hpp"
#include "lab/run/run_once.hpp"
#include "lab/text/output.hpp"
#include "ladder/capture.hpp"
#include "ladder/recorder.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;
using Millis = std::chrono::milliseconds;

constexpr const char *kFirstText = "message 1", *kSecondText = "message 2";

constexpr double kLate_us = 1000;  // as of the verdict LINK-LATE, but of every packet: each of them is an arrow

/// How long after everyone is connected the first message is due: long polls are parked by then, and polls that came
/// back empty are part of the lesson.
Millis first_due(const link::Nanos& round_trip) { return std::max(100ms, std::chrono::ceil<Millis>(2 * round_trip)); }

// -- the record ---------------------------------------------------------------------------------------------------

LadderRecord new_record(const LadderCommand& command) {
  LadderRecord record;
  static_cast<Provenance&>(record) = provenance(command.command, Doctor::none);
  return record;
}

LadderRecord record_of_capture(const LadderCommand& command) {
  LadderRecord record = new_record(command);
  record.pcap = command.capture.string();
  auto capture = ladder::read_capture(command.capture);
  try {
    const auto round_trip = ladder::round_trip_of(capture);
    const auto passages = ladder::passages_of(std::move(capture));
    record.ladders = ladder::ladders_of(passages, *round_trip);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", command.capture.string(), error.what()));
  }
  return record;
}

LadderRun describe(const LadderCommand& command) {
  const LoadSettings& settings = command.settings;
  const auto to_ms = [](auto time) { return std::chrono::duration<double, std::milli>(time).count(); };
  return {.link = link_words(*describe(settings.link)),
          .gap_ms = to_ms(command.gap),
          .poll_interval_ms = to_ms(settings.plan.client.poll_interval),
          .payload_bytes = clients::kStampBytes + std::string_view(kFirstText).size(),
          .seed = settings.plan.seed};
}

/// The publisher is at the server's end of the link, so its packets are not on it: the stamp says when one was due.
std::optional<ladder::Nanos> due_of(std::string_view payload) {
  const auto stamp = clients::read_stamp(payload);
  return stamp ? std::optional<ladder::Nanos>(stamp->due) : std::nullopt;
}

// -- the run ------------------------------------------------------------------------------------------------------

/// One subscriber and two messages; what `messages_file` has is published.
LoadSettings settings_of_run(const LadderCommand& command, const std::filesystem::path& messages_file) {
  LoadSettings settings = command.settings;
  settings.plan.subscribers = 1;
  settings.plan.warm_up = 0ms;
  settings.plan.publish.payload_bytes = clients::kStampBytes;
  settings.replay_file = messages_file;
  complete(settings);
  return settings;
}

void write_messages(const LadderCommand& command, const std::filesystem::path& file) {
  const Millis first = first_due(*command.settings.link.round_trip), second = first + command.gap;
  write_output(file, fmt::format("{{\"at_ms\": {}, \"text\": \"{}\"}}\n{{\"at_ms\": {}, \"text\": \"{}\"}}\n",
                                 first.count(), kFirstText, second.count(), kSecondText));
}

/// Empty if it was in time. Its packets are drawn as they were, so that a busy machine looks like a long way.
std::string lateness_of(const Run& run) {
  const double late_us = run.link->relay_added_us.max;
  if (late_us <= kLate_us) return {};
  return fmt::format("{}: the link was up to {:.1f} ms late, for this machine was busy", run.transport, late_us / 1000);
}

/// Null when a signal came first.
std::optional<ladder::Ladder> run_one(LoadSettings settings, messages::Transport transport, const Interrupt& interrupt,
                                      std::vector<std::string>& warnings) {
  ladder::Recorder recorder;
  settings.link = settings.link.with_capture_of(std::string(messages::name(transport)));
  fmt::print(stderr, "wirelab: {}\n", messages::name(transport));
  const auto run = run_once(settings, transport, place(), interrupt, [] {}, {&recorder});
  if (!run) return std::nullopt;
  if (const std::string late = lateness_of(*run); !late.empty()) warnings.push_back(late);
  return ladder::ladders_of(recorder.passages(), *settings.link.round_trip, due_of).at(0);
}

/// Those that were run before a signal came.
void run_all(const LadderCommand& command, const std::filesystem::path& folder, const Interrupt& interrupt,
             LadderRecord& record) {
  const std::filesystem::path messages_file = folder / "messages.ndjson";
  write_messages(command, messages_file);
  const LoadSettings settings = settings_of_run(command, messages_file);
  for (const messages::Transport transport : command.transports) {
    if (interrupt.requested()) return;
    if (auto one = run_one(settings, transport, interrupt, record.warnings)) record.ladders.push_back(std::move(*one));
  }
}

void write_ladders(const LadderRecord& record, const LadderCommand& command, const std::filesystem::path& folder) {
  const std::string text = ladder_text(record, command.text);
  write_output("-", text);
  write_output(folder / "ladder.txt", text);
  write_output(folder / "ladder.json", to_text(record));
  if (command.charts)
    if (const std::string trouble = draw_charts(folder / "ladder.json"); !trouble.empty())
      fmt::print(stderr, "wirelab: no drawings: {}\n", trouble);
  fmt::print(stderr, "wirelab: everything is in {}\n", folder.string());
}

int ladder_of_capture(const LadderCommand& command) {
  const LadderRecord record = record_of_capture(command);
  write_ladders(record, command, make_output_folder(command.output, record.created_utc));
  return kOk;
}

int ladder_of_run(const LadderCommand& command) {
  check(command.settings.link);
  gain_rights_for(command.settings.link);
  LadderRecord record = new_record(command);
  record.run = describe(command);
  const auto folder = make_output_folder(command.output, record.created_utc);
  const Interrupt interrupt;
  run_all(command, folder, interrupt, record);
  if (!record.ladders.empty()) write_ladders(record, command, folder);
  for (const std::string& warning : record.warnings) fmt::print(stderr, "wirelab: {}\n", warning);
  if (interrupt.requested()) return interrupt.exit_code();
  return record.warnings.empty() ? kOk : kNotValid;
}

}  // namespace

int ladder(LadderCommand command) {
  return command.capture.empty() ? ladder_of_run(command) : ladder_of_capture(command);
}

}  // namespace wirelab::lab
