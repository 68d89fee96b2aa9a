#pragma once
// `--help` that fits a screen: one line an option, no blank lines.
#include <CLI/Formatter.hpp>
#include <string>
#include <vector>

namespace wirelab::lab {

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(30); }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_group(std::string group, bool is_positional, std::vector<const CLI::Option*> options) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
};

}  // namespace wirelab::lab
