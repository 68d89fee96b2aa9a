// A whole run of the generator, over loopback TCP, against the real server in a thread of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

#include "clients/generator.hpp"
#include "net/lws_host.hpp"
#include "servers/server.hpp"

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;
using messages::Transport;
using testing::HasSubstr;
using testing::StartsWith;

class ServerThread {
 public:
  explicit ServerThread(messages::Limits limits = {}) {
    std::promise<std::uint16_t> port;
    auto known = port.get_future();
    thread_ = std::thread([this, limits, &port] {
      serve(limits, port);
      loop_.run_until([] { return false; }, 10ms);  // the library closes its sockets in the loop's next turns
    });
    url = "http://127.0.0.1:" + std::to_string(known.get());
  }
  ~ServerThread() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    loop_.wake();
    thread_.join();
  }

  std::string url;

 private:
  void serve(const messages::Limits& limits, std::promise<std::uint16_t>& port) {
    messages::Store store(limits, 42);
    servers::Server server(store, loop_, limits, {messages::kTransports.begin(), messages::kTransports.end()});
    net::HostOptions options;
    options.payload_bytes = limits.payload_bytes;
    const net::LwsHost host(loop_, server, options);
    loop_.on_wake([this] { loop_.stop(); });
    port.set_value(host.port());
    loop_.run();
  }

  net::EventLoop loop_;
  std::thread thread_;
};

LoadPlan plan_for(const std::string& url, Transport transport) {
  LoadPlan plan;
  plan.url = url;
  plan.transport = transport;
  plan.subscribers = 30;
  plan.client.poll_interval = 50ms;
  plan.publish.rate_per_second = 100;
  plan.warm_up = 100ms;
  plan.duration = 500ms;
  plan.series_step = 40ms;
  return plan;
}

const std::atomic<bool> kNoInterrupt{false};

/// Cut into intervals or not, it is the same.
void expect_the_series_to_add_up(const LoadReport& report) {
  const meter::Tally& tally = report.tally;
  meter::Series::Counts sum;
  for (const auto& row : report.series.intervals()) sum += row.counts;
  EXPECT_EQ(sum.published, report.published);
  EXPECT_EQ(sum.expected, report.expected);
  EXPECT_EQ(sum.delivered, tally.delivered);
  EXPECT_EQ(sum.arrived, tally.window_delivered);
  EXPECT_EQ(sum.requests, tally.requests);
  EXPECT_EQ(sum.empty_answers, tally.empty_answers);
  EXPECT_EQ(sum.frames, tally.frames);
  EXPECT_EQ(sum.connections_opened, tally.connections);
  EXPECT_EQ(sum.failures, tally.failures);
  EXPECT_EQ(sum.bytes_out, tally.out.total() - tally.out.handshakes);
  EXPECT_EQ(sum.bytes_in, tally.in.total() - tally.in.handshakes);
}

void expect_faultless(const LoadReport& report) {
  EXPECT_EQ(report.failure, "");
  EXPECT_FALSE(report.interrupted);
  EXPECT_GT(report.planned, 0u);
  EXPECT_EQ(report.published, report.planned);
  EXPECT_EQ(report.tally.delivered, report.expected);
  EXPECT_EQ(report.tally.duplicated, 0u);
  EXPECT_EQ(report.tally.out_of_order, 0u);
  EXPECT_EQ(report.tally.gaps, 0u);
  EXPECT_EQ(report.tally.foreign, 0u);
  EXPECT_EQ(report.tally.failures, 0u);
  EXPECT_TRUE(report.tally.failure_reasons.empty());
  EXPECT_EQ(report.age.count(), report.expected);
  EXPECT_EQ(report.age.clamped(), 0u) << "an age below zero";
  EXPECT_EQ(report.schedule_lag.count(), report.published);
  EXPECT_EQ(report.first_message.count(), report.subscribers);
  EXPECT_GT(report.publish_time.count(), 0u);
  EXPECT_GT(report.window, 0ms);
  EXPECT_GT(report.load_end.cpu_total, report.load_begin.cpu_total);
  EXPECT_GT(report.busiest_thread_cpu, 0ms);
  EXPECT_LE(report.busiest_thread_cpu, report.load_end.cpu_total);
  EXPECT_GT(report.generator_lag.count(), 0u);
  EXPECT_EQ(report.connecting > 0ms, report.subscribers > 0);
  EXPECT_EQ(report.connecting_cpu > 0ms, report.subscribers > 0);
  expect_the_series_to_add_up(report);
  for (const std::string* load :
       {&report.server_load_idle, &report.server_load_connected, &report.server_load_begin, &report.server_load_end})
    EXPECT_THAT(*load, StartsWith("{"));
}

TEST(Generate, ReadsTheServersLoadWhenEveryoneWaitsAndNothingIsPublished) {
  ServerThread server;
  const LoadReport report = generate(plan_for(server.url, Transport::websocket), kNoInterrupt);
  EXPECT_EQ(report.subscribers, 30u);
  EXPECT_THAT(report.server_load_idle, HasSubstr(R"("parked":0,)"));
  EXPECT_THAT(report.server_load_connected, HasSubstr(R"("parked":30,)"));
  EXPECT_THAT(report.server_load_connected, HasSubstr(R"("messages_in":0,)"));
}

TEST(Generate, PublishesToNobodyWhenThatIsWanted) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::long_poll);
  plan.subscribers = 0;
  const LoadReport report = generate(plan, kNoInterrupt);
  EXPECT_EQ(report.failure, "");
  EXPECT_EQ(report.published, 50u);
  EXPECT_EQ(report.expected, 0u);
  EXPECT_EQ(report.tally.requests, 0u);
  EXPECT_EQ(report.subscribers_wire.connections, 0u);
  EXPECT_GT(report.publish_time.count(), 0u);
  EXPECT_THAT(report.server_load_end, HasSubstr(R"("messages_out":0,)"));
}

TEST(Generate, PublishingToNobodyStillTakesAServer) {
  LoadPlan plan = plan_for("http://127.0.0.1:9", Transport::long_poll);
  plan.subscribers = 0;
  EXPECT_EQ(generate(plan, kNoInterrupt).failure, "no answer from http://127.0.0.1:9");
}

TEST(Generate, CallsChannelsByNamesOfOneLength) {
  LoadPlan plan;
  EXPECT_EQ(channel_of(plan, 0), "bench");
  plan.channels = 10;
  EXPECT_EQ(channel_of(plan, 9), "bench-9");
  plan.channels = 11;
  EXPECT_EQ(channel_of(plan, 9), "bench-09");
  EXPECT_EQ(channel_of(plan, 10), "bench-10");
}

class GenerateEach : public testing::TestWithParam<Transport> {};

TEST_P(GenerateEach, DeliversEverythingOnceInOrderAndCountsIt) {
  ServerThread server;
  const LoadReport report = generate(plan_for(server.url, GetParam()), kNoInterrupt);
  expect_faultless(report);
  EXPECT_EQ(report.planned, 50u);
  EXPECT_EQ(report.expected, 50u * 30);
  const auto rows = report.series.intervals();
  ASSERT_EQ(rows.size(), 13u) << "of 40 ms, in 500 ms";
  for (const auto& row : rows) {
    EXPECT_EQ(row.counts.published, row.length == 40ms ? 4u : 2u) << "a message each 10 ms";
    EXPECT_EQ(row.counts.delivered, row.counts.expected);
  }
  const meter::Tally& tally = report.tally;
  const bool websocket = GetParam() == Transport::websocket;
  EXPECT_EQ(tally.requests > 0, !websocket);
  EXPECT_EQ(tally.frames > 0, websocket);
  EXPECT_EQ(report.service_time.count(), tally.requests);
  EXPECT_GT(tally.window_delivered, 0u);
  EXPECT_GT(tally.in.payload, tally.window_delivered * 100);
  if (GetParam() == Transport::short_poll)
    EXPECT_NEAR(static_cast<double>(tally.connections), static_cast<double>(tally.requests), 30) << "one each";
  else
    EXPECT_EQ(tally.connections, 0u);
}

/// Two witnesses: what was parsed and what the kernel saw. They are read at the same moment, but an exchange that is
/// under way at an edge of the window is in one and not yet in the other: at most one for each subscriber at each edge.
TEST_P(GenerateEach, BytesParsedAreTheBytesTheKernelSaw) {
  ServerThread server;
  const LoadReport report = generate(plan_for(server.url, GetParam()), kNoInterrupt);
  expect_faultless(report);
  const meter::Tally& tally = report.tally;
  const auto parsed_in = static_cast<double>(tally.in.total());
  const double one_each = 30 * 2 * 1'000;
  EXPECT_NEAR(static_cast<double>(report.subscribers_wire.bytes_in), parsed_in, one_each);
  EXPECT_NEAR(static_cast<double>(report.subscribers_wire.bytes_out), static_cast<double>(tally.out.total()), one_each);
  EXPECT_GT(parsed_in, 2 * one_each) << "too little for the comparison to mean anything";
}

/// Over the whole run, connection by connection, they agree to the byte.
TEST_P(GenerateEach, BothWitnessesAgreeOnEveryConnection) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, GetParam());
  plan.request_headers = {{"Connection", "keep-alive"}, {"X-Filler", std::string(200, 'x')}};
  const LoadReport report = generate(plan, kNoInterrupt);
  expect_faultless(report);
  EXPECT_EQ(report.witnesses.disagreeing, 0u) << "by " << report.witnesses.bytes_off << " bytes";
  EXPECT_EQ(report.witnesses.connections, report.run_wire.connections);
  const bool websocket = GetParam() == Transport::websocket;
  EXPECT_EQ(report.witnesses.upgrade_answer_bytes > 0, websocket);
  EXPECT_EQ(report.run_parsed.out, report.run_wire.bytes_out);
  EXPECT_EQ(report.run_parsed.in + report.witnesses.upgrade_answer_bytes * (websocket ? 30 : 0),
            report.run_wire.bytes_in);
}

TEST_P(GenerateEach, SharesSubscribersAmongThreadsAndChannels) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, GetParam());
  plan.subscribers = 31;
  plan.threads = 2;
  plan.channels = 3;
  plan.dials_under_way_max = 4;
  plan.publish.arrivals = Arrivals::poisson;
  plan.sources = {"127.0.0.2", "127.0.0.3"};
  const LoadReport report = generate(plan, kNoInterrupt);
  expect_faultless(report);
  EXPECT_GE(report.expected, report.published * 10);
  EXPECT_LE(report.expected, report.published * 11);
}

INSTANTIATE_TEST_SUITE_P(Transports, GenerateEach, testing::ValuesIn(messages::kTransports), [](const auto& each) {
  std::string name(messages::name(each.param));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Generate, LongPollsAreHeldUntilThereIsNews) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::long_poll);
  plan.subscribers = 2;
  plan.publish.rate_per_second = 20;
  const LoadReport held = generate(plan, kNoInterrupt);
  EXPECT_EQ(held.tally.empty_answers, 0u);
  EXPECT_GT(held.service_time.percentile(50), 20ms) << "a message comes every 50 ms";
  EXPECT_LT(held.age.percentile(50), held.service_time.percentile(50));
}

TEST(Generate, PublishesNativelyOnAWebSocket) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::websocket);
  plan.publish.via = PublishVia::native;
  plan.channels = 2;
  LoadReport report = generate(plan, kNoInterrupt);
  EXPECT_EQ(report.publish_time.count(), 0u) << "nothing was POSTed";
  report.publish_time.record(1ms);
  expect_faultless(report);
}

TEST(Generate, ReplaysAStream) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::websocket);
  for (int i = 0; i < 40; ++i)
    plan.publish.replay.push_back({i * 1'000ms, "naïve \"quoted\" text " + std::to_string(i)});
  plan.publish.speed = 100;
  plan.duration = 0ms;
  LoadReport report = generate(plan, kNoInterrupt);
  EXPECT_EQ(report.planned, 40u);
  expect_faultless(report);
}

TEST(Generate, AnIdleRunPublishesNothing) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::websocket);
  plan.publish.rate_per_second = 0;
  const LoadReport report = generate(plan, kNoInterrupt);
  EXPECT_EQ(report.failure, "");
  EXPECT_EQ(report.planned, 0u);
  EXPECT_EQ(report.tally.frames, 0u);
}

TEST(Generate, SaysHowFarItIs) {
  ServerThread server;
  std::vector<Phase> phases;
  std::size_t established = 0;
  generate(plan_for(server.url, Transport::keep_alive), kNoInterrupt, [&](const Progress& progress) {
    if (phases.empty() || phases.back() != progress.phase) phases.push_back(progress.phase);
    established = progress.established;
  });
  EXPECT_EQ(phases.back(), Phase::done);
  EXPECT_TRUE(std::is_sorted(phases.begin(), phases.end()));
  EXPECT_TRUE(std::find(phases.begin(), phases.end(), Phase::measure) != phases.end());
  EXPECT_EQ(established, 30u);
}

TEST(Generate, InterruptedReportsWhatWasMeasured) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::websocket);
  plan.duration = 60s;
  std::atomic<bool> interrupt{false};
  const auto begin = std::chrono::steady_clock::now();
  const LoadReport report = generate(plan, interrupt, [&](const Progress& progress) {
    if (progress.phase == Phase::measure && progress.elapsed > 300ms) interrupt = true;
  });
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.failure, "");
  EXPECT_GT(report.published, 10u);
  EXPECT_LT(report.series.intervals().size(), 60s / plan.series_step) << "to where it was interrupted";
  expect_the_series_to_add_up(report);
  EXPECT_EQ(report.published, report.planned);
  EXPECT_EQ(report.tally.delivered, report.expected);
}

TEST(Generate, InterruptedBeforeTheWindowMeasuresNothing) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::keep_alive);
  plan.warm_up = 60s;
  std::atomic<bool> interrupt{false};
  const LoadReport report = generate(plan, interrupt, [&](const Progress& progress) {
    if (progress.phase == Phase::warm_up && progress.elapsed > 200ms) interrupt = true;
  });
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.planned, 0u);
  EXPECT_EQ(report.tally.requests, 0u);
  EXPECT_TRUE(report.series.intervals().empty());
  EXPECT_EQ(report.subscribers_wire.bytes_in, 0u);
}

TEST(Generate, NoServerIsAFailureThatNamesTheReason) {
  std::string url;
  {
    const ServerThread gone;
    url = gone.url;
  }
  for (const Transport transport : messages::kTransports) {
    LoadPlan plan = plan_for(url, transport);
    plan.connect_deadline = 300ms;
    const LoadReport report = generate(plan, kNoInterrupt);
    EXPECT_THAT(report.failure, HasSubstr("only 0 of 30 subscribers"));
    EXPECT_THAT(report.failure, HasSubstr("connect"));
    EXPECT_FALSE(report.interrupted);
  }
}

TEST(Generate, AServerThatRefusesToPublishIsQuoted) {
  messages::Limits small;
  small.payload_bytes = 64;
  ServerThread server(small);
  LoadPlan plan = plan_for(server.url, Transport::websocket);
  plan.duration = 60s;
  const auto begin = std::chrono::steady_clock::now();
  const LoadReport report = generate(plan, kNoInterrupt);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s) << "it did not wait for the window's end";
  EXPECT_THAT(report.failure, HasSubstr("413"));
  EXPECT_THAT(report.failure, HasSubstr("error"));
}

TEST(Generate, AServerThatRefusesSubscribersIsNamed) {
  ServerThread server;
  LoadPlan plan = plan_for(server.url, Transport::long_poll);
  plan.channel = "no%20such";
  plan.connect_deadline = 300ms;
  EXPECT_THAT(generate(plan, kNoInterrupt).failure, HasSubstr("HTTP 400"));
}

TEST(Generate, AServerThatDiesInTheMiddleIsALossAndNotTheEndOfTheGenerator) {
  for (const Transport transport : {Transport::websocket, Transport::short_poll}) {
    ServerThread server;
    LoadPlan plan = plan_for(server.url, transport);
    plan.duration = 2s;
    plan.drain_deadline = 300ms;
    const LoadReport report = generate(plan, kNoInterrupt, [&](const Progress& progress) {
      if (progress.phase == Phase::measure && progress.elapsed > 300ms) server.stop();
    });
    EXPECT_EQ(report.planned, 200u);
    EXPECT_LT(report.published, 190u);
    EXPECT_GT(report.published, 10u);
    EXPECT_GT(report.publish_failures, 0u);
    EXPECT_FALSE(report.tally.failure_reasons.empty()) << messages::name(transport);
    EXPECT_EQ(report.server_load_end, "");
  }
}

TEST(Generate, PlansThatCannotBeRunAreRefused) {
  const auto refused = [](const std::function<void(LoadPlan&)>& spoil) {
    LoadPlan plan = plan_for("http://127.0.0.1:1", Transport::websocket);
    spoil(plan);
    EXPECT_THROW(generate(plan, kNoInterrupt), std::invalid_argument);
  };
  refused([](LoadPlan& plan) { plan.url = "127.0.0.1:1"; });
  refused([](LoadPlan& plan) { plan.sources = {"nowhere"}; });
  refused([](LoadPlan& plan) { plan.subscribers = 0, plan.publish.rate_per_second = 0; });
  refused([](LoadPlan& plan) { plan.threads = 0; });
  refused([](LoadPlan& plan) { plan.channels = 0; });
  refused([](LoadPlan& plan) { plan.publish.payload_bytes = 56; });
  refused([](LoadPlan& plan) { plan.publish.rate_per_second = -1; });
  refused([](LoadPlan& plan) { plan.publish.speed = 0; });
  refused([](LoadPlan& plan) { plan.publish.lanes_max = 0; });
  refused([](LoadPlan& plan) { plan.publish.lanes_max = 1'000, plan.channels = 66; });
  refused([](LoadPlan& plan) { plan.client.poll_interval = 0ms; });
  refused([](LoadPlan& plan) { plan.duration = 0ms; });
}

}  // namespace
}  // namespace wirelab::clients
