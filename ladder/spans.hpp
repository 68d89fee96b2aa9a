#pragma once
// What took how long on a ladder, next to what theory says of it in round trips (docs/08-ladder.md): connecting takes
// one, the first answer on a new connection two, on a kept one one, and news half of one once the server sends it.
#include <cstdint>
#include <functional>
#include <vector>

#include "ladder/connection.hpp"
#include "ladder/ladder.hpp"

namespace wirelab::ladder {

/// Turns a moment into the ladder's microseconds.
using ToMicros = std::function<double(Nanos)>;

/// Of one connection: its handshake, and each of its answers.
void add_spans(const Connection& connection, std::uint64_t number, const ToMicros& to_us, Ladder& ladder);

/// Of messages that were published and delivered.
void add_message_spans(Ladder& ladder);

}  // namespace wirelab::ladder
