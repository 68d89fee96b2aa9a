#pragma once
// The flags that `compare` and `sweep` share.
#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "lab/compare.hpp"

namespace wirelab::lab {

struct ComparisonArguments {
  CompareCommand command;
  std::vector<std::string> transports;
  bool no_charts = false;

  /// As it is to be run. Throws std::invalid_argument that names what is no transport.
  CompareCommand chosen() const;
};

/// "Of short-poll, keep-alive, … [all]"
void add_transports_flag(CLI::App& app, std::vector<std::string>& transports, const std::string& group);

/// All of them given, or all that there are.
std::vector<messages::Transport> chosen_transports(const std::vector<std::string>& names);

void add_comparison_flags(CLI::App& app, ComparisonArguments& arguments);

}  // namespace wirelab::lab
