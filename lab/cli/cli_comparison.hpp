#pragma once
// The flags that `compare`, `sweep` and `capacity` share.
#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "lab/run/compare.hpp"

namespace wirelab::lab {

struct ComparisonArguments {
  CompareCommand command;
  std::vector<std::string> transports;
  bool no_charts = false;

  /// As it is to be run. Throws std::invalid_argument that names what is no transport.
  CompareCommand chosen() const;
};

/// --transports, --output, --server-program and --no-charts: what every command that starts servers has.
void add_run_flags(CLI::App& app, ComparisonArguments& arguments, const std::string& group);

/// Those, --rounds and --expect.
void add_comparison_flags(CLI::App& app, ComparisonArguments& arguments);

}  // namespace wirelab::lab
