#pragma once
// A ladder: one subscriber and one server as two lifelines, and every packet between them an arrow from when it was
// sent to when it arrived. Made from packets alone. Members are named as the keys of ladder.json
// (docs/ladder.schema.json); times are microseconds since the subscriber's first SYN was sent.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ladder/passage.hpp"
#include "messages/transport.hpp"

namespace wirelab::ladder {

/// Arrows of one ladder. With more, nobody reads it: record fewer messages.
inline constexpr std::size_t kArrows = 300;

struct Arrow {
  std::uint64_t connection = 1;  ///< counted from 1, in the order opened
  std::string from;              ///< "client" or "server"
  std::string kind;              ///< "syn", "ack", "data", "fin" or "rst": what it is mainly; data with a FIN is data
  double sent_us = 0;
  std::optional<double> arrives_us;  ///< null: lost on the way
  std::uint64_t payload_bytes = 0;   ///< above TCP
  std::uint64_t packet_bytes = 0;    ///< with the TCP and IP headers
  bool retransmission = false;       ///< all of it was sent before
  std::string text;                  ///< "SYN ACK"; "200 OK: message 1"; "close 1000, masked"
};

/// One message's way from the server to the subscriber, whatever it waited for.
struct Message {
  std::uint64_t number = 1;            ///< in the order published
  std::optional<double> published_us;  ///< the server had all of it, or it was due; null: not known
  std::optional<double> answered_us;   ///< the server sent the first byte of the answer or frame that has it
  std::optional<double> delivered_us;  ///< the subscriber had all of that; null: never in this record
};

/// Something whose theory is so many round trips, and what the server took besides.
struct Span {
  std::uint64_t connection = 1;
  std::string what;  ///< "connect", "first answer", "answer", "upgrade", or "message 1": from when it was published
  double from_us = 0, to_us = 0;
  double server_us = 0;    ///< of that, at the server: between question and answer, or published and sent
  double round_trips = 0;  ///< the rest, in round trips of the link
  double theory_round_trips = 0;
};

struct Ladder {
  std::string transport;      ///< "long-poll"
  double round_trip_us = 0;   ///< of the link, or of the shortest handshake
  std::vector<Arrow> arrows;  ///< in the order sent
  std::vector<Message> messages;
  std::vector<Span> spans;
  std::uint64_t connections_left_out = 0;  ///< the publisher's, and others that are not the subscriber's
};

/// When a message with this payload was published, for those whose publishing is not among the packets; the packets'
/// clock. Nullopt: not known.
using PublishedAt = std::function<std::optional<Nanos>(std::string_view payload)>;

/// One for each transport that somebody in the record subscribes with, in the order of messages::kTransports. Throws
/// std::runtime_error when there is none, or one is too long to be drawn.
std::vector<Ladder> ladders_of(const std::vector<Passage>& passages, Nanos round_trip,
                               const PublishedAt& published_at = {});

}  // namespace wirelab::ladder
