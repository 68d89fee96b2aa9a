// The envelope: encoded once for everyone at the same cursor, decoded by every client. Argument: messages of 128 bytes.
#include <benchmark/benchmark.h>

#include <string>

#include "messages/envelope.hpp"

namespace {

using namespace wirelab::messages;

Store filled(int count) {
  Store store({}, 1);
  for (int i = 0; i < count; ++i) store.append("bench", std::string(128, 'x'));
  return store;
}

void EnvelopeEncode(benchmark::State& state) {
  const Store store = filled(static_cast<int>(state.range(0)));
  const Slice slice = store.after("bench", {1, 0});
  std::string text;
  for (auto _ : state) {
    text.clear();
    encode(slice, text);
    benchmark::DoNotOptimize(text.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(EnvelopeEncode)->Arg(0)->Arg(1)->Arg(16)->Arg(256);

void EnvelopeDecode(benchmark::State& state) {
  const Store store = filled(static_cast<int>(state.range(0)));
  const std::string text = encode(store.after("bench", {1, 0}));
  for (auto _ : state) benchmark::DoNotOptimize(decode(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(EnvelopeDecode)->Arg(0)->Arg(1)->Arg(16)->Arg(256);

void LiteralEncode(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(encode_literal(payload));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(LiteralEncode)->Arg(128)->Arg(64 * 1024);

}  // namespace
