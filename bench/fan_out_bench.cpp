// One message to N subscribers, as far as the backends go: store, roster, envelope; no sockets, no kernel. What is left
// of a delivery's cost when these are taken away is the library's and the kernel's. Argument: subscribers.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "servers/backend.hpp"
#include "servers/envelope_cache.hpp"
#include "sim/virtual_loop.hpp"

namespace {

using namespace wirelab;

/// Takes what it is given and throws it away.
class Sink final : public servers::Subscriber {
 public:
  Sink(messages::Cursor cursor, servers::EnvelopeCache& envelopes)
      : Subscriber("bench", cursor, std::chrono::seconds(25)), envelopes_(envelopes) {}
  bool ready() const override { return true; }
  std::size_t bytes = 0;

 private:
  void send(const messages::Slice& slice, net::Then) override { bytes += envelopes_.of(channel(), slice).size(); }
  servers::EnvelopeCache& envelopes_;
};

/// Per iteration: one message is published and every subscriber has it; those that must ask, have asked.
template <bool asks_again>
void fan_out(benchmark::State& state, servers::Backend& backend, messages::Store& store) {
  servers::EnvelopeCache envelopes;
  std::vector<std::unique_ptr<Sink>> sinks;
  for (int i = 0; i < state.range(0); ++i) sinks.push_back(std::make_unique<Sink>(store.newest("bench"), envelopes));
  if (!asks_again || backend.name() == "long-poll")
    for (const auto& sink : sinks) backend.on_ask(*sink);
  const std::string payload(128, 'x');
  for (auto _ : state) {
    store.append("bench", payload);
    backend.on_published("bench");
    if (asks_again)
      for (const auto& sink : sinks) backend.on_ask(*sink);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["time_per_delivery"] = benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                                                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  if (!asks_again || backend.name() == "long-poll")
    for (const auto& sink : sinks) backend.on_gone(*sink);
}

struct Parts {
  sim::VirtualLoop loop;
  messages::Store store{{}, 1};
};

void FanOutShortPoll(benchmark::State& state) {
  Parts parts;
  fan_out<true>(state, *servers::make_short_poll(parts.store), parts.store);
}
void FanOutKeepAlive(benchmark::State& state) {
  Parts parts;
  fan_out<true>(state, *servers::make_keep_alive(parts.store), parts.store);
}
void FanOutLongPoll(benchmark::State& state) {
  Parts parts;
  fan_out<true>(state, *servers::make_long_poll(parts.store, parts.loop), parts.store);
}
void FanOutWebSocket(benchmark::State& state) {
  Parts parts;
  fan_out<false>(state, *servers::make_websocket(parts.store), parts.store);
}
BENCHMARK(FanOutShortPoll)->Arg(1)->Arg(100)->Arg(5000);
BENCHMARK(FanOutKeepAlive)->Arg(1)->Arg(100)->Arg(5000);
BENCHMARK(FanOutLongPoll)->Arg(1)->Arg(100)->Arg(5000);
BENCHMARK(FanOutWebSocket)->Arg(1)->Arg(100)->Arg(5000);

}  // namespace
