#pragma once
// A chapter's commands, carried out: what they print, and what they find out as JSON. Each is a child process.
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

struct ChapterRunner {
  std::filesystem::path wirelab;  ///< the program
  std::filesystem::path folder;   ///< of the chapter: words that begin with ./ or ../ are files looked for from here
  std::chrono::nanoseconds give_up_after = std::chrono::minutes(2);  ///< of one command; a chapter's take a minute
};

/// "{answer}" as it was given, "{answer*0.92}" so many times as much. Throws JsonError for a factor that is no number.
std::string with_answer(const std::string& command, double answer);

/// What each command found out, as an array. With `shown` their texts go to standard output, after the command itself.
/// A command is one of wirelab's that makes JSON (simulate, predict, run, compare, sweep, ladder), or `script FILE.py`,
/// a program of the chapter's own that is given the path of wirelab and prints JSON. Throws std::runtime_error that
/// names the command where it fails, and JsonError where what it found cannot be read.
Json chapter_results(const std::vector<std::string>& commands, const ChapterRunner& runner, bool shown);

}  // namespace wirelab::lab
