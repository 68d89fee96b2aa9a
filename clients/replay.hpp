#pragma once
// A recorded stream to publish again: NDJSON, one object a line with `at_ms` (since the first message, ascending) and
// `text` (UTF-8). Other keys are ignored.
#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

namespace wirelab::clients {

struct Recorded {
  std::chrono::milliseconds at;
  std::string text;
};

inline constexpr std::size_t kReplayMessages = 1'000'000;  ///< a longer file is refused: it is read into memory

/// Throws std::runtime_error that names file, line and what is wrong with it.
std::vector<Recorded> read_replay(const std::string& path, std::size_t messages_max = kReplayMessages);
/// The same of a stream; `name` is what errors call it.
std::vector<Recorded> read_replay(std::istream& in, const std::string& name, std::size_t messages_max);

}  // namespace wirelab::clients
