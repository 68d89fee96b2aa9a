#pragma once
// The envelope: the one JSON shape that carries messages on every transport (docs/01-wire-format.md).
//   {"cursor":"k3f9-17","messages":["…","…"]}        plus  "gap":true  when something before the first one is gone
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/store.hpp"

namespace wirelab::messages {

/// Bytes of encode(slice), without building it.
std::size_t encoded_bytes(const Slice& slice);

/// Appends the envelope for this slice to `out`.
void encode(const Slice& slice, std::string& out);
std::string encode(const Slice& slice);

/// The JSON string literal of a payload, quotes included; nullopt when it is not UTF-8.
std::optional<std::string> encode_literal(std::string_view payload);

/// What a client reads out of an envelope.
struct Envelope {
  std::string cursor;  ///< opaque: echo it
  std::vector<std::string> messages;
  bool gap = false;
};

/// Any other keys are ignored, so that a server may add some. Nullopt, and the reason in `error`, for anything else
/// than an object with a string "cursor" and an array of strings "messages".
std::optional<Envelope> decode(std::string_view text, std::string* error = nullptr);

}  // namespace wirelab::messages
