#pragma once
// How long to wait before trying again: exponential with full jitter, so that a thousand clients cut off together do
// not come back together (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "net/loop.hpp"

namespace wirelab::clients {

class Backoff {
 public:
  static constexpr net::Nanos kFirst = std::chrono::milliseconds(50);
  static constexpr net::Nanos kLongest = std::chrono::seconds(2);

  explicit Backoff(std::uint64_t seed) : random_(seed) {}

  /// A draw from 0 to the present ceiling, which doubles each time; never less than the server asked for.
  net::Nanos next(std::optional<std::chrono::seconds> retry_after = {}) {
    const auto wait = net::Nanos(std::uniform_int_distribution<std::int64_t>(0, ceiling_.count())(random_));
    ceiling_ = std::min(ceiling_ * 2, kLongest);
    return retry_after ? std::max<net::Nanos>(wait, *retry_after) : wait;
  }
  void succeeded() { ceiling_ = kFirst; }

 private:
  std::mt19937_64 random_;
  net::Nanos ceiling_ = kFirst;
};

}  // namespace wirelab::clients
