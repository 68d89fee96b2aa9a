#include <fmt/format.h>

#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/report/report_doctor.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

Diagnosis diagnose() {
  Diagnosis diagnosis;
  diagnosis.created_utc = utc_now();
  diagnosis.host = read_host_facts();
  diagnosis.versions = versions();
  diagnosis.git_revision = git_revision();
  diagnosis.doctor = full_check();
  diagnosis.findings = findings(diagnosis.host, diagnosis.doctor);
  diagnosis.conclusion = conclusion(diagnosis.findings);
  return diagnosis;
}

/// Fails where nothing can be measured: every figure of wirelab's needs a connection.
int doctor(const std::string& json_file) {
  fmt::print(stderr, "wirelab: measuring for about 4 s\n");
  const Diagnosis diagnosis = diagnose();
  if (!json_file.empty()) write_output(json_file, to_text(diagnosis));
  if (json_file != "-") write_output("-", report_text(diagnosis));
  return diagnosis.doctor.echo ? kOk : kFailed;
}

}  // namespace

Subcommand add_doctor(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("doctor", "Is this machine fit to measure, and how finely?");
  const auto json_file = std::make_shared<std::string>();
  app.add_option("--json", *json_file, "Write the findings here; -: instead of the page")->type_name("FILE");
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab doctor\n"
      "  wirelab doctor --json doctor.json");
  return {&app, [json_file] { return doctor(*json_file); }};
}

}  // namespace wirelab::lab
