#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_comparison.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/capacity.hpp"

namespace wirelab::lab {
namespace {

struct CapacityArguments {
  ComparisonArguments each;
  CapacityCommand command;
};

/// "10%"
double parse_percent(std::string_view text) {
  const std::string_view number = text.ends_with('%') ? text.substr(0, text.size() - 1) : text;
  return parse_rate(number) / 100;
}

void add_search_flags(CLI::App& app, CapacityCommand& command) {
  const std::string group = "Search";
  app.add_option("--objective", command.objective, "What must hold, like 'p99<100ms'")
      ->required()
      ->type_name("GATE")
      ->group(group);
  add_parsed(app, "--of", "AXIS", command.axis, Parse<Axis>(parse_axis), "clients or rate [clients]")->group(group);
  app.add_option("--from", command.from, "Where to begin [20]")->type_name("N")->group(group);
  app.add_option("--to", command.to, "Where to end at the latest [10k]")->type_name("N")->group(group);
  add_parsed(app, "--resolution", "PERCENT", command.resolution, Parse<double>(parse_percent),
             "How narrow a gap to leave, 2% at least [10%]")
      ->group(group);
  add_count(app, "--agree", command.agree, "Runs at a value that must say the same before it is believed")
      ->group(group);
}

}  // namespace

Subcommand add_capacity(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app = *parent.add_subcommand("capacity", "How much each transport carries before it misses an objective");
  const auto arguments = std::make_shared<CapacityArguments>();
  arguments->each.command.command = command;
  add_search_flags(app, arguments->command);
  add_run_flags(app, arguments->each, "Search");
  add_load_flags(app, arguments->each.command.settings);
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab capacity --objective 'p99<100ms' --rate 5 --from 100\n"
      "  wirelab capacity --objective 'p50<10ms' --of rate --to 2k --transports long-poll,websocket");
  return {&app, [arguments] {
            CapacityCommand chosen = arguments->command;
            chosen.each = arguments->each.chosen();
            return capacity(chosen);
          }};
}

}  // namespace wirelab::lab
