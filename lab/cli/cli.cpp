#include "lab/cli/cli.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/Config.hpp>
#include <CLI/Error.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "lab/cli/cli_help.hpp"
#include "lab/host/host_facts.hpp"
#include "lab/process/exit_code.hpp"

namespace wirelab::lab {
namespace {

/// A file of the options of one subcommand, whichever it is used with: `subscribers = 200`. What it names beside itself
/// (`replay`) is looked for beside itself, so that it may be used from any folder.
class ScenarioFile : public CLI::ConfigTOML {
 public:
  explicit ScenarioFile(const CLI::App& app) : app_(app) {}
  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    auto options = CLI::ConfigTOML::from_config(in);
    const auto folder = std::filesystem::path(app_.get_config_ptr()->as<std::string>()).parent_path();
    for (CLI::ConfigItem& option : options) {
      for (const CLI::App* subcommand : app_.get_subcommands())
        option.parents.insert(option.parents.begin(), subcommand->get_name());
      if (option.name == "replay")
        for (std::string& file : option.inputs) file = (folder / file).lexically_normal().string();
    }
    return options;
  }

 private:
  const CLI::App& app_;
};

/// Results go to standard output; what the floors below log does not.
void log_to_stderr() {
  const char* const no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  const auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(plain ? spdlog::color_mode::never
                                                                                : spdlog::color_mode::automatic);
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("wirelab", sink));
  spdlog::set_level(spdlog::level::warn);
}

int run(const std::vector<Subcommand>& subcommands) try {
  for (const Subcommand& subcommand : subcommands)
    if (subcommand.app->parsed()) return subcommand.run();
  fmt::print(stderr,
             "wirelab: a subcommand is missing: compare, sweep, capacity, run, serve, load, report, diff, predict, "
             "simulate, ladder, course or doctor. --help says more\n");
  return kBadArguments;
} catch (const std::invalid_argument& error) {
  fmt::print(stderr, "wirelab: {}\n", error.what());
  return kBadArguments;
} catch (const std::exception& error) {
  fmt::print(stderr, "wirelab: {}\n", error.what());
  return kFailed;
}

/// What was typed, as CLI11 wants it: from the end. `run FILE` is short for `run --config FILE`: an experiment's file
/// is one of options.
std::vector<std::string> typed(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.size() > 1 && words[0] == "run" && !words[1].starts_with('-')) words[1].insert(0, "--config=");
  std::reverse(words.begin(), words.end());
  return words;
}

}  // namespace

int run_cli(int argc, const char* const* argv) {
  log_to_stderr();
  CLI::App app("Polling, long polling, keep-alive or WebSocket: how soon each tells its clients, and at what cost.",
               "wirelab");
  app.option_defaults()->take_last();  // a flag typed twice is changed, not wrong: scripts add theirs in front
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version", fmt::format("wirelab {} ({})", versions().at("wirelab"), git_revision()));
  app.set_config("--config", "", "Read options from a TOML file: subscribers = 200")->type_name("FILE");
  app.config_formatter(std::make_shared<ScenarioFile>(app));
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.fallthrough();
  app.footer(
      "Start with:\n"
      "  wirelab compare                     measures all four in less than a minute\n"
      "  wirelab SUBCOMMAND --help");

  std::vector<std::string> command = {"wirelab"};
  command.insert(command.end(), argv + std::min(argc, 1), argv + argc);
  const std::vector<Subcommand> subcommands = {add_compare(app, command),
                                               add_sweep(app, command),
                                               add_capacity(app, command),
                                               add_run(app, command),
                                               add_serve(app),
                                               add_load(app, command),
                                               add_report(app),
                                               add_diff(app),
                                               add_doctor(app),
                                               add_predict(app),
                                               add_ladder(app, command),
                                               add_simulate(app),
                                               add_course(app)};
  try {
    app.parse(typed(argc, argv));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kBadArguments;
  }
  return run(subcommands);
}

}  // namespace wirelab::lab
