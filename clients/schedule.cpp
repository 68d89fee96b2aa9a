#include "clients/schedule.hpp"

#include <cmath>

namespace wirelab::clients {
namespace {

net::Nanos from_seconds(double seconds) { return net::Nanos(static_cast<std::int64_t>(std::llround(seconds * 1e9))); }

/// Another stream of random numbers than the times'.
constexpr std::uint64_t kOfChannels = 0x9e3779b97f4a7c15;

net::Nanos at(const Recorded& recorded, double speed) {
  return from_seconds(std::chrono::duration<double>(recorded.at).count() / speed);
}

}  // namespace

Schedule::Schedule(const LoadPlan& plan)
    : plan_(plan), end_(plan.warm_up + window(plan)), random_(plan.seed), channel_random_(plan.seed ^ kOfChannels) {}

net::Nanos Schedule::window(const LoadPlan& plan) {
  const auto& replay = plan.publish.replay;
  if (replay.empty() || plan.duration > net::Nanos::zero()) return plan.duration;
  return at(replay.back(), plan.publish.speed) + std::chrono::milliseconds(1);  // the last one is in it
}

std::optional<Schedule::Due> Schedule::next() {
  const auto& publish = plan_.publish;
  if (publish.messages_max > 0 && count_ >= publish.messages_max) return std::nullopt;
  const auto offset = next_offset();
  if (!offset || *offset >= end_) return std::nullopt;
  const auto text = publish.replay.empty() ? std::string_view() : std::string_view(publish.replay[count_].text);
  const std::size_t channel = next_channel();
  ++count_;
  return Due{*offset, channel, text};
}

std::size_t Schedule::next_channel() {
  const bool drawn = plan_.publish.arrivals == Arrivals::poisson && plan_.publish.replay.empty();
  if (!drawn) return count_ % plan_.channels;
  return std::uniform_int_distribution<std::size_t>(0, plan_.channels - 1)(channel_random_);
}

std::optional<net::Nanos> Schedule::next_offset() {
  const auto& publish = plan_.publish;
  if (!publish.replay.empty()) {  // all of it is measured: it starts when the window does
    if (count_ >= publish.replay.size()) return std::nullopt;
    return plan_.warm_up + at(publish.replay[count_], publish.speed);
  }
  if (publish.rate_per_second <= 0) return std::nullopt;
  if (publish.arrivals == Arrivals::constant)  // multiplied, not added up: no drift
    return from_seconds(static_cast<double>(count_) / publish.rate_per_second);
  if (publish.arrivals == Arrivals::burst)
    return from_seconds(static_cast<double>(count_ - count_ % kBurstMessages) / publish.rate_per_second);
  poisson_s_ += std::exponential_distribution<double>(publish.rate_per_second)(random_);
  return from_seconds(poisson_s_);
}

}  // namespace wirelab::clients
