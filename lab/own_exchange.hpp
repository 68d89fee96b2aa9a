#pragma once
// How long our own requests and answers are: one exchange, put together by the code that puts together real ones, and
// measured. Real ones differ from it by the digits of a cursor's number.
#include <cstdint>
#include <string>

#include "messages/header_set.hpp"
#include "messages/transport.hpp"
#include "model/delivery.hpp"

namespace wirelab::lab {

/// What a cursor is as long as in it.
inline constexpr int kUsualCursorBytes = 10;

struct OwnExchange {
  std::string channel = "bench";
  std::string hold_s = "25";
  std::uint64_t payload_bytes = 128;
  std::string authority = "127.0.0.1:40000";  ///< of the server's URL
  const messages::HeaderSet* headers = &messages::header_sets().front();
};

/// Fills in the situation's sizes: payload, envelope, headers.
void set_sizes(model::Situation& situation, messages::Transport transport, const OwnExchange& exchange);

}  // namespace wirelab::lab
