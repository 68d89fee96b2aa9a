#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/result/diff.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

struct DiffArguments {
  std::string before, after;
};

}  // namespace

Subcommand add_diff(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("diff", "What changed between two results beyond noise");
  const auto arguments = std::make_shared<DiffArguments>();
  app.add_option("BEFORE", arguments->before, "result.json of a compare or load")->required()->type_name("");
  app.add_option("AFTER", arguments->after, "Another one")->required()->type_name("");
  add_help_flag(app);
  app.footer(
      "A figure has changed when its intervals over the rounds do not overlap, a Welch test corrected\n"
      "for the number of figures says so at 5%, and the change is 3% at least. Take 5 rounds or more.\n"
      "Example:\n"
      "  wirelab diff results/monday/result.json results/tuesday/result.json");
  return {&app, [arguments] {
            write_output("-", diff_text(read_result(arguments->before), read_result(arguments->after)));
            return int{kOk};
          }};
}

}  // namespace wirelab::lab
