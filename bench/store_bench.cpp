// The message store: what publishing and reading cost before anything is sent.
#include <benchmark/benchmark.h>

#include <string>

#include "messages/store.hpp"

namespace {

using wirelab::messages::Limits;
using wirelab::messages::Store;

/// Appends to a channel that is full, so that each append evicts: the steady state. Argument: payload bytes.
void StoreAppend(benchmark::State& state) {
  Store store({}, 1);
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  for (std::size_t i = 0; i < Limits{}.kept_messages; ++i) store.append("bench", payload);
  for (auto _ : state) benchmark::DoNotOptimize(store.append("bench", payload));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(StoreAppend)->Arg(64)->Arg(128)->Arg(1024)->Arg(64 * 1024);

/// The same under an idempotency key each.
void StoreAppendWithKey(benchmark::State& state) {
  Store store({}, 1);
  const std::string payload(128, 'x');
  std::uint64_t key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(store.append("bench", payload, std::to_string(++key)));
}
BENCHMARK(StoreAppendWithKey);

/// Reads from a cursor so many messages behind; 0 is the empty poll.
void StoreAfter(benchmark::State& state) {
  Store store({}, 1);
  const std::string payload(128, 'x');
  for (int i = 0; i < 10'000; ++i) store.append("bench", payload);
  auto cursor = store.newest("bench");
  cursor.sequence -= static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(store.after("bench", cursor));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(StoreAfter)->Arg(0)->Arg(1)->Arg(16)->Arg(256);

}  // namespace
