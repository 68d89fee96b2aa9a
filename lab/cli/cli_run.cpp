#include <CLI/App.hpp>
#include <CLI/Error.hpp>

#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_comparison.hpp"
#include "lab/cli/cli_help.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/experiment.hpp"
#include "lab/text/units.hpp"

namespace wirelab::lab {
namespace {

/// An experiment has every flag of a sweep, and a screen has no room for them again.
class RunHelp final : public HelpFormatter {
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    const bool told_elsewhere =
        group == "Subscribers" || group == "Messages" || group == "Asking" || group == "Distance";
    return told_elsewhere ? "" : HelpFormatter::make_group(std::move(group), is_positional, std::move(options));
  }
};

struct RunArguments {
  ComparisonArguments each;
  ExperimentCommand experiment;
  std::vector<std::string> vary;
};

/// "poll-timer=fixed-delay rtt=50ms": flags of `load`, without their dashes.
LoadSettings with_flags(LoadSettings settings, const std::string& flags) {
  CLI::App app;
  app.option_defaults()->take_last();
  add_load_flags(app, settings);
  std::istringstream in(flags);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.insert(words.begin(), "--" + word);  // CLI11 takes them from the end
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    throw std::invalid_argument("--vary '" + flags + "': " + error.what());
  }
  return settings;
}

ExperimentCommand chosen_experiment(const RunArguments& arguments) {
  ExperimentCommand experiment = arguments.experiment;
  experiment.each = arguments.each.chosen();
  for (const std::string& flags : arguments.vary)
    experiment.variants.push_back({flags, with_flags(experiment.each.settings, flags)});
  if (experiment.variants.empty()) experiment.variants.push_back({"", experiment.each.settings});
  return experiment;
}

void add_experiment_flags(CLI::App& app, RunArguments& arguments) {
  const std::string group = "Experiment";
  ExperimentCommand& experiment = arguments.experiment;
  app.add_option("--title", experiment.title, "Its name")->type_name("TEXT")->group(group);
  app.add_option("--question", experiment.question, "What it answers")->type_name("TEXT")->group(group);
  add_parsed(app, "--over", "AXIS=...", experiment.over, Parse<Over>(parse_over),
             "clients, rate, payload, poll-interval, rtt or loss, and its values")
      ->required()
      ->group(group);
  app.add_option("--figure", experiment.figure, "What is looked at, named as in --expect [mean]")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--against", experiment.against, "Look at how many times this transport's figure it is")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--vary", arguments.vary, "Measure under these flags, like 'rtt=50ms hold=5s'; repeatable")
      ->type_name("FLAGS")
      ->allow_extra_args(false)
      ->take_all()
      ->group(group);
  app.add_flag("--strip", experiment.strip, "Keep each message's age around the oldest, for a chart of its own")
      ->group(group);
  add_parsed(app, "--tolerance", "SHARE", experiment.tolerance_share, Parse<double>(parse_share),
             "How far from theory is near enough, at least 2 ms [5%]")
      ->group(group);
}

}  // namespace

Subcommand add_run(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app = *parent.add_subcommand(
      "run", "Run an experiment: `run FILE`, one of experiments/; one question, one chart, theory first");
  app.formatter(std::make_shared<RunHelp>());
  const auto arguments = std::make_shared<RunArguments>();
  arguments->each.command.command = command;
  add_experiment_flags(app, *arguments);
  add_run_flags(app, arguments->each, "Comparison");
  arguments->each.command.rounds = 1;
  add_count(app, "--rounds", arguments->each.command.rounds, "Runs of each point, for 95% intervals")
      ->group("Comparison");
  add_load_flags(app, arguments->each.command.settings);
  add_help_flag(app);
  app.footer(
      "What it is measured under: the flags of `wirelab sweep`. A flag wins over the file.\n"
      "Exit code 3: theory is missed.\n\n"
      "Examples:\n"
      "  wirelab run experiments/cliff.toml\n"
      "  wirelab run experiments/cliff.toml --rounds 5 --rate 4 --over rtt=50ms,200ms,230ms,270ms,370ms");
  return {&app, [arguments] { return run_experiment(chosen_experiment(*arguments)); }};
}

}  // namespace wirelab::lab
