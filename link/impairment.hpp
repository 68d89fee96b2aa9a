#pragma once
// What a link does to packets: the rules alone, with the time as an argument, so that they are tested to the
// nanosecond.
//
// A packet that enters is cut, picked by number, lost by chance, or finds the bottleneck's queue full; else it waits
// there for those before it, takes its bits' time on the line, and then the delay, which jitter varies. What becomes of
// it, and when it leaves, is settled at that moment, by seeded draws: a seed and the same packets make the same link.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "link/packet.hpp"

namespace wirelab::link {

/// Both directions alike, but for `drop_segments`.
struct Impairments {
  Nanos round_trip{};  ///< half of it in each direction
  Nanos jitter{};      ///< each packet's one-way delay is drawn from delay - jitter to delay + jitter, uniformly
  /// Whether jitter may let a packet overtake those before it. If not it leaves with the one before it, at the
  /// earliest: then delays are longer on average, by up to the jitter where packets follow each other closely.
  bool reorder = false;
  double loss = 0;                                         ///< the probability of each packet, whatever is in it
  std::optional<std::uint64_t> bandwidth_bits_per_second;  ///< of IP packets; none: unlimited
  std::uint64_t queue_bytes =
      64 * 1024;  ///< at the bottleneck, the packet on the line included; what is beyond is dropped
  /// The n-th segment with data on the way down, from 1, over all connections and repeats.
  std::vector<std::uint64_t> drop_segments;
  std::optional<Nanos> cut_at;  ///< after the first packet entered: from then on nothing leaves, in either direction
  std::uint64_t seed = 1;
};

/// A name for these limits' flags is in the message.
inline constexpr std::uint64_t kPacketBytesMax = 1500;            ///< the MTU, Ethernet's
inline constexpr Nanos kRoundTripMax = std::chrono::seconds(60);  ///< TCP gives up connecting before that
inline constexpr std::uint64_t kBandwidthMin = 1'000;             ///< bits/s: a full packet takes 12 s

/// Throws std::invalid_argument that names the flag and what would be right.
void check(const Impairments& impairments);

struct Decision {
  Fate fate;
  Nanos due;  ///< when it leaves; when it entered, if it does not
};

class Impairer {
 public:
  /// Precondition: check() finds nothing.
  explicit Impairer(const Impairments& impairments);

  /// Called for every packet, in order; `now` never goes back. `has_data`: a TCP segment with payload.
  Decision decide(Direction direction, Nanos now, std::size_t bytes, bool has_data);

 private:
  struct Waiting {
    Nanos sent;  ///< its last bit is on the line
    std::size_t bytes;
  };
  struct Way {
    std::mt19937_64 random;
    std::deque<Waiting> queue;
    std::uint64_t queue_bytes = 0, data_segments = 0;
    Nanos last_due{};
  };

  bool picked(Way& way, Direction direction, bool has_data) const;
  std::optional<Nanos> put_on_line(Way& way, Nanos now, std::size_t bytes) const;

  Impairments impairments_;
  std::array<Way, 2> ways_;
  std::optional<Nanos> first_;
};

}  // namespace wirelab::link
