#include "lab/ladder_command.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "lab/charts.hpp"
#include "lab/exit_code.hpp"
#include "lab/ladder_record.hpp"
#include "lab/output.hpp"
#include "ladder/capture.hpp"

namespace wirelab::lab {
namespace {

LadderRecord record_of_capture(const LadderCommand& command) {
  LadderRecord record;
  static_cast<Provenance&>(record) = provenance(command.command, Doctor::none);
  record.pcap = command.pcap.string();
  auto capture = ladder::read_capture(command.pcap);
  try {
    const auto round_trip = ladder::round_trip_of(capture);
    const auto passages = ladder::passages_of(std::move(capture));
    record.ladders = ladder::ladders_of(passages, *round_trip);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", command.pcap.string(), error.what()));
  }
  return record;
}

void write_ladders(const LadderRecord& record, const LadderCommand& command) {
  const auto folder = make_output_folder(command.output, record.created_utc);
  const std::string text = ladder_text(record, command.text);
  write_output("-", text);
  write_output(folder / "ladder.txt", text);
  write_output(folder / "ladder.json", to_text(record));
  const std::string problem = command.charts ? draw_charts(folder / "ladder.json") : "";
  if (!problem.empty()) fmt::print(stderr, "wirelab: the drawings were not made: {}\n", problem);
  fmt::print(stderr, "wirelab: {}/ has ladder.json, ladder.txt{}\n", folder.string(),
             command.charts && problem.empty() ? " and drawings" : "");
}

}  // namespace

int draw_ladders(const LadderCommand& command) {
  write_ladders(record_of_capture(command), command);
  return kOk;
}

}  // namespace wirelab::lab
