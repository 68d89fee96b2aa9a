#pragma once
// The command line: `wirelab <subcommand> …`. Each subcommand is a file of its own, cli_<name>.cpp, that turns flags
// into a struct and gives it to the function that does the work.
#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

namespace wirelab::lab {

/// Parses and runs; returns the exit code. Nothing is thrown.
int run_cli(int argc, const char* const* argv);

struct Subcommand {
  CLI::App* app;
  std::function<int()> run;  ///< called if the subcommand was given
};

/// `command` is what was typed, for results to repeat.
Subcommand add_compare(CLI::App& parent, const std::vector<std::string>& command);
Subcommand add_sweep(CLI::App& parent, const std::vector<std::string>& command);
Subcommand add_capacity(CLI::App& parent, const std::vector<std::string>& command);
Subcommand add_run(CLI::App& parent, const std::vector<std::string>& command);
Subcommand add_serve(CLI::App& parent);
Subcommand add_load(CLI::App& parent, const std::vector<std::string>& command);
Subcommand add_report(CLI::App& parent);
Subcommand add_diff(CLI::App& parent);
Subcommand add_doctor(CLI::App& parent);
Subcommand add_predict(CLI::App& parent);
Subcommand add_ladder(CLI::App& parent, const std::vector<std::string>& command);
Subcommand add_simulate(CLI::App& parent);
Subcommand add_course(CLI::App& parent);

}  // namespace wirelab::lab
