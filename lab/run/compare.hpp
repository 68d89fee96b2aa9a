#pragma once
// `wirelab compare`: every round runs every transport once, in a seeded random order. A run has a server process and a
// load generator process of its own, on different processors where there are two, so that a server's cost is that of
// one transport and no run inherits anything from the one before.
#include <filesystem>
#include <string>
#include <vector>

#include "lab/result/load_settings.hpp"
#include "lab/run/run_once.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

struct CompareCommand {
  LoadSettings settings;
  std::vector<messages::Transport> transports{messages::kTransports.begin(), messages::kTransports.end()};
  std::uint64_t rounds = 3;
  std::string server_program;    ///< Placement::server_program
  std::filesystem::path output;  ///< empty: results/<UTC timestamp>
  bool charts = true;
  bool baseline = true;              ///< measure publishing alone too
  std::vector<std::string> gates;    ///< --expect
  std::vector<std::string> command;  ///< as it was typed
};

/// Runs it, prints the table on standard output and leaves result.json, report.txt, report.csv, series.ndjson and
/// charts in the output folder, which it names on standard error; returns the exit code. Throws std::invalid_argument
/// for settings that cannot be run, std::runtime_error when a run failed.
int compare(CompareCommand command);

/// Where its runs go, and to whose server.
Placement placement_of(const CompareCommand& command);

/// What a result of it says was asked for. `settings`: its own, after complete().
Configuration describe(const CompareCommand& command, const LoadSettings& settings, const Placement& placement);

}  // namespace wirelab::lab
