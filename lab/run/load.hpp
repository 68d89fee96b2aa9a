#pragma once
// `wirelab load`: one run of one transport against a server that somebody started; with an emulated link, against one
// of its own, since nobody can have started one at the other end of a link that is made for the run.
#include <string>
#include <vector>

#include "lab/result/load_settings.hpp"

namespace wirelab::lab {

struct LoadCommand {
  LoadSettings settings;
  bool url_given = false;  ///< --url, which no link leads to
  /// Empty: none is sent. The publisher sends the first, too, unless it has one of its own.
  std::string token_file, publish_token_file;
  std::string dialect = "wirelab";             ///< of the server
  clients::Targets targets;                    ///< of a foreign one's
  std::string json_file, csv_file, hgrm_file;  ///< empty: not wanted; "-": standard output, instead of the table
  bool doctor = true;                          ///< false: no look at the machine before, and none on record
  bool quiet = false;                          ///< no progress bar, no words about the verdict
  std::vector<std::string> gates;              ///< --expect
  std::vector<std::string> command;            ///< as it was typed
};

/// Runs it and writes what it measured; returns the exit code. Throws std::invalid_argument for settings that cannot be
/// run, std::runtime_error when the run failed.
int load(LoadCommand command);

}  // namespace wirelab::lab
