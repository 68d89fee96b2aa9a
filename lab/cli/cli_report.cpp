#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/report/capacity_report.hpp"
#include "lab/report/experiment_report.hpp"
#include "lab/report/report_csv.hpp"
#include "lab/report/report_page.hpp"
#include "lab/report/report_text.hpp"
#include "lab/report/sweep_report.hpp"
#include "lab/result/capacity_result.hpp"
#include "lab/result/experiment_result.hpp"
#include "lab/result/ladder_record.hpp"
#include "lab/result/sweep_result.hpp"
#include "lab/text/document.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;

struct ReportArguments {
  std::string file;
  std::string format = "text";
};

std::string no_page() { throw std::invalid_argument("--format html: a page is made of a result.json"); }

/// The forms of one kind of file.
struct Forms {
  std::function<std::string()> text, csv, json, html = [] { return no_page(); };
};

std::string render(const Forms& forms, const std::string& format) {
  if (format == "text") return forms.text();
  if (format == "csv") return forms.csv();
  if (format == "json") return forms.json();
  if (format == "html") return forms.html();
  throw std::invalid_argument(fmt::format("--format '{}': give text, csv, json or html", format));
}

std::string report(const ReportArguments& arguments) {
  const std::string document = read_document(arguments.file);
  if (schema_of(document) == kSweepSchema) {
    const SweepResult sweep = in_file(arguments.file, [&] { return parse_sweep(document); });
    return render({[&] { return sweep_text(sweep); }, [&] { return sweep_csv(sweep); }, [&] { return to_text(sweep); }},
                  arguments.format);
  }
  if (schema_of(document) == kCapacitySchema) {
    const CapacityResult found = in_file(arguments.file, [&] { return parse_capacity(document); });
    return render(
        {[&] { return capacity_text(found); }, [&] { return capacity_csv(found); }, [&] { return to_text(found); }},
        arguments.format);
  }
  if (schema_of(document) == kLadderSchema) {
    const LadderRecord record = in_file(arguments.file, [&] { return parse_ladder_record(document); });
    const auto csv = []() -> std::string {
      throw std::invalid_argument("--format csv: a ladder is no table of figures");
    };
    return render({[&] { return ladder_text(record); }, csv, [&] { return to_text(record); }}, arguments.format);
  }
  if (schema_of(document) == kExperimentSchema) {
    const ExperimentResult seen = in_file(arguments.file, [&] { return parse_experiment(document); });
    return render(
        {[&] { return experiment_text(seen); }, [&] { return experiment_csv(seen); }, [&] { return to_text(seen); }},
        arguments.format);
  }
  const Result result = in_file(arguments.file, [&] { return parse_result(document); });
  const auto page = [&] { return report_page(result, charts_in(fs::path(arguments.file).parent_path(), result)); };
  return render(
      {[&] { return report_text(result); }, [&] { return report_csv(result); }, [&] { return to_text(result); }, page},
      arguments.format);
}

}  // namespace

Subcommand add_report(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("report", "Print a result again, as text, CSV, JSON or HTML");
  const auto arguments = std::make_shared<ReportArguments>();
  app.add_option("RESULT", arguments->file, "result.json, sweep.json, capacity.json, experiment.json or ladder.json")
      ->required()
      ->type_name("");
  app.add_option("--format", arguments->format, "text, csv, json or, with the charts beside it, html [text]")
      ->type_name("NAME");
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab report results/2026-01-31T120000Z/result.json\n"
      "  wirelab report result.json --format csv > result.csv\n"
      "  wirelab report result.json --format html > report.html");
  return {&app, [arguments] {
            write_output("-", report(*arguments));
            return int{kOk};
          }};
}

}  // namespace wirelab::lab
