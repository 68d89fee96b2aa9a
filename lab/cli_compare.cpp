#include <memory>

#include "lab/cli.hpp"
#include "lab/cli_options.hpp"
#include "lab/compare.hpp"

namespace wirelab::lab {
namespace {

struct CompareArguments {
  CompareCommand command;
  std::vector<std::string> transports;
  bool no_charts = false;
};

}  // namespace

Subcommand add_compare(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app =
      *parent.add_subcommand("compare", "Measure the transports against each other: one table, one file, charts");
  const auto arguments = std::make_shared<CompareArguments>();
  CompareCommand& compare_command = arguments->command;
  compare_command.command = command;

  const std::string group = "Comparison";
  app.add_option("--transports", arguments->transports, "Of " + list_transports() + " [all]")
      ->delimiter(',')
      ->type_name("A,B")
      ->group(group);
  add_count(app, "--rounds", compare_command.rounds, "Runs of each transport")->group(group);
  app.add_option("-o,--output", compare_command.output, "Folder for results [results/<UTC time>]")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--server-program", compare_command.server_program, "Measure this one; called as `wirelab serve` is")
      ->type_name("COMMAND")
      ->group(group);
  app.add_option("--expect", compare_command.gates, "Gate, like 'websocket.p99<5ms'; missed: exit code 3")
      ->type_name("GATE")
      ->group(group);
  app.add_flag("--no-charts", arguments->no_charts, "Only the table and the files")->group(group);
  add_load_flags(app, compare_command.settings);
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab compare\n"
      "  wirelab compare --subscribers 200 --rate 20 --payload 128 --poll-interval 250ms\n"
      "  wirelab compare --transports long-poll,websocket --replay chat.ndjson --speed 60 -o results/chat");
  return {&app, [arguments] {
            CompareCommand& chosen = arguments->command;
            chosen.charts = !arguments->no_charts;
            if (!arguments->transports.empty()) chosen.transports.clear();
            for (const std::string& name : arguments->transports) chosen.transports.push_back(parse_transport(name));
            return compare(chosen);
          }};
}

}  // namespace wirelab::lab
