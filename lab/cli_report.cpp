#include <fmt/format.h>

#include <memory>

#include "lab/cli.hpp"
#include "lab/cli_options.hpp"
#include "lab/exit_code.hpp"
#include "lab/output.hpp"
#include "lab/report_csv.hpp"
#include "lab/report_text.hpp"

namespace wirelab::lab {
namespace {

struct ReportArguments {
  std::string file;
  std::string format = "text";
};

std::string render(const Result& result, const std::string& format) {
  if (format == "text") return report_text(result);
  if (format == "csv") return report_csv(result);
  if (format == "json") return to_text(result);
  throw std::invalid_argument(fmt::format("--format '{}': give text, csv or json", format));
}

}  // namespace

Subcommand add_report(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("report", "Print a result again, as text, CSV or JSON");
  const auto arguments = std::make_shared<ReportArguments>();
  app.add_option("RESULT", arguments->file, "result.json of a compare or load")->required()->type_name("");
  app.add_option("--format", arguments->format, "text, csv or json [text]")->type_name("NAME");
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab report results/2026-01-31T120000Z/result.json\n"
      "  wirelab report result.json --format csv > result.csv");
  return {&app, [arguments] {
            write_output("-", render(read_result(arguments->file), arguments->format));
            return int{kOk};
          }};
}

}  // namespace wirelab::lab
