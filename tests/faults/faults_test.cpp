// Delivery under faults, on a simulated network: the real server, clients and publisher, hundreds of seeded schedules.
// And servers and clients with a known fault of their own, which the checker must find.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "tests/faults/scene.hpp"
#include "tests/mutants/publish_faults.hpp"

namespace wirelab::tests {
namespace {

using messages::Transport;

constexpr std::uint64_t kSeeds = 6;

Findings play_seeds(Scene scene, std::uint64_t* injected = nullptr) {
  Findings all;
  for (scene.seed = 1; scene.seed <= kSeeds; ++scene.seed) {
    const Played played = play(scene);
    EXPECT_TRUE(played.findings.clean()) << "seed " << scene.seed << ": "
                                         << testing::PrintToString(played.findings.sentences);
    all.add(played.findings);
    if (injected != nullptr) *injected += played.injected;
  }
  return all;
}

class Delivery : public testing::TestWithParam<std::tuple<Trouble, Transport>> {};

TEST_P(Delivery, OnceAndInOrderOrAGapIsAnnounced) {
  const auto [trouble, transport] = GetParam();
  std::uint64_t injected = 0;
  const Findings findings = play_seeds({trouble, transport}, &injected);
  EXPECT_EQ(findings.published, kSeeds * 500);
  EXPECT_EQ(injected > 0, trouble != Trouble::none);
  const bool forgets = trouble == Trouble::killed || trouble == Trouble::outage ||
                       (trouble == Trouble::stalled && transport == Transport::websocket);
  if (forgets) {
    EXPECT_GT(findings.gaps, 0u) << "or nothing was put to the test";
    EXPECT_GT(findings.gone, 0u);
  }
  if (trouble == Trouble::killed || trouble == Trouble::cut) {
    EXPECT_GT(findings.retried, 0u);
  }
  if (trouble == Trouble::none) {
    EXPECT_EQ(findings.gaps, 0u);
    EXPECT_EQ(findings.delivered, kSeeds * 500 * 3);
  }
}

std::string name_of(const testing::TestParamInfo<std::tuple<Trouble, Transport>>& test) {
  std::string name;
  for (const NamedTrouble& known : kTroubles)
    if (known.trouble == std::get<Trouble>(test.param)) name = known.name;
  for (const char c : messages::name(std::get<Transport>(test.param))) name += c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Faults, Delivery,
                         testing::Combine(testing::Values(Trouble::none, Trouble::killed, Trouble::outage, Trouble::cut,
                                                          Trouble::frozen, Trouble::lossy),
                                          testing::ValuesIn(messages::kTransports)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(SlowReaders, Delivery,
                         testing::Combine(testing::Values(Trouble::stalled), testing::Values(Transport::websocket)),
                         name_of);

/// What was sent on a WebSocket that is lost is sent again on the next, under the same keys.
TEST(NativePublishing, IsRepeatedAndNotDuplicated) {
  std::uint64_t cuts = 0;
  Scene scene{Trouble::cut, Transport::websocket};
  scene.via = clients::PublishVia::native;
  const Findings cut = play_seeds(scene, &cuts);
  EXPECT_EQ(cut.published, kSeeds * 500);
  EXPECT_GT(cut.retried, 0u);
  EXPECT_GT(cuts, 0u);
  scene.trouble = Trouble::lossy;
  EXPECT_EQ(play_seeds(scene).published, kSeeds * 500);
}

TEST(Schedule, ASeedIsAScheduleToTheLastMessage) {
  for (const std::uint64_t seed : {3u, 4u}) {
    const Scene scene{Trouble::killed, Transport::websocket, seed};
    const Played once = play(scene), twice = play(scene);
    EXPECT_EQ(once.findings.delivered, twice.findings.delivered);
    EXPECT_EQ(once.findings.gone, twice.findings.gone);
    EXPECT_EQ(once.findings.gaps, twice.findings.gaps);
    EXPECT_EQ(once.injected, twice.injected);
  }
}

// -- mutants ----------------------------------------------------------------------------------------------------------

/// What is wrong, by name.
std::vector<std::string> named(const Findings& f) {
  std::vector<std::string> names;
  const auto add = [&](std::uint64_t count, const char* name) {
    if (count > 0) names.emplace_back(name);
  };
  add(f.lost, "lost");
  add(f.duplicated, "duplicated");
  add(f.reordered, "reordered");
  add(f.gaps_missing, "gaps missing");
  add(f.gaps_untrue, "gaps untrue");
  add(f.stored_twice, "stored twice");
  add(f.unacknowledged, "unacknowledged");
  add(f.strangers, "strangers");
  return names;
}
using Names = std::vector<std::string>;

class Mutant : public testing::TestWithParam<Transport> {
 protected:
  /// What the checker finds of this fault, whatever the trouble's seed.
  static Names found(Trouble trouble, Mutation mutation) {
    Findings all;
    for (const std::uint64_t seed : {1u, 2u}) {
      Scene scene{trouble, GetParam(), seed};
      scene.mutation = mutation;
      all.add(play(scene).findings);
    }
    return named(all);
  }
  static Mutation server(Fault fault) {
    Mutation mutation;
    mutation.server = [fault](servers::Server& real) -> std::unique_ptr<net::Service> {
      static FaultLedger ledger;
      return std::make_unique<PublishFaults>(real, fault, ledger);
    };
    return mutation;
  }
};

TEST_P(Mutant, AServerThatLosesMessages) { EXPECT_EQ(found(Trouble::none, server(Fault::drop)), Names({"lost"})); }

TEST_P(Mutant, AServerThatStoresThemTwice) {
  EXPECT_EQ(found(Trouble::none, server(Fault::duplicate)), Names({"duplicated", "stored twice"}));
}

TEST_P(Mutant, AServerThatSwapsThem) {
  const Names names = found(Trouble::none, server(Fault::reorder));
  EXPECT_THAT(names, testing::Contains("reordered"));
  EXPECT_THAT(names, testing::Not(testing::AnyOf(testing::Contains("lost"), testing::Contains("duplicated"))));
}

/// A Service in front of the server that does one thing wrong.
class FaultyService : public net::Service {
 public:
  explicit FaultyService(servers::Server& server) : server_(server) {}
  std::optional<net::Answer> refuse(const net::Request& request) override { return server_.refuse(request); }
  void on_request(net::Exchange& exchange) override { server_.on_request(exchange); }
  void on_gone(net::Exchange& exchange) override { server_.on_gone(exchange); }
  void on_open(net::Socket& socket, const net::Request& request) override { server_.on_open(socket, request); }
  void on_text(net::Socket& socket, std::string_view text) override { server_.on_text(socket, text); }
  void on_ready(net::Socket& socket) override { server_.on_ready(socket); }
  void on_closed(net::Socket& socket) override { server_.on_closed(socket); }

 protected:
  servers::Server& server_;
};

TEST_P(Mutant, AServerThatDoesNotLookAtTheKey) {
  struct Keyless final : FaultyService {
    using FaultyService::FaultyService;
    void on_request(net::Exchange& exchange) override {
      constexpr std::string_view kPublish = "/publish/";
      const net::Request& request = exchange.request();
      if (!request.path.starts_with(kPublish)) return FaultyService::on_request(exchange);
      const auto appended = server_.publish(request.path.substr(kPublish.size()), request.body, {});
      net::Answer answer;
      answer.status = 201;
      answer.body = net::SharedText(R"({"cursor":")" + messages::to_text(appended.cursor) + R"("})");
      exchange.answer(std::move(answer));
    }
  };
  Mutation mutation;
  mutation.server = [](servers::Server& real) { return std::make_unique<Keyless>(real); };
  EXPECT_EQ(found(Trouble::cut, mutation), Names({"duplicated", "stored twice"}));
}

/// A listener's ear that is wrong now and then.
class Ear : public clients::Listener {
 public:
  explicit Ear(clients::Listener& good) : good_(good) {}
  void on_message(std::uint32_t subscriber, std::string_view text, net::Nanos at) override {
    good_.on_message(subscriber, text, at);
  }
  void on_gap(std::uint32_t subscriber) override { good_.on_gap(subscriber); }
  void on_established(std::uint32_t subscriber, net::Nanos at) override { good_.on_established(subscriber, at); }

 protected:
  bool now_and_then() { return ++count_ % 97 == 0; }
  clients::Listener& good_;

 private:
  std::uint64_t count_ = 0;
};

template <typename Mutated>
Mutation client() {
  Mutation mutation;
  mutation.listener = [](clients::Listener& good) { return std::make_unique<Mutated>(good); };
  return mutation;
}

TEST_P(Mutant, AClientThatLosesMessages) {
  struct Deafish final : Ear {
    using Ear::Ear;
    void on_message(std::uint32_t subscriber, std::string_view text, net::Nanos at) override {
      if (!now_and_then()) Ear::on_message(subscriber, text, at);
    }
  };
  EXPECT_EQ(found(Trouble::cut, client<Deafish>()), Names({"lost"}));
}

TEST_P(Mutant, AClientThatHearsTwice) {
  struct Echoing final : Ear {
    using Ear::Ear;
    void on_message(std::uint32_t subscriber, std::string_view text, net::Nanos at) override {
      Ear::on_message(subscriber, text, at);
      if (now_and_then()) Ear::on_message(subscriber, text, at);
    }
  };
  EXPECT_EQ(found(Trouble::cut, client<Echoing>()), Names({"duplicated"}));
}

TEST_P(Mutant, AClientThatForgetsTheGap) {
  struct Hushing final : Ear {
    using Ear::Ear;
    void on_gap(std::uint32_t) override {}
  };
  EXPECT_EQ(found(Trouble::outage, client<Hushing>()), Names({"gaps missing"}));
  EXPECT_THAT(found(Trouble::killed, client<Hushing>()), testing::Contains("gaps missing"));
}

TEST_P(Mutant, AClientThatMakesUpAGap) {
  struct Alarmed final : Ear {
    using Ear::Ear;
    void on_message(std::uint32_t subscriber, std::string_view text, net::Nanos at) override {
      if (now_and_then()) on_gap(subscriber);
      Ear::on_message(subscriber, text, at);
    }
  };
  EXPECT_EQ(found(Trouble::cut, client<Alarmed>()), Names({"gaps untrue"}));
  EXPECT_EQ(found(Trouble::none, client<Alarmed>()), Names({"gaps untrue"}));
}

/// A dialer whose requests are not those it was asked for.
class WrongTargets : public net::HttpDialer {
 public:
  explicit WrongTargets(net::HttpDialer& inner) : inner_(inner) {}
  std::unique_ptr<net::HttpLine> line(net::Reuse reuse) override {
    return std::make_unique<Line>(*this, inner_.line(reuse));
  }

 protected:
  virtual std::string instead_of(std::string_view target) = 0;
  bool now_and_then() { return ++count_ % 31 == 0; }

 private:
  struct Line final : net::HttpLine {
    Line(WrongTargets& dialer, std::unique_ptr<net::HttpLine> inner) : dialer_(dialer), inner_(std::move(inner)) {}
    void get(std::string_view target, net::OnReply on_reply) override {
      inner_->get(dialer_.instead_of(target), std::move(on_reply));
    }
    void post(std::string_view target, std::string body, const net::Headers& headers, net::OnReply reply) override {
      inner_->post(target, std::move(body), headers, std::move(reply));
    }
    WrongTargets& dialer_;
    std::unique_ptr<net::HttpLine> inner_;
  };
  net::HttpDialer& inner_;
  std::uint64_t count_ = 0;
};

template <typename Mutated>
Mutation asking() {
  Mutation mutation;
  mutation.subscribers_dialer = [](net::HttpDialer& inner) { return std::make_unique<Mutated>(inner); };
  return mutation;
}

TEST_P(Mutant, AClientThatForgetsItsCursor) {
  if (GetParam() == Transport::websocket) return;  // it asks but once a connection
  struct Forgetful final : WrongTargets {
    using WrongTargets::WrongTargets;
    std::string instead_of(std::string_view target) override {
      return std::string(now_and_then() ? target.substr(0, target.find('?')) : target);
    }
  };
  EXPECT_THAT(found(Trouble::lossy, asking<Forgetful>()), testing::Contains("lost"));
}

TEST_P(Mutant, AClientThatStartsAgainFromTheBeginning) {
  if (GetParam() == Transport::websocket) return;
  struct Thorough final : WrongTargets {
    using WrongTargets::WrongTargets;
    std::string instead_of(std::string_view target) override {
      return now_and_then() ? std::string(target.substr(0, target.find('?'))) + "?after=earliest" : std::string(target);
    }
  };
  EXPECT_THAT(found(Trouble::none, asking<Thorough>()), testing::Contains("duplicated"));
}

INSTANTIATE_TEST_SUITE_P(All, Mutant, testing::ValuesIn(messages::kTransports), [](const auto& test) {
  std::string name(messages::name(test.param));
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace wirelab::tests
