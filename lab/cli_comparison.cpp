#include "lab/cli_comparison.hpp"

#include "lab/cli_options.hpp"

namespace wirelab::lab {

CompareCommand ComparisonArguments::chosen() const {
  CompareCommand chosen = command;
  chosen.charts = !no_charts;
  chosen.transports = chosen_transports(transports);
  return chosen;
}

void add_transports_flag(CLI::App& app, std::vector<std::string>& transports, const std::string& group) {
  app.add_option("--transports", transports, "Of " + list_transports() + " [all]")
      ->delimiter(',')
      ->type_name("A,B")
      ->group(group);
}

std::vector<messages::Transport> chosen_transports(const std::vector<std::string>& names) {
  if (names.empty()) return {messages::kTransports.begin(), messages::kTransports.end()};
  std::vector<messages::Transport> transports;
  for (const std::string& name : names) transports.push_back(parse_transport(name));
  return transports;
}

void add_comparison_flags(CLI::App& app, ComparisonArguments& arguments) {
  const std::string group = "Comparison";
  CompareCommand& command = arguments.command;
  add_transports_flag(app, arguments.transports, group);
  add_count(app, "--rounds", command.rounds, "Runs of each transport")->group(group);
  app.add_option("-o,--output", command.output, "Folder for results [results/<UTC time>]")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--server-program", command.server_program, "Measure this one; called as `wirelab serve` is")
      ->type_name("COMMAND")
      ->group(group);
  app.add_option("--expect", command.gates, "Gate, like 'websocket.p99<5ms'; missed: exit code 3")
      ->type_name("GATE")
      ->group(group);
  app.add_flag("--no-charts", arguments.no_charts, "Only the table and the files")->group(group);
}

}  // namespace wirelab::lab
