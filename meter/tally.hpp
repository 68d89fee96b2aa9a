#pragma once
// What one run's subscribers saw, as plain counters: one Tally per thread, added up at the end. Each says what it
// counts. "Measured" messages are those whose due time lies in the measured phase; "in the window" is what happened
// during it.
#include <cstdint>
#include <map>
#include <string>

namespace wirelab::meter {

/// Bytes above TCP in one direction, as parsed. The five parts are apart from each other and sum to total().
struct ApplicationBytes {
  std::uint64_t payload = 0;            ///< of the messages, as published
  std::uint64_t envelope = 0;           ///< bodies and frame payloads, less the messages' own bytes
  std::uint64_t http_headers = 0;       ///< request or status lines, fields, blank lines (RFC 9112 §2.1)
  std::uint64_t websocket_framing = 0;  ///< headers of data frames (RFC 6455 §5.2)
  std::uint64_t handshakes = 0;         ///< WebSocket upgrades (RFC 6455 §4)
  std::uint64_t empty_answers = 0;      ///< a part of the five: exchanges that brought no message

  std::uint64_t total() const { return payload + envelope + http_headers + websocket_framing + handshakes; }
  ApplicationBytes& operator+=(const ApplicationBytes& other);
};

struct Tally {
  // -- measured messages, over all subscribers ---------------------------------------------------------------
  std::uint64_t delivered = 0;     ///< first copies; a subset of what was expected
  std::uint64_t duplicated = 0;    ///< further copies of a message this subscriber had already
  std::uint64_t out_of_order = 0;  ///< first copies that came after a later message of the same publisher
  std::uint64_t gaps = 0;          ///< envelopes that announced one, at any time in the run
  std::uint64_t foreign = 0;       ///< messages without our stamp, or of another run

  // -- in the window -----------------------------------------------------------------------------------------
  std::uint64_t window_delivered =
      0;                       ///< messages that arrived in it, whenever they were due: bytes and CPU are per these
  std::uint64_t requests = 0;  ///< HTTP exchanges that ended in an envelope
  std::uint64_t empty_answers = 0;  ///< of those, envelopes without messages
  std::uint64_t frames = 0;         ///< WebSocket text frames received
  std::uint64_t upgrades = 0;       ///< WebSockets opened
  std::uint64_t connections = 0;    ///< TCP connections opened by subscribers
  std::uint64_t failures = 0;       ///< exchanges or sockets that failed; the client backed off and resumed
  std::map<std::string, std::uint64_t> failure_reasons;  ///< over the whole run

  /// Of the window's exchanges, publishing not included; from the subscribers' side.
  ApplicationBytes out, in;
  /// Beside these, what TLS added meanwhile: handshakes, and all of its records but the text in them.
  std::uint64_t tls_bytes_out = 0, tls_bytes_in = 0;

  Tally& operator+=(const Tally& other);
};

}  // namespace wirelab::meter
