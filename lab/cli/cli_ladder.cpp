#include <fmt/format.h>

#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_link.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/ladder_command.hpp"

namespace wirelab::lab {
namespace {

/// With it, at a round trip of 50 ms, a poll comes back empty and the next finds both messages.
constexpr std::uint64_t kLadderSeed = 6;

std::vector<messages::Transport> parse_ladder_transports(std::string_view text) {
  if (text == "all") return {messages::kTransports.begin(), messages::kTransports.end()};
  return {parse_transport(text)};
}

std::size_t parse_columns(std::string_view text) {
  const std::uint64_t columns = parse_count(text);
  if (columns < ladder::kColumnsMin || columns > ladder::kColumnsMax)
    throw std::invalid_argument(
        fmt::format("{} columns: give {} to {}", text, ladder::kColumnsMin, ladder::kColumnsMax));
  return columns;
}

void add_drawing_flags(CLI::App& app, LadderCommand& command) {
  const std::string group = "Drawing";
  app.add_option("--from", command.capture, "Draw what this .pcap file recorded, and run nothing")
      ->type_name("FILE")
      ->group(group)
      ->excludes(app.get_option("--rtt"));
  app.add_option("-o,--output", command.output, "Folder for it [results/<UTC time>]")->type_name("DIR")->group(group);
  add_parsed(app, "--columns", "N", command.text.columns, Parse<std::size_t>(parse_columns),
             fmt::format("Of the text [{}]", command.text.columns))
      ->group(group);
  app.add_flag("--ascii", command.text.ascii, "Text without line-drawing characters")->group(group);
  app.add_flag("!--no-charts", command.charts, "Only the text and ladder.json")->group(group);
}

void add_run_flags(CLI::App& app, LadderCommand& command) {
  const std::string group = "Run";
  clients::LoadPlan& plan = command.settings.plan;
  add_duration(app, "--gap", command.gap, "Between the two messages")->group(group);
  add_duration(app, "--poll-interval", plan.client.poll_interval, "Between two polls")->group(group);
  add_parsed(app, "--seed", "N", plan.seed, Parse<std::uint64_t>(parse_count),
             fmt::format("Of when the polls begin, of jitter and loss [{}]", plan.seed))
      ->group(group);
  add_headers_flag(app, command.settings.headers);
}

}  // namespace

Subcommand add_ladder(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app = *parent.add_subcommand("ladder", "Draw who said what when, packet by packet and to scale");
  const auto arguments = std::make_shared<LadderCommand>();
  arguments->command = command;
  arguments->transports = parse_ladder_transports("all");
  arguments->settings.plan.client.poll_interval = std::chrono::milliseconds(200);
  arguments->settings.plan.seed = kLadderSeed;
  add_parsed(app, "TRANSPORT", "", arguments->transports,
             Parse<std::vector<messages::Transport>>(parse_ladder_transports), list_transports() + " or all [all]");
  add_run_flags(app, *arguments);
  add_link_flags(app, arguments->settings.link);
  add_drawing_flags(app, *arguments);
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab ladder all --rtt 50ms\n"
      "  wirelab ladder websocket --rtt 50ms --drop-segment 3      # what one lost packet holds up\n"
      "  wirelab ladder --from long-poll.pcap      # of `tcpdump -i lo -w long-poll.pcap tcp port 9000`");
  return {&app, [arguments] {
            if (arguments->capture.empty() && !arguments->settings.link.on())
              throw std::invalid_argument(
                  "--rtt is missing: give a round trip, like --rtt 50ms, or a capture: --from FILE");
            return ladder(*arguments);
          }};
}

}  // namespace wirelab::lab
