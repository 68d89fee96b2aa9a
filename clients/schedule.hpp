#pragma once
// When each message is due, from the start of publishing: fixed before the run and by nothing that happens in it (an
// open loop), so that a slow server cannot slow the question down. See coordinated omission, docs/02-measuring.md.
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
    std::string_view text;  ///< of a replay; empty otherwise
  };
  /// The next one, or nullopt when the window is over or the stream is at its end.
  std::optional<Due> next();

  /// How long the measured window is: as asked for, or as long as the replay.
  static net::Nanos window(const LoadPlan& plan);

 private:
  std::optional<net::Nanos> next_offset();

  const LoadPlan& plan_;
  net::Nanos end_;
  std::mt19937_64 random_;
  std::uint64_t count_ = 0;
  double poisson_s_ = 0;  ///< the last draw
};

}  // namespace wirelab::clients
