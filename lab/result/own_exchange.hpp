#pragma once
// How long our own requests and answers are: one exchange, put together by the code that puts together real ones, and
// measured. Real ones differ from it by a digit at most: of the epoch, and of the port.
#include <cstdint>
#include <string>

#include "messages/header_set.hpp"
#include "messages/transport.hpp"
#include "model/delivery.hpp"

namespace wirelab::lab {

struct OwnExchange {
  std::string channel = "bench";
  std::string hold_s = "25";
  std::uint64_t payload_bytes = 128;
  /// Messages published before the first one and after the last one that is looked at: a cursor has the number's
  /// digits.
  double published_first = 100, published_last = 999;
  std::string authority = "127.0.0.1:40000";  ///< as the request's Host names it
  const messages::HeaderSet* headers = &messages::header_sets().front();
};

/// Fills in the situation's sizes: payload, envelope, headers.
void set_sizes(model::Situation& situation, messages::Transport transport, const OwnExchange& exchange);

}  // namespace wirelab::lab
