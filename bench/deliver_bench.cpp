// One message, end to end, over loopback TCP: server, subscriber and publisher on one event loop in this process, so
// the CPU counted is everyone's. Per iteration a message is published on the server's side and the subscriber has it.
// Polling clients ask all the time here: it is the cost of a poll that is measured, not the age.
#include <benchmark/benchmark.h>

#include "clients/client.hpp"
#include "meter/process_load.hpp"
#include "net/curl_dialer.hpp"
#include "net/event_loop.hpp"
#include "net/lws_dialer.hpp"
#include "net/lws_host.hpp"
#include "servers/server.hpp"

namespace {

using namespace wirelab;
using messages::Transport;

struct Ear final : clients::Listener {
  void on_message(std::uint32_t, std::string_view, net::Nanos) override { ++heard; }
  void on_established(std::uint32_t, net::Nanos) override { established = true; }
  std::uint64_t heard = 0;
  bool established = false;
};

void deliver(benchmark::State& state, Transport transport) {
  net::EventLoop loop;
  messages::Store store({}, 1);
  servers::Server server(store, loop, {}, {transport});
  net::LwsHost host(loop, server, {});
  net::DialerOptions options;
  options.url = "http://127.0.0.1:" + std::to_string(host.port());
  net::CurlDialer curl(loop, options);
  net::LwsDialer lws(loop, options);
  Ear ear;
  clients::Inbox inbox(ear, 0);
  clients::ClientOptions asks;
  asks.poll_interval = std::chrono::microseconds(1);
  const auto client = transport == Transport::websocket    ? make_websocket(loop, lws, inbox, asks)
                      : transport == Transport::long_poll  ? make_long_poll(loop, curl, inbox, asks)
                      : transport == Transport::keep_alive ? make_keep_alive(loop, curl, inbox, asks)
                                                           : make_short_poll(loop, curl, inbox, asks);
  client->start();
  if (!loop.run_until([&] { return ear.established; }, std::chrono::seconds(5))) {
    state.SkipWithError("the subscriber got no answer");
    return;
  }
  const std::string payload(128, 'x');
  const auto bytes_before = host.counters();
  const auto cpu_before = meter::read_own_load().cpu_total;
  for (auto _ : state) {
    const auto heard = ear.heard;
    server.publish("bench", payload, {});
    if (!loop.run_until([&] { return ear.heard > heard; }, std::chrono::seconds(5))) {
      state.SkipWithError("a message did not arrive");
      return;
    }
  }
  const auto bytes = host.counters();
  const auto cpu = meter::read_own_load().cpu_total - cpu_before;
  const auto per_message = benchmark::Counter::kAvgIterations;
  state.counters["bytes_per_message"] = benchmark::Counter(
      static_cast<double>(bytes.bytes_in + bytes.bytes_out - bytes_before.bytes_in - bytes_before.bytes_out),
      per_message);
  state.counters["cpu_us_per_message"] = benchmark::Counter(static_cast<double>(cpu.count()) / 1000, per_message);
  state.counters["requests_per_message"] =
      benchmark::Counter(static_cast<double>(bytes.requests - bytes_before.requests), per_message);
}
BENCHMARK_CAPTURE(deliver, short_poll, Transport::short_poll)->UseRealTime();
BENCHMARK_CAPTURE(deliver, keep_alive, Transport::keep_alive)->UseRealTime();
BENCHMARK_CAPTURE(deliver, long_poll, Transport::long_poll)->UseRealTime();
BENCHMARK_CAPTURE(deliver, websocket, Transport::websocket)->UseRealTime();

}  // namespace
