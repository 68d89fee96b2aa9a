#pragma once
// What reads text that somebody else wrote, each as a function of any bytes: it must end, soon, with a value or with
// the error that its header promises, and what it accepts must survive being written and read again. libFuzzer looks
// for bytes for which that is not so (preset `fuzz`, scripts/fuzz); corpus_test.cpp gives them all of
// tests/fuzz/corpus/.
//
// A target returns, or throws std::logic_error where a promise is broken.
#include <array>
#include <string_view>

namespace wirelab::fuzz {

void read_envelope(std::string_view bytes);      ///< messages::decode(), and what a store makes of a payload
void read_cursor(std::string_view bytes);        ///< messages::parse_cursor(), is_channel_name()
void read_target(std::string_view bytes);        ///< servers::parse_route(): path, query, what is in them
void read_url(std::string_view bytes);           ///< net::parse_url()
void read_request(std::string_view bytes);       ///< net::parse_head(): the header section of a request
void read_chunks(std::string_view bytes);        ///< net::ChunkedBody
void read_scenario(std::string_view bytes);      ///< a TOML file of `load`'s options, down to the numbers in it
void read_replay(std::string_view bytes);        ///< NDJSON of messages to publish again
void read_result(std::string_view bytes);        ///< all that `report` reads, by its schema
void read_quantity(std::string_view bytes);      ///< 10k, 250ms, 64KiB, 1%, and gates: websocket.p99<5ms
void read_capture(std::string_view bytes);       ///< .pcap
void read_conversation(std::string_view bytes);  ///< HTTP and WebSocket out of a captured connection

struct Target {
  std::string_view name;  ///< its folder in the corpus
  void (*run)(std::string_view bytes);
};

inline constexpr std::array kTargets = {
    Target{"envelope", read_envelope}, Target{"cursor", read_cursor},
    Target{"target", read_target},     Target{"url", read_url},
    Target{"scenario", read_scenario}, Target{"replay", read_replay},
    Target{"result", read_result},     Target{"quantity", read_quantity},
    Target{"capture", read_capture},   Target{"conversation", read_conversation},
    Target{"request", read_request},   Target{"chunks", read_chunks},
};

}  // namespace wirelab::fuzz
