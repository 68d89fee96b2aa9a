#include <string>

#include "messages/cursor.hpp"
#include "messages/envelope.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace wirelab::fuzz {

void read_envelope(std::string_view bytes) {
  std::string error;
  const auto envelope = messages::decode(bytes, &error);
  require(envelope.has_value() == error.empty(), "an envelope, or why it is none");

  const messages::Limits limits;
  messages::Store store(limits, 1);
  const bool stored = store.append("fuzz", bytes).outcome == messages::Append::stored;
  require(stored == messages::encode_literal(bytes).has_value(), "what is UTF-8 is stored, and nothing else");
  if (!stored) return;
  const auto slice = store.after("fuzz", store.earliest("fuzz"));
  const std::string text = messages::encode(slice);
  require(text.size() == messages::encoded_bytes(slice), "an envelope is as long as foretold");
  const auto again = messages::decode(text);
  require(again && again->messages.size() == 1 && again->messages.front() == bytes, "a payload arrives as it was");
}

void read_cursor(std::string_view bytes) {
  const auto cursor = messages::parse_cursor(bytes);
  if (cursor) require(messages::to_text(*cursor) == bytes, "a cursor has one spelling");
  constexpr std::size_t kLimit = 64;
  if (!messages::is_channel_name(bytes, kLimit)) return;
  require(!bytes.empty() && bytes.size() <= kLimit && bytes.front() != '.', "a channel's name is no path");
  require(bytes.find_first_of(std::string_view("/\\%\0\r\n", 6)) == bytes.npos, "nor anything but a name");
}

}  // namespace wirelab::fuzz
