// The faults themselves, and the meter in front of them, on a network and a clock that are exact: what was injected is
// what is counted, to the message and to the nanosecond. mutants_test.py does the same with processes and sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>

#include "clients/client.hpp"
#include "clients/generator.hpp"
#include "clients/load_meter.hpp"
#include "clients/stamp.hpp"
#include "servers/server.hpp"
#include "sim/network.hpp"
#include "tests/mutants/delivery_faults.hpp"
#include "tests/mutants/publish_faults.hpp"

namespace wirelab::tests {
namespace {

using clients::PublishVia;
using messages::Transport;
using net::Nanos;
using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr Nanos kOneWay = 3ms;
constexpr Nanos kPollInterval = 100ms;        // longer than an answer takes, be it delayed
constexpr Nanos kHop = 2 * kOneWay + kDelay;  // to the server, held back there, and on
constexpr Nanos kGap = 20ms;                  // longer than a POST takes: one line carries them all
constexpr std::uint32_t kRun = 42;
constexpr std::size_t kSubscribers = 4;

/// Who only publishes does not listen.
struct Deaf final : net::SocketListener {
  void on_open(std::uint64_t) override {}
  void on_text(std::string_view, Nanos, net::FrameBytes) override {}
  void on_close(std::string_view) override {}
};

/// Subscribers of one transport, a mutant, and the real meter.
class MutantBench {
 public:
  explicit MutantBench(Fault fault)
      : server_(store_, loop, {}, {messages::kTransports.begin(), messages::kTransports.end()}),
        publish_faults_(server_, fault, ledger),
        delivery_faults_(publish_faults_, loop, fault, ledger) {
    network_.up(delivery_faults_);
    meter.set_window(Nanos::zero(), Nanos::max());
    meter.open_window();
  }
  ~MutantBench() {
    hang_up();
    frames_.reset();
    loop.advance(1s);  // everybody is gone
    network_.down();
    loop.advance(1s);
  }

  void subscribe(Transport transport, std::size_t count = kSubscribers) {
    for (std::size_t i = 0; i < count; ++i) {
      Member& member = members_.emplace_back(Member{{meter, static_cast<std::uint32_t>(i)}, nullptr});
      clients::ClientOptions options;
      options.poll_interval = kPollInterval;
      options.seed = i;
      switch (transport) {
        case Transport::short_poll: member.client = make_short_poll(loop, network_, member.inbox, options); break;
        case Transport::keep_alive: member.client = make_keep_alive(loop, network_, member.inbox, options); break;
        case Transport::long_poll: member.client = make_long_poll(loop, network_, member.inbox, options); break;
        case Transport::websocket: member.client = make_websocket(loop, network_, member.inbox, options); break;
      }
      member.client->start();
    }
    loop.advance(1s);
  }

  /// One every `gap`; after a second more each has been heard, or is lost.
  void publish(std::size_t count, Nanos gap, Nanos more = 1s, PublishVia via = PublishVia::post) {
    connect(via);
    for (std::uint32_t i = 0; i < count; ++i, loop.advance(gap)) {
      const std::string text = clients::write_stamp({kRun, 0, i, loop.now(), loop.now()}, 128);
      if (via == PublishVia::native)
        frames_->send_text(text);
      else
        post(text);
    }
    loop.advance(more);
  }

  void hang_up() {
    members_.clear();
    line_.reset();
  }

  FaultLedger ledger;
  clients::LoadMeter meter{kRun, kSubscribers};
  Nanos publish_time{};
  sim::VirtualLoop loop;

 private:
  struct Member {
    clients::Inbox inbox;
    std::unique_ptr<clients::Client> client;
  };

  /// Before the first message, which would have to wait for the handshake otherwise.
  void connect(PublishVia via) {
    if (via == PublishVia::native) frames_ = network_.dial("/websocket/bench", deaf_);
    line_ = network_.line(net::Reuse::keep_alive);
    line_->get("/load", [](const net::HttpReply&) {});
    loop.advance(1s);
  }
  void post(const std::string& text) {
    line_->post("/publish/bench", text, {}, [this](const net::HttpReply& reply) {
      EXPECT_EQ(reply.status, 201);
      publish_time = reply.received_at - reply.sent_at;
    });
  }

  messages::Store store_{{}, 1};
  sim::Network network_{loop, kOneWay};
  servers::Server server_;
  PublishFaults publish_faults_;
  DeliveryFaults delivery_faults_;
  std::list<Member> members_;
  std::unique_ptr<net::HttpLine> line_;
  Deaf deaf_;
  std::unique_ptr<net::SocketLine> frames_;
};

class EveryTransport : public testing::TestWithParam<Transport> {};

TEST_P(EveryTransport, WithoutAFaultNothingIsFound) {
  MutantBench bench(Fault::none);
  bench.subscribe(GetParam());
  bench.publish(300, kGap);
  EXPECT_EQ(bench.meter.tally.delivered, 300 * kSubscribers);
  EXPECT_EQ(bench.meter.tally.duplicated, 0u);
  EXPECT_EQ(bench.meter.tally.out_of_order, 0u);
}

TEST_P(EveryTransport, EveryHundredthMessageIsLost) {
  MutantBench bench(Fault::drop);
  bench.subscribe(GetParam());
  bench.publish(399, kGap);
  EXPECT_EQ(bench.ledger.dropped, 3u);
  EXPECT_EQ(bench.meter.tally.delivered, (399 - 3) * kSubscribers);
  EXPECT_EQ(bench.meter.tally.duplicated, 0u);
  EXPECT_EQ(bench.meter.tally.out_of_order, 0u);
}

TEST_P(EveryTransport, EveryHundredthMessageComesTwice) {
  MutantBench bench(Fault::duplicate);
  bench.subscribe(GetParam());
  bench.publish(399, kGap);
  EXPECT_EQ(bench.ledger.duplicated, 3u);
  EXPECT_EQ(bench.meter.tally.delivered, 399 * kSubscribers);
  EXPECT_EQ(bench.meter.tally.duplicated, 3 * kSubscribers);
  EXPECT_EQ(bench.meter.tally.out_of_order, 0u);
}

TEST_P(EveryTransport, EveryHundredthMessageOvertakesTheOneBefore) {
  MutantBench bench(Fault::reorder);
  bench.subscribe(GetParam());
  bench.publish(398, kGap);
  EXPECT_EQ(bench.ledger.reordered, 3u);
  EXPECT_EQ(bench.meter.tally.delivered, 398 * kSubscribers);
  EXPECT_EQ(bench.meter.tally.duplicated, 0u);
  EXPECT_EQ(bench.meter.tally.out_of_order, 3 * kSubscribers);
}

TEST_P(EveryTransport, WhatLeavesLeavesLater) {
  MutantBench bench(Fault::delay);
  bench.subscribe(GetParam());
  bench.publish(197, 111ms);  // further apart than a delay and a round trip: each long poll is parked in time
  EXPECT_EQ(bench.meter.tally.delivered, 197 * kSubscribers);
  EXPECT_EQ(bench.publish_time, kHop);
  const bool waits_for_a_poll = GetParam() == Transport::short_poll || GetParam() == Transport::keep_alive;
  const Nanos handshake = GetParam() == Transport::short_poll ? 2 * kOneWay : 0ms;
  if (waits_for_a_poll) {
    EXPECT_GE(bench.meter.age.min(), kHop);
    EXPECT_LE(bench.meter.age.max(), kHop + kPollInterval);
    EXPECT_EQ(bench.meter.service_time.min(), kHop + handshake);
  } else {
    EXPECT_EQ(bench.meter.age.min(), kHop);
    EXPECT_EQ(bench.meter.age.max(), kHop);
  }
}

TEST_P(EveryTransport, TheLedgerTellsAnswersFromFrames) {
  MutantBench bench(Fault::delay);
  bench.subscribe(GetParam());
  bench.publish(20, 200ms);
  const bool frames = GetParam() == Transport::websocket;
  EXPECT_EQ(bench.ledger.frames_delayed, frames ? 21 * kSubscribers : 0);  // the first envelope is a frame too
  EXPECT_EQ(bench.ledger.frames, bench.ledger.frames_delayed);
  EXPECT_GE(bench.ledger.answers_delayed, frames ? 20 : 20 + 20 * kSubscribers);
}

TEST_P(EveryTransport, EachDeliveryBurnsProcessorTime) {
  MutantBench bench(Fault::slow_cpu);
  bench.subscribe(GetParam());
  bench.publish(50, kGap);
  EXPECT_EQ(bench.ledger.deliveries_burnt, 50 * kSubscribers);
  EXPECT_GE(bench.ledger.burnt, 50 * kSubscribers * kBurn);
}

TEST_P(EveryTransport, WhoLeavesMeanwhileGetsNothing) {
  MutantBench bench(Fault::delay);
  bench.subscribe(GetParam());
  bench.publish(1, kDelay / 2, 0s);
  const std::uint64_t held = bench.ledger.answers_delayed + bench.ledger.frames_delayed;
  const std::uint64_t left = bench.ledger.answers + bench.ledger.frames;
  EXPECT_GT(held, left) << "the acknowledgement at least, and what was pushed, is on its way";
  bench.hang_up();
  bench.loop.advance(1s);
  EXPECT_EQ(bench.ledger.answers + bench.ledger.frames, left);
  EXPECT_EQ(bench.meter.tally.delivered, 0u);
}

INSTANTIATE_TEST_SUITE_P(Mutants, EveryTransport, testing::ValuesIn(messages::kTransports), [](const auto& test) {
  std::string name(messages::name(test.param));
  std::erase(name, '-');
  return name;
});

TEST(Mutants, FramesThatPublishMeetTheSameFaults) {
  for (const Fault fault : {Fault::drop, Fault::duplicate, Fault::reorder}) {
    MutantBench bench(fault);
    bench.subscribe(Transport::websocket);
    bench.publish(398, kGap, 1s, PublishVia::native);
    EXPECT_EQ(bench.ledger.messages, 398u);
    const std::uint64_t hit = 3 * kSubscribers;
    EXPECT_EQ(bench.meter.tally.delivered, 398 * kSubscribers - (fault == Fault::drop ? hit : 0));
    EXPECT_EQ(bench.meter.tally.duplicated, fault == Fault::duplicate ? hit : 0);
    EXPECT_EQ(bench.meter.tally.out_of_order, fault == Fault::reorder ? hit : 0);
  }
}

TEST(Mutants, PercentilesOfAPollThatWaits) {
  MutantBench bench(Fault::delay);
  bench.subscribe(Transport::keep_alive);
  bench.publish(1'501, 67'891us);  // in step with no interval, so that an age is U(0, T) and a hop
  for (const auto& [percentile, share] : {std::pair(50.0, 0.5), std::pair(90.0, 0.9), std::pair(99.0, 0.99)}) {
    const auto expected = kHop + std::chrono::duration_cast<Nanos>(kPollInterval * share);
    EXPECT_NEAR(static_cast<double>(bench.meter.age.percentile(percentile).count()),
                static_cast<double>(expected.count()), static_cast<double>(expected.count()) * 0.02)
        << "p" << percentile;
  }
}

}  // namespace
}  // namespace wirelab::tests
