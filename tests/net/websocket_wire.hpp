#pragma once
// The server's side of RFC 6455, for ScriptServer: as little as the tests need, written down independently of the
// library under test.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/net/script_server.hpp"

namespace wirelab::tests {

/// The answer to an upgrade request (§4.2.2).
std::string accept_upgrade(std::string_view request);

enum class Opcode : unsigned { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A frame as a server sends it: not masked, its length in as few bytes as possible (§5.2).
std::string frame(std::string_view payload, Opcode opcode = Opcode::text, bool final = true);
std::string close_frame(std::uint16_t code, std::string_view reason = "");

struct ReceivedFrame {
  Opcode opcode;
  bool final;
  bool masked;
  std::string payload;  ///< unmasked
  std::size_t bytes;    ///< on the wire
};
/// Takes one whole frame off the front of what was received.
std::optional<ReceivedFrame> take_frame(ScriptServer::Peer& peer);

}  // namespace wirelab::tests
