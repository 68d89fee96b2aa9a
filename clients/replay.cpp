#include "clients/replay.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace wirelab::clients {
namespace {

Recorded read_line(const std::string& line) {
  const auto json = nlohmann::json::parse(line);
  if (!json.is_object()) throw std::runtime_error("not a JSON object");
  const auto at_ms = json.find("at_ms"), text = json.find("text");
  if (at_ms == json.end() || !at_ms->is_number())
    throw std::runtime_error("\"at_ms\" must be a number of milliseconds");
  if (text == json.end() || !text->is_string()) throw std::runtime_error("\"text\" must be a string");
  const double ms = at_ms->get<double>();
  if (!(ms >= 0 && ms <= 1e12)) throw std::runtime_error("\"at_ms\" must not be negative, nor beyond 30 years");
  return {std::chrono::milliseconds(static_cast<std::int64_t>(ms)), text->get<std::string>()};
}

}  // namespace

std::vector<Recorded> read_replay(const std::string& path, std::size_t messages_max) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read; give an NDJSON file with at_ms and text");
  return read_replay(file, path, messages_max);
}

std::vector<Recorded> read_replay(std::istream& in, const std::string& name, std::size_t messages_max) {
  std::vector<Recorded> stream;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto wrong = [&](const std::string& why) {
      return std::runtime_error(name + ":" + std::to_string(number) + ": " + why);
    };
    try {
      stream.push_back(read_line(line));
    } catch (const std::exception& error) {
      throw wrong(error.what());
    }
    if (stream.size() > 1 && stream.back().at < stream[stream.size() - 2].at)
      throw wrong("\"at_ms\" goes back in time; sort the file by it");
    if (stream.size() > messages_max)
      throw wrong("more than " + std::to_string(messages_max) + " messages; replay it in parts");
  }
  if (stream.empty()) throw std::runtime_error(name + ": no message in it");
  return stream;
}

}  // namespace wirelab::clients
