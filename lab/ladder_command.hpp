#pragma once
// `wirelab ladder`: who said what when between one subscriber and a server, packet by packet, drawn to scale.
#include <filesystem>
#include <string>
#include <vector>

#include "ladder/ladder_text.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

struct LadderCommand {
  std::vector<std::string> command;  ///< what was typed
  std::filesystem::path pcap;        ///< drawn from this capture
  std::filesystem::path output;      ///< folder; empty: results/<UTC time>
  ladder::TextOptions text;
  bool charts = true;
};

/// Prints the ladders as text, and leaves ladder.json, ladder.txt and drawings in the output folder. Throws
/// std::runtime_error when nothing can be drawn.
int draw_ladders(const LadderCommand& command);

}  // namespace wirelab::lab
