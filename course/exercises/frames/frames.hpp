#pragma once
// Exercise: WebSocket frames (RFC 6455 §5.2), as a server meets them. Write the bodies; check.cpp says whether they are
// right. Text frames only, each a whole message; what is not that is refused.
#include <cstdint>
#include <string>

/// The bytes of an unmasked text frame, as a server sends it.
inline std::string encode(const std::string& text) {
  (void)text;
  return {};
}

/// What became of the bytes at the beginning of a buffer.
struct Decoded {
  enum Outcome {
    frame,    ///< `text` is a message, and `used` bytes of the buffer belong to it
    partial,  ///< so far so good: more bytes have to come
    refused,  ///< no client may send this: not a whole text frame (0x81), not masked, or a length not in its shortest
              ///< form
  };
  Outcome outcome = refused;
  std::string text;
  std::size_t used = 0;
};

/// The first frame of what a client has sent so far. A length above 65,536 is refused without waiting for its bytes.
inline Decoded decode(const std::string& buffer) {
  (void)buffer;
  return {};
}
