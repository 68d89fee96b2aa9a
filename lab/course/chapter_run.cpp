#include "lab/course/chapter_run.hpp"

#include <fmt/format.h>

#include <map>
#include <sstream>
#include <stdexcept>

#include "lab/course/figure.hpp"
#include "lab/process/child.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/process/passing_folder.hpp"
#include "lab/text/document.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScriptPython = "/usr/bin/python3";

/// Commands that leave their JSON in a folder, and its name.
const std::map<std::string, std::string> kResultFiles = {
    {"run", "experiment.json"}, {"compare", "result.json"}, {"sweep", "sweep.json"}, {"ladder", "ladder.json"}};

std::vector<std::string> words_in(const std::string& command, const fs::path& folder) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word.starts_with("./") || word.starts_with("../") ? (folder / word).lexically_normal().string()
                                                                      : word);
  if (words.empty()) throw JsonError("an empty command");
  return words;
}

/// Its standard output. One that misses a gate, or is not valid, has measured all the same.
std::string output_of(const std::vector<std::string>& arguments, const std::string& command,
                      const ChapterRunner& runner) {
  const auto patience = std::chrono::ceil<std::chrono::milliseconds>(runner.give_up_after);
  Child child(arguments);
  const auto output = child.read_all(patience);
  const auto exit_code = output ? child.wait(patience) : std::nullopt;
  if (!exit_code)
    throw std::runtime_error(fmt::format("'{}' took longer than {} s; give it more: --give-up-after TIME", command,
                                         std::chrono::duration<double>(patience).count()));
  if (*exit_code != kOk && *exit_code != kGateMissed && *exit_code != kNotValid)
    throw std::runtime_error(fmt::format("'{}' ended with {}, and the message above", command, *exit_code));
  return *output;
}

Json parsed(const std::string& text, const std::string& command) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw JsonError("what it printed is not JSON").in("'" + command + "'");
  return json;
}

/// Of simulate and predict, which say the same every time.
Json printed_result(std::vector<std::string> arguments, const std::string& command, const ChapterRunner& runner,
                    bool shown) {
  if (shown) write_output("-", output_of(arguments, command, runner));
  arguments.push_back("--json");
  return parsed(output_of(arguments, command, runner), command);
}

Json filed_result(std::vector<std::string> arguments, const std::string& file, const std::string& command,
                  const ChapterRunner& runner, bool shown) {
  const PassingFolder folder("course");
  arguments.insert(arguments.end(), {"-o", folder.path(), "--no-charts"});
  const std::string text = output_of(arguments, command, runner);
  if (shown) write_output("-", text);
  return parsed(read_document(folder.path() / file), command);
}

Json result_of(const std::string& command, const ChapterRunner& runner, bool shown) {
  std::vector<std::string> words = words_in(command, runner.folder);
  if (shown) write_output("-", fmt::format("$ {}{}\n", words[0] == "script" ? "" : "wirelab ", command));
  if (words[0] == "script" && words.size() > 1) {
    words[0] = kScriptPython;
    words.insert(words.begin() + 2, runner.wirelab);
    return parsed(output_of(words, command, runner), command);
  }
  const auto file = kResultFiles.find(words[0]);
  const bool prints = words[0] == "simulate" || words[0] == "predict";
  words.insert(words.begin(), runner.wirelab);
  if (prints) return printed_result(words, command, runner, shown);
  if (file != kResultFiles.end()) return filed_result(words, file->second, command, runner, shown);
  throw JsonError("'" + command +
                  "' makes no JSON: use simulate, predict, run, compare, sweep, ladder or script FILE.py");
}

}  // namespace

std::string with_answer(const std::string& command, double answer) {
  const std::string mark = "{answer";
  std::string out = command;
  for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark)) {
    const auto end = out.find('}', at);
    if (end == std::string::npos) throw JsonError("'" + command + "': a { without its }");
    const std::string factor = out.substr(at + mark.size(), end - at - mark.size());
    if (!factor.empty() && factor[0] != '*')
      throw JsonError("'" + command + "': write {answer}, or {answer*2} for twice as much");
    const double times = factor.empty() ? 1 : figure_value(factor.substr(1), Json::array());
    out.replace(at, end + 1 - at, fmt::format("{:.9g}", answer * times));
  }
  return out;
}

Json chapter_results(const std::vector<std::string>& commands, const ChapterRunner& runner, bool shown) {
  Json results = Json::array();
  for (const std::string& command : commands) results.push_back(result_of(command, runner, shown));
  return results;
}

}  // namespace wirelab::lab
