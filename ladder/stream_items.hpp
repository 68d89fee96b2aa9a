#pragma once
// What the bytes of a connection say, one direction at a time: HTTP/1.1 messages (RFC 9112) and, after an upgrade, the
// frames of a WebSocket (RFC 6455, section 5.2). Pure functions of the bytes; when these were under way is not known
// here.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wirelab::ladder {

enum class ItemKind { request, response, frame };

struct Item {
  std::size_t begin = 0, end = 0;  ///< in the stream
  ItemKind kind = ItemKind::request;
  std::string name;                   ///< "GET /long-poll/news?after=k3f9-17", "200 OK", "close 1000, masked"
  bool is_envelope = false;           ///< it has one of our envelopes (docs/01-wire-format.md), perhaps an empty one
  std::vector<std::string> messages;  ///< of the envelope; or the one that a POST publishes
};

struct Conversation {
  std::vector<Item> from_client, from_server;  ///< in order, nothing left out; the last may be cut short
};

/// `client` and `server` are all that each said, from the connection's first byte. What is no HTTP is one item that
/// says so.
Conversation read_conversation(std::string_view client, std::string_view server);

}  // namespace wirelab::ladder
