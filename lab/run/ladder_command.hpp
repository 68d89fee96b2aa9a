#pragma once
// `wirelab ladder`: who said what when between one subscriber and a server, packet by packet, drawn to scale: of a run
// over an emulated link, or of a capture.
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "lab/result/load_settings.hpp"
#include "ladder/ladder_text.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

struct LadderCommand {
  std::vector<std::string> command;  ///< what was typed
  std::vector<messages::Transport> transports;
  LoadSettings settings;              ///< of which the link, the polling, the headers and the seed count
  std::chrono::milliseconds gap{20};  ///< between the two messages
  std::filesystem::path capture;      ///< empty: run; else that is drawn
  std::filesystem::path output;       ///< folder; empty: results/<UTC time>
  ladder::TextOptions text;
  bool charts = true;
};

/// Prints the ladders as text, and leaves ladder.json, ladder.txt and drawings in the output folder. Returns the exit
/// code: kNotValid if the link was late. Throws std::invalid_argument for settings that cannot be run,
/// link::MissingRights without the right to make a link, std::runtime_error when nothing can be drawn.
int ladder(LadderCommand command);

}  // namespace wirelab::lab
