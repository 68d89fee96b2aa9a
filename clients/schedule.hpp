#pragma once
// When each message is due, from the start of publishing, and on which channel: fixed before the run and by nothing
// that happens in it (an open loop), so that a slow server cannot slow the question down. See coordinated omission,
// docs/02-measuring.md.
//
// Channels take their turns, but for a Poisson stream, of which each message's is drawn: then every channel gets a
// Poisson stream of its own, with its share of the rate, whatever the others get (thinning; W. Feller, "An Introduction
// to Probability Theory and Its Applications", vol. 1, ch. XII). Dealt in turn it would get gaps that are far more
// even.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "clients/generator.hpp"

namespace wirelab::clients {

class Schedule {
 public:
  /// `plan` must outlive it.
  explicit Schedule(const LoadPlan& plan);

  struct Due {
    net::Nanos offset;      ///< from the start of publishing
    std::size_t channel;    ///< by number
    std::string_view text;  ///< of a replay; empty otherwise
  };
  /// The next one, or nullopt when the window is over or the stream is at its end.
  std::optional<Due> next();

  /// How long the measured window is: as asked for, or as long as the replay.
  static net::Nanos window(const LoadPlan& plan);

 private:
  std::optional<net::Nanos> next_offset();
  std::size_t next_channel();

  const LoadPlan& plan_;
  net::Nanos end_;
  std::mt19937_64 random_;
  std::mt19937_64 channel_random_;  ///< by itself: the times do not depend on how many channels there are
  std::uint64_t count_ = 0;
  double poisson_s_ = 0;  ///< the last draw
};

}  // namespace wirelab::clients
