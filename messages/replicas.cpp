#include "messages/replicas.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "messages/envelope.hpp"

namespace wirelab::messages {
namespace {

/// Slots are emptied, and threads that lag woken, whenever so large a part of a limit has been written since.
constexpr std::size_t kSweepsPerLimit = 8;

std::size_t between_1_and(std::size_t most, std::size_t count, const std::string& what) {
  if (count >= 1 && count <= most) return count;
  throw std::invalid_argument(what + " is " + std::to_string(count) + "; it must be between 1 and " +
                              std::to_string(most));
}

}  // namespace

Replicas::Replicas(const Limits& limits, std::uint32_t epoch, std::size_t count)
    : limit_bytes_(limits.thread_lag_bytes),
      slots_(between_1_and(kSlotsMax, limits.thread_lag_messages, "a thread's lag in messages (--max-thread-lag)")),
      original_(limits, epoch) {
  between_1_and(kThreads, count, "the number of threads (--threads)");
  for (std::size_t thread = 0; thread < count; ++thread)
    replicas_.push_back(std::make_unique<Replica>(*this, limits, epoch, thread));
}

Replicas::~Replicas() = default;

Store::Appended Replicas::publish(std::string_view channel, std::string_view payload, std::string_view key,
                                  std::size_t by) {
  auto encoded = encode_literal(payload);  // not with the lock: it is most of the work
  Literal literal = encoded ? std::make_shared<const std::string>(std::move(*encoded)) : nullptr;
  const auto appended = [&] {
    const std::lock_guard one_at_a_time(publishing_);
    return write(channel, std::move(literal), key);
  }();
  if (appended.outcome == Append::stored) wake(channel, by);
  return appended;
}

Store::Appended Replicas::write(std::string_view channel, Literal literal, std::string_view key) {
  if (const auto refused = original_.refusal(channel, key)) return *refused;
  if (!literal) return {Append::not_utf8, {}};
  if (!has_room(literal->size())) return {Append::too_far_behind, {}};

  const std::uint64_t number = written_.load(std::memory_order_relaxed);
  Slot& to = slots_[number % slots_.size()];
  to.channel.assign(channel);
  to.literal = literal;
  held_bytes_ += literal->size();
  const Cursor cursor = original_.append_literal(channel, std::move(literal), key);
  written_.store(number + 1);
  return {Append::stored, cursor};
}

bool Replicas::has_room(std::size_t bytes) {
  const auto held = [&] { return written_.load(std::memory_order_relaxed) - swept_; };
  const auto fits = [&] { return held() < slots_.size() && (held() == 0 || held_bytes_ + bytes <= limit_bytes_); };
  const bool due =
      held() >= slots_.size() / kSweepsPerLimit || held_bytes_ - swept_bytes_ >= limit_bytes_ / kSweepsPerLimit;
  if (due || !fits()) sweep();
  return fits();
}

void Replicas::sweep() {
  const std::uint64_t written = written_.load(std::memory_order_relaxed);
  std::uint64_t slowest = written;
  for (const auto& replica : replicas_) {
    const std::uint64_t taken = replica->taken_.load(std::memory_order_acquire);  // its reading of the slots is over
    slowest = std::min(slowest, taken);
    if (taken < written) replica->wake();
  }
  for (; swept_ < slowest; ++swept_) {
    Slot& taken_by_all = slots_[swept_ % slots_.size()];
    held_bytes_ -= taken_by_all.literal->size();
    taken_by_all.literal.reset();
  }
  swept_bytes_ = held_bytes_;
}

void Replicas::wake(std::string_view channel, std::size_t by) const {
  std::uint64_t threads = waiting_on_[word_of(channel)].load() & ~(std::uint64_t{1} << by);
  for (std::size_t thread = 0; threads != 0; ++thread, threads >>= 1)
    if ((threads & 1) != 0) replicas_[thread]->wake();
}

// -- one thread's ---------------------------------------------------------------------------------

Replica::Replica(Replicas& all, const Limits& limits, std::uint32_t epoch, std::size_t thread)
    : all_(all), thread_(thread), store_(limits, epoch) {}

Store::Appended Replica::publish(std::string_view channel, std::string_view payload, std::string_view idempotency_key) {
  return all_.publish(channel, payload, idempotency_key, thread_);
}

const std::vector<std::string>& Replica::catch_up() {
  grown_.clear();
  const std::uint64_t written = all_.written_.load();
  std::uint64_t taken = taken_.load(std::memory_order_relaxed);
  for (; taken < written; ++taken) {
    const auto& [channel, literal] = all_.slot(taken);
    store_.append_literal(channel, literal);
    if (grown_.empty() || grown_.back() != channel) grown_.push_back(channel);
  }
  std::sort(grown_.begin(), grown_.end());
  grown_.erase(std::unique(grown_.begin(), grown_.end()), grown_.end());
  if (taken_.load(std::memory_order_relaxed) != kLeft) taken_.store(taken, std::memory_order_release);
  return grown_;
}

/// Who finds that it is woken already has written before the thread looks (awake() comes first there).
void Replica::wake() {
  if (wake_ && !woken_.load() && !woken_.exchange(true)) wake_();
}

void Replica::somebody_waits(std::string_view channel) {
  const std::size_t word = Replicas::word_of(channel);
  if (waiting_[word]++ == 0) all_.waiting_on_[word].fetch_or(std::uint64_t{1} << thread_);
}

void Replica::nobody_waits(std::string_view channel) {
  const std::size_t word = Replicas::word_of(channel);
  if (--waiting_[word] == 0) all_.waiting_on_[word].fetch_and(~(std::uint64_t{1} << thread_));
}

void Replica::leave() { taken_.store(kLeft, std::memory_order_release); }

}  // namespace wirelab::messages
