#include <memory>
#include <utility>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_comparison.hpp"
#include "lab/cli/cli_options.hpp"

namespace wirelab::lab {
namespace {

struct CompareArguments : ComparisonArguments {
  bool no_baseline = false;
};

}  // namespace

Subcommand add_compare(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app =
      *parent.add_subcommand("compare", "Measure the transports against each other: one table, one file, charts");
  const auto arguments = std::make_shared<CompareArguments>();
  arguments->command.command = command;
  add_comparison_flags(app, *arguments);
  app.add_flag("--no-baseline", arguments->no_baseline, "Without the last run, which measures publishing alone")
      ->group("Comparison");
  add_load_flags(app, arguments->command.settings);
  add_series_step_flag(app, arguments->command.settings);
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab compare\n"
      "  wirelab compare --subscribers 200 --rate 20 --payload 128 --poll-interval 250ms\n"
      "  wirelab compare --transports long-poll,websocket --replay chat.ndjson --speed 60 -o results/chat");
  return {&app, [arguments] {
            CompareCommand chosen = arguments->chosen();
            chosen.baseline = !arguments->no_baseline;
            return compare(std::move(chosen));
          }};
}

}  // namespace wirelab::lab
