#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "clients/replay.hpp"
#include "ladder/capture.hpp"
#include "ladder/stream_items.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace wirelab::fuzz {

void read_replay(std::string_view bytes) {
  constexpr std::size_t kMost = 1'000;
  std::istringstream in{std::string(bytes)};
  try {
    const auto stream = clients::read_replay(in, "fuzz", kMost);
    require(!stream.empty() && stream.size() <= kMost, "some messages, and not too many");
    for (std::size_t i = 1; i < stream.size(); ++i) require(stream[i].at >= stream[i - 1].at, "time goes on");
  } catch (const std::runtime_error& error) {
    require(std::string_view(error.what()).starts_with("fuzz:"), "an error names the file");
  }
}

void read_capture(std::string_view bytes) try {
  const auto capture = ladder::parse_capture(bytes, "fuzz");
  ladder::round_trip_of(capture);
  ladder::passages_of(capture);
} catch (const std::runtime_error& error) {
  require(*error.what() != '\0', "an error says what is wrong");
}

/// A line of its own, "--", is between what the client and what the server said.
void read_conversation(std::string_view bytes) {
  constexpr std::string_view kBetween = "\n--\n";
  const auto middle = bytes.find(kBetween);
  const auto client = bytes.substr(0, middle);
  const auto server = middle == bytes.npos ? std::string_view() : bytes.substr(middle + kBetween.size());
  const auto conversation = ladder::read_conversation(client, server);
  const auto check = [](const std::vector<ladder::Item>& items, std::string_view said) {
    std::size_t end = 0;
    for (const ladder::Item& item : items) {
      require(item.begin == end && item.end > item.begin && item.end <= said.size(), "items follow each other");
      end = item.end;
    }
    require(end == said.size(), "and leave nothing out");
  };
  check(conversation.from_client, client);
  check(conversation.from_server, server);
}

}  // namespace wirelab::fuzz
