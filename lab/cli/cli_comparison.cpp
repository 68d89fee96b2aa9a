#include "lab/cli/cli_comparison.hpp"

#include "lab/cli/cli_options.hpp"

namespace wirelab::lab {

CompareCommand ComparisonArguments::chosen() const {
  CompareCommand chosen = command;
  chosen.charts = !no_charts;
  if (!transports.empty()) chosen.transports.clear();
  for (const std::string& name : transports) chosen.transports.push_back(parse_transport(name));
  return chosen;
}

void add_run_flags(CLI::App& app, ComparisonArguments& arguments, const std::string& group) {
  app.add_option("--transports", arguments.transports, "Of " + list_transports() + " [all]")
      ->delimiter(',')
      ->type_name("A,B")
      ->group(group);
  app.add_option("-o,--output", arguments.command.output, "Folder for results [results/<UTC time>]")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--server-program", arguments.command.server_program, "Measure this one; called as `wirelab serve` is")
      ->type_name("COMMAND")
      ->group(group);
  app.add_flag("--no-charts", arguments.no_charts, "Only the table and the files")->group(group);
}

void add_comparison_flags(CLI::App& app, ComparisonArguments& arguments) {
  const std::string group = "Comparison";
  add_run_flags(app, arguments, group);
  add_count(app, "--rounds", arguments.command.rounds, "Runs of each transport")->group(group);
  app.add_option("--expect", arguments.command.gates, "Gate, like 'websocket.p99<5ms'; missed: exit code 3")
      ->type_name("GATE")
      ->group(group);
}

}  // namespace wirelab::lab
