#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/load.hpp"

namespace wirelab::lab {

namespace {

/// Of a server that is not ours.
void add_dialect_flags(CLI::App& app, LoadCommand& command) {
  const std::string group = "Subscribers";
  app.add_option("--dialect", command.dialect, "How the server is spoken to: wirelab, nchan, socket.io [wirelab]")
      ->type_name("NAME")
      ->group(group);
  const auto split = [&targets = command.targets](const std::string& text) {
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos)
      throw CLI::ValidationError("--targets", "'" + text + "': give two paths, with a comma between them");
    targets = {text.substr(0, comma), text.substr(comma + 1)};
  };
  app.add_option_function<std::string>("--targets", split,
                                       "Where nchan takes and gives them [/pub/{channel},/sub/{channel}]")
      ->type_name("PATH,PATH")
      ->group(group);
  app.add_option("--server-pid", command.settings.plan.server_pid, "Its process here: the kernel says what it costs")
      ->type_name("N")
      ->group(group);
}

}  // namespace

Subcommand add_load(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app =
      *parent.add_subcommand("load", "Measure one transport against a server that is running, or over a link");
  const auto load_command = std::make_shared<LoadCommand>();
  load_command->command = command;
  LoadSettings& settings = load_command->settings;
  settings.plan.url = "http://127.0.0.1:9000";

  add_parsed(app, "TRANSPORT", "", settings.plan.transport, Parse<messages::Transport>(parse_transport),
             list_transports())
      ->required();
  CLI::Option* const url = app.add_option("--url", settings.plan.url, "The server [" + settings.plan.url + "]");
  url->type_name("URL")->group("Subscribers");
  app.add_option("--tls-ca", settings.plan.tls_ca, "Of https: the authorities' certificates, PEM [the system's]")
      ->type_name("FILE")
      ->group("Subscribers");
  app.add_option("--token-file", load_command->token_file, "Send the token in this file")
      ->type_name("FILE")
      ->group("Subscribers");
  app.add_option("--publish-token-file", load_command->publish_token_file, "The publisher's, if it is another one")
      ->type_name("FILE")
      ->group("Messages");
  add_load_flags(app, settings);
  app.remove_option(app.get_option("--tls"));  // the URL says it
  add_dialect_flags(app, *load_command);
  app.add_option("--cpu", settings.cpu, "Run on this processor, and as many after it as threads")
      ->type_name("N")
      ->group("Other");
  // Of a load generator that a comparison over a link starts (clients::LoadPlan::publisher_namespace).
  app.add_option("--publisher-namespace", settings.plan.publisher_namespace)->group("");
  app.add_option("--json", load_command->json_file, "Write the result here; -: instead of the table")
      ->type_name("FILE")
      ->group("Other");
  app.add_option("--csv", load_command->csv_file, "The same as CSV")->type_name("FILE")->group("Other");
  app.add_option("--hgrm", load_command->hgrm_file, "The ages, for HdrHistogram's plotter")
      ->type_name("FILE")
      ->group("Other");
  app.add_option("--series", settings.series_file, "What happened when, as NDJSON: a line an interval")
      ->type_name("FILE")
      ->group("Other");
  add_series_step_flag(app, settings);
  app.add_option("--expect", load_command->gates, "Gate, like 'websocket.p99<5ms'; missed: exit code 3")
      ->type_name("GATE")
      ->group("Other");
  app.add_flag("!--no-doctor", load_command->doctor, "No look at the machine before (it takes 0.3 s)")->group("Other");
  app.add_flag("--quiet", load_command->quiet, "No progress bar")->group("Other");
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab load websocket --url https://10.0.0.2:9000 -c 1000 -R 50 -d 30s --json result.json\n"
      "  wirelab load long-poll --rtt 50ms --loss 1% --pcap long-poll.pcap");
  return {&app, [load_command, url] {
            load_command->url_given = url->count() > 0;
            return load(*load_command);
          }};
}

}  // namespace wirelab::lab
