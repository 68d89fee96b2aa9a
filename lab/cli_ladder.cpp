#include <fmt/format.h>

#include <memory>

#include "lab/cli.hpp"
#include "lab/cli_options.hpp"
#include "lab/ladder_command.hpp"

namespace wirelab::lab {

Subcommand add_ladder(CLI::App& parent, const std::vector<std::string>& command) {
  CLI::App& app = *parent.add_subcommand("ladder", "Draw who said what when, packet by packet and to scale");
  const auto ladder_command = std::make_shared<LadderCommand>();
  ladder_command->command = command;
  app.add_option("--pcap", ladder_command->pcap, "Draw what this .pcap file recorded")->required()->type_name("FILE");
  app.add_option("-o,--output", ladder_command->output, "Folder for the drawings [results/<UTC time>]")
      ->type_name("DIR");
  app.add_option("--columns", ladder_command->text.columns,
                 fmt::format("Of the text, {} to {} [{}]", ladder::kColumnsMin, ladder::kColumnsMax,
                             ladder_command->text.columns))
      ->check(CLI::Range(ladder::kColumnsMin, ladder::kColumnsMax))
      ->type_name("N");
  app.add_flag("--ascii", ladder_command->text.ascii, "Text without line-drawing characters");
  app.add_flag("!--no-charts", ladder_command->charts, "Only the text and ladder.json");
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab ladder --pcap long-poll.pcap      # of `tcpdump -i lo -w long-poll.pcap tcp port 9000`\n"
      "  wirelab ladder --pcap long-poll.pcap --ascii --columns 80 --no-charts");
  return {&app, [ladder_command] { return draw_ladders(*ladder_command); }};
}

}  // namespace wirelab::lab
