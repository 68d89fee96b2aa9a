#pragma once
// A cursor names a place in a channel's log: everything up to it has been read. On the wire it is opaque text that a
// reader echoes ("k3f9-17"); here it is an epoch, drawn anew each time a server starts, and a sequence number within
// it.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wirelab::messages {

struct Cursor {
  std::uint32_t epoch = 0;     ///< which life of the server; never 0 for one that a store handed out
  std::uint64_t sequence = 0;  ///< the last message read; 0 = none yet

  friend auto operator<=>(const Cursor&, const Cursor&) = default;
};

/// "<epoch in base 36>-<sequence in decimal>": 3 to 28 characters.
std::string to_text(Cursor cursor);

/// The inverse; nullopt for anything to_text() would not have written, leading zeros and signs included.
std::optional<Cursor> parse_cursor(std::string_view text);

/// True for a name of 1 to `limit` characters out of A-Z a-z 0-9 . _ - that does not start with a dot: nothing that
/// a path, a log line or a shell could take for something else.
bool is_channel_name(std::string_view name, std::size_t limit);

}  // namespace wirelab::messages
