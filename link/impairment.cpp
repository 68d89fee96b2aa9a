#include "link/impairment.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace wirelab::link {
namespace {

/// In [0, 1). Not std::uniform_real_distribution, which is another one with another library.
double draw(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

}  // namespace

void check(const Impairments& impairments) {
  const auto& i = impairments;
  if (i.round_trip < Nanos::zero() || i.round_trip > kRoundTripMax) refuse("--rtt: give a time of 60s at most");
  if (i.jitter < Nanos::zero() || i.jitter > i.round_trip / 2)
    refuse("--jitter: give half of --rtt at most; it is what a delay of one way varies by, and none is below 0");
  if (i.reorder && i.jitter == Nanos::zero()) refuse("--reorder: without --jitter nothing overtakes anything");
  if (!(i.loss >= 0 && i.loss < 1)) refuse("--loss: give 0% or more and less than 100%");
  if (i.bandwidth_bits_per_second && *i.bandwidth_bits_per_second < kBandwidthMin)
    refuse("--bandwidth: give 1kbit at least");
  if (i.queue_bytes < kPacketBytesMax) refuse("--queue: give 1500 bytes at least; less has no room for a packet");
  if (std::count(i.drop_segments.begin(), i.drop_segments.end(), 0U) > 0)
    refuse("--drop-segment 0: the first one is 1");
  if (i.cut_at && *i.cut_at < Nanos::zero()) refuse("--cut-at: give a time of 0 or more");
}

Impairer::Impairer(const Impairments& impairments) : impairments_(impairments) {
  for (std::uint32_t way = 0; way < ways_.size(); ++way) {
    std::seed_seq seed{static_cast<std::uint32_t>(impairments.seed), static_cast<std::uint32_t>(impairments.seed >> 32),
                       way};
    ways_[way].random.seed(seed);
  }
}

Decision Impairer::decide(Direction direction, Nanos now, std::size_t bytes, bool has_data) {
  Way& way = ways_[static_cast<std::size_t>(direction)];
  if (!first_) first_ = now;
  // Always both, so that one setting's draws do not depend on another's.
  const double luck = draw(way.random), varied = 2 * draw(way.random) - 1;
  const Nanos never = Nanos::max(), cut = impairments_.cut_at ? *first_ + *impairments_.cut_at : never;
  const auto dropped = [&](Fate fate) { return Decision{fate, now}; };
  const bool by_number = picked(way, direction, has_data);
  if (now >= cut) return dropped(Fate::cut);
  if (by_number) return dropped(Fate::drop_segment);
  if (luck < impairments_.loss) return dropped(Fate::lost);
  const auto sent = put_on_line(way, now, bytes);
  if (!sent) return dropped(Fate::queue_full);
  const Nanos variation(static_cast<Nanos::rep>(static_cast<double>(impairments_.jitter.count()) * varied));
  Nanos due = *sent + impairments_.round_trip / 2 + variation;
  if (!impairments_.reorder) due = std::max(due, way.last_due);
  if (due >= cut) return dropped(Fate::cut);
  way.last_due = due;
  return {Fate::delivered, due};
}

bool Impairer::picked(Way& way, Direction direction, bool has_data) const {
  if (!has_data || direction != Direction::down) return false;
  ++way.data_segments;
  const auto& numbers = impairments_.drop_segments;
  return std::find(numbers.begin(), numbers.end(), way.data_segments) != numbers.end();
}

/// When its last bit is on the line; nullopt: the queue has no room for it.
std::optional<Nanos> Impairer::put_on_line(Way& way, Nanos now, std::size_t bytes) const {
  if (!impairments_.bandwidth_bits_per_second) return now;
  for (; !way.queue.empty() && way.queue.front().sent <= now; way.queue.pop_front())
    way.queue_bytes -= way.queue.front().bytes;
  if (way.queue_bytes + bytes > impairments_.queue_bytes) return std::nullopt;
  const Nanos begin = way.queue.empty() ? now : way.queue.back().sent;
  const Nanos sent = begin + Nanos(bytes * 8 * 1'000'000'000 / *impairments_.bandwidth_bits_per_second);
  way.queue.push_back({sent, bytes});
  way.queue_bytes += bytes;
  return sent;
}

}  // namespace wirelab::link
