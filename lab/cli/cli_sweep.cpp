#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_comparison.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/sweep.hpp"

namespace wirelab::lab {
namespace {

struct SweepArguments {
  ComparisonArguments each;
  Over over;
};

}  // namespace

Subcommand add_sweep(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app = *parent.add_subcommand("sweep", "Compare along one axis: curves instead of points");
  const auto arguments = std::make_shared<SweepArguments>();
  arguments->each.command.command = command;
  add_parsed(app, "--over", "AXIS=...", arguments->over, Parse<Over>(parse_over),
             "clients, rate, payload, poll-interval, rtt or loss, and its values")
      ->required()
      ->group("Comparison");
  add_comparison_flags(app, arguments->each);
  add_load_flags(app, arguments->each.command.settings);
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab sweep --over clients=1,10,100,1000 --rate 5\n"
      "  wirelab sweep --over payload=64..64KiB*4 --transports long-poll,websocket\n"
      "  wirelab sweep --over poll-interval=50ms,250ms,1s --transports short-poll,keep-alive");
  return {&app, [arguments] { return sweep({arguments->each.chosen(), arguments->over}); }};
}

}  // namespace wirelab::lab
