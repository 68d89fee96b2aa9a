#include "lab/cli/cli_help.hpp"

#include <CLI/App.hpp>

namespace wirelab::lab {

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::string out = make_description(app) + make_usage(app, std::move(name)) + make_positionals(app);
  for (const std::string& group : app->get_groups()) {
    if (group.empty()) continue;  // hidden
    const auto options = app->get_options(
        [&](const CLI::Option* option) { return option->get_group() == group && option->nonpositional(); });
    if (!options.empty()) out += make_group(group, false, options);
  }
  // A subcommand takes its parent's --config as its own.
  const CLI::Option* const config = app->get_parent() != nullptr ? app->get_parent()->get_config_ptr() : nullptr;
  if (config != nullptr) out += make_option(config, false);
  return out + make_subcommands(app, mode) + make_footer(app);
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  std::string out = group + ":\n";
  for (const CLI::Option* option : options) out += make_option(option, is_positional);
  return out;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  return option->get_type_size() != 0 ? " " + option->get_type_name() : "";
}

}  // namespace wirelab::lab
