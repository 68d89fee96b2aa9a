// The contract, once, for all four transports, without sockets and with them: within what is kept, each message once
// and in order, whatever happens to connections; otherwise a gap is announced. A fifth backend gets these tests for
// free.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <tuple>

#include "tests/contract/rig.hpp"

namespace wirelab::tests {
namespace {

using messages::Transport;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

enum class Kind { fake, real, tls };

std::vector<std::string> numbered(int from, int to) {
  std::vector<std::string> texts;
  for (int i = from; i < to; ++i) texts.push_back("m" + std::to_string(i));
  return texts;
}

class Contract : public testing::TestWithParam<std::tuple<Kind, Transport>> {
 protected:
  static Transport transport() { return std::get<Transport>(GetParam()); }
  static bool fake() { return std::get<Kind>(GetParam()) == Kind::fake; }
  bool polls() const { return transport() == Transport::short_poll || transport() == Transport::keep_alive; }

  void set_up(messages::Limits limits = {}, const Door& door = {}) {
    const Wire wire = std::get<Kind>(GetParam()) == Kind::tls ? Wire::tls : Wire::tcp;
    rig = fake() ? make_fake_rig(limits, 3ms, door) : make_real_rig(limits, door, wire);
  }

  Reader& subscribe(clients::ClientOptions options = default_options()) {
    options.seed += readers.size();
    Reader& reader = readers.emplace_back();
    rig->start_client(transport(), reader, options);
    return reader;
  }
  Reader& subscribed(clients::ClientOptions options = default_options()) {
    Reader& reader = subscribe(options);
    EXPECT_TRUE(rig->run_until([&] { return reader.established; }));
    return reader;
  }
  static clients::ClientOptions default_options() {
    clients::ClientOptions options;
    options.channel = "news";
    options.poll_interval = 10ms;
    return options;
  }
  void publish(const std::vector<std::string>& texts) {
    std::size_t done = 0;
    for (const auto& text : texts)
      rig->publish("news", text, [&done](int status) {
        EXPECT_EQ(status, 201);
        ++done;
      });
    ASSERT_TRUE(rig->run_until([&] { return done == texts.size(); }));
  }
  bool heard(const Reader& reader, std::size_t count) {
    return rig->run_until([&] { return reader.heard.size() >= count; });
  }
  /// Long enough for anything that should not come to have come.
  void settle() { rig->run_for(fake() ? 5s : 60ms); }

  std::list<Reader> readers;
  std::unique_ptr<Rig> rig;
};

TEST_P(Contract, EachMessageOnceAndInOrder) {
  set_up();
  Reader& reader = subscribed();
  publish(numbered(0, 100));
  ASSERT_TRUE(heard(reader, 100));
  settle();
  EXPECT_EQ(reader.heard, numbered(0, 100));
  EXPECT_THAT(reader.gaps_before, IsEmpty());
  EXPECT_THAT(reader.failures, IsEmpty());
}

TEST_P(Contract, FromNowOnMeansNothingOlder) {
  set_up();
  publish({"old"});
  Reader& reader = subscribed();
  publish({"new"});
  ASSERT_TRUE(heard(reader, 1));
  EXPECT_THAT(reader.heard, ElementsAre("new"));
}

TEST_P(Contract, PublishedBetweenTwoAsks) {
  set_up();
  Reader& reader = subscribed();
  // Each message is published the moment the one before is heard, so before any client can have asked again.
  int published = 1;
  reader.on_heard = [&] {
    if (published < 30) rig->publish_now("news", "m" + std::to_string(published++));
  };
  rig->publish_now("news", "m0");
  ASSERT_TRUE(heard(reader, 30));
  settle();
  EXPECT_EQ(reader.heard, numbered(0, 30));
}

TEST_P(Contract, HoldEndsAndTheNextMessageStillComes) {
  set_up();
  auto options = default_options();
  options.hold = 1s;
  Reader& reader = subscribed(options);
  const auto answers = reader.answers;
  if (transport() == Transport::websocket) {
    rig->run_for(1500ms);
    EXPECT_EQ(reader.answers, answers) << "a WebSocket says nothing when there is nothing to say";
  } else {
    ASSERT_TRUE(rig->run_until([&] { return reader.answers > answers + 1; }));
    EXPECT_GE(reader.empty_answers, 2u);
  }
  publish({"late"});
  ASSERT_TRUE(heard(reader, 1));
  EXPECT_THAT(reader.heard, ElementsAre("late"));
}

TEST_P(Contract, ReconnectsAtItsCursor) {
  set_up();
  Reader& reader = subscribed();
  publish(numbered(0, 10));
  ASSERT_TRUE(heard(reader, 10));
  for (int cut = 0; cut < 3; ++cut) {
    rig->server_down();
    for (const auto& text : numbered(10 + cut * 5, 15 + cut * 5)) rig->store().append("news", text);
    rig->run_for(20ms);
    rig->server_up();
    ASSERT_TRUE(heard(reader, static_cast<std::size_t>(15 + cut * 5)));
  }
  settle();
  EXPECT_EQ(reader.heard, numbered(0, 25));
  EXPECT_THAT(reader.gaps_before, IsEmpty());
}

TEST_P(Contract, CutWhileMessagesAreOnTheirWay) {
  set_up();
  Reader& reader = subscribed();
  for (int cut = 0; cut < 12; ++cut) {
    for (const auto& text : numbered(3 * cut, 3 * cut + 3)) rig->publish_now("news", text);
    // Every time at another moment of the exchange: some cuts lose a question, some an answer.
    rig->run_for(std::chrono::microseconds(fake() ? 700 * cut : 50 * cut));
    rig->server_down();
    rig->run_for(5ms);
    rig->server_up();
    ASSERT_TRUE(heard(reader, static_cast<std::size_t>(3 * cut + 3)));
  }
  settle();
  EXPECT_EQ(reader.heard, numbered(0, 36));
  EXPECT_THAT(reader.gaps_before, IsEmpty());
}

TEST_P(Contract, EvictedCursorIsAnnouncedAsGap) {
  messages::Limits limits;
  limits.kept_messages = 4;
  set_up(limits);
  Reader& reader = subscribed();
  publish({"m0"});
  ASSERT_TRUE(heard(reader, 1));
  rig->server_down();
  for (const auto& text : numbered(1, 11)) rig->store().append("news", text);
  rig->server_up();
  ASSERT_TRUE(heard(reader, 5));
  settle();
  EXPECT_THAT(reader.heard, ElementsAre("m0", "m7", "m8", "m9", "m10"));
  EXPECT_THAT(reader.gaps_before, ElementsAre(1)) << "one gap, where the messages are missing";
}

TEST_P(Contract, ExactlyAtTheEdgeOfWhatIsKeptThereIsNoGap) {
  messages::Limits limits;
  limits.kept_messages = 4;
  set_up(limits);
  Reader& reader = subscribed();
  publish({"m0"});
  ASSERT_TRUE(heard(reader, 1));
  rig->server_down();
  for (const auto& text : numbered(1, 5)) rig->store().append("news", text);
  rig->server_up();
  ASSERT_TRUE(heard(reader, 5));
  EXPECT_EQ(reader.heard, numbered(0, 5));
  EXPECT_THAT(reader.gaps_before, IsEmpty());
}

TEST_P(Contract, RestartedServerHasAnotherEpochAndSaysGap) {
  set_up();
  Reader& reader = subscribed();
  publish({"before"});
  ASSERT_TRUE(heard(reader, 1));
  rig->server_down();
  rig->forget();
  rig->server_up();
  ASSERT_TRUE(rig->run_until([&] { return !reader.gaps_before.empty(); })) << "even with nothing to deliver";
  publish({"after"});
  ASSERT_TRUE(heard(reader, 2));
  settle();
  EXPECT_THAT(reader.heard, ElementsAre("before", "after"));
  EXPECT_THAT(reader.gaps_before, ElementsAre(1));
}

TEST_P(Contract, FarBehindCatchesUpInPieces) {
  messages::Limits limits;
  limits.envelope_bytes = 4096;
  set_up(limits);
  Reader& reader = subscribed();
  rig->server_down();
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i) texts.push_back(std::string(500, 'x') + std::to_string(i));
  for (const auto& text : texts) rig->store().append("news", text);
  rig->server_up();
  const auto answers = reader.answers;
  ASSERT_TRUE(heard(reader, 50));
  EXPECT_EQ(reader.heard, texts);
  EXPECT_GE(reader.answers - answers, 7u) << "eight messages a piece at most";
}

TEST_P(Contract, TextOfEveryKindArrivesAsItWas) {
  set_up();
  Reader& reader = subscribed();
  const std::vector<std::string> texts = {"",
                                          "\"quoted\\\"",
                                          std::string("nul\0inside", 10),
                                          "line\nbreak",
                                          "\u00e9\u4e2d\U0001f600",
                                          std::string(64 * 1024, 'x'),
                                          "\x7f\t\r"};
  publish(texts);
  ASSERT_TRUE(heard(reader, texts.size()));
  EXPECT_EQ(reader.heard, texts);
}

TEST_P(Contract, ChannelsAreStrangersToEachOther) {
  set_up();
  Reader& news = subscribed();
  auto options = default_options();
  options.channel = "sport";
  Reader& sport = subscribed(options);
  rig->publish("sport", "goal");
  publish({"vote"});
  ASSERT_TRUE(heard(news, 1) && heard(sport, 1));
  settle();
  EXPECT_THAT(news.heard, ElementsAre("vote"));
  EXPECT_THAT(sport.heard, ElementsAre("goal"));
}

TEST_P(Contract, TenThousandMessagesToTenSubscribersExactlyOnce) {
  set_up();
  for (int i = 0; i < 10; ++i) subscribe();
  ASSERT_TRUE(rig->run_until(
      [&] { return std::all_of(readers.begin(), readers.end(), [](const Reader& r) { return r.established; }); }));
  // In bursts of 25, the first of each by POST: a subscriber asks once a burst or oftener, as it can.
  const auto texts = numbered(0, 10'000);
  std::size_t published = 0;
  std::function<void(int)> next = [&](int) {
    for (int i = 0; i < 24 && published > 0 && published < texts.size(); ++i)
      rig->publish_now("news", texts[published++]);
    if (published < texts.size()) rig->publish("news", texts[published++], next);
  };
  next(201);
  ASSERT_TRUE(rig->run_until([&] {
    return std::all_of(readers.begin(), readers.end(), [&](const Reader& r) { return r.heard.size() >= texts.size(); });
  }));
  settle();
  for (const Reader& reader : readers) {
    ASSERT_EQ(reader.heard.size(), texts.size());
    ASSERT_EQ(reader.heard, texts);
    ASSERT_THAT(reader.gaps_before, IsEmpty());
  }
}

TEST_P(Contract, ConnectionsAreWhatTheTransportPromises) {
  set_up();
  Reader& reader = subscribed();
  const auto accepted = rig->connections_accepted();
  const auto answers = reader.answers;
  for (std::size_t i = 1; i <= 10; ++i) {
    rig->publish_now("news", "x");
    ASSERT_TRUE(heard(reader, i));
  }
  const auto opened = rig->connections_accepted() - accepted;
  const auto asked = reader.answers - answers;
  if (transport() == Transport::short_poll) {
    EXPECT_NEAR(static_cast<double>(opened), static_cast<double>(asked), 1) << "one for each request";
  } else {
    EXPECT_EQ(opened, 0u) << "the one it has";
  }
}

// -- nobody in who does not belong
// -------------------------------------------------------------------------------------

const std::string kListens = "listens-0123456789", kPublishes = "publishes-0123456789";

net::Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

TEST_P(Contract, WhoHasTheTokenHearsEverything) {
  set_up({}, {{kPublishes, kListens, {}}, bearer(kListens)});
  Reader& reader = subscribed();
  for (const auto& text : numbered(0, 20)) rig->publish_now("news", text);
  ASSERT_TRUE(heard(reader, 20));
  settle();
  EXPECT_EQ(reader.heard, numbered(0, 20));
  EXPECT_THAT(reader.failures, IsEmpty());
}

TEST_P(Contract, WhoHasNoTokenOrAWrongOneHearsNothing) {
  for (const net::Headers& headers : {net::Headers{}, bearer("listens-0123456788"), bearer(kPublishes), bearer("")}) {
    set_up({}, {{kPublishes, kListens, {}}, headers});
    Reader& reader = subscribe();
    ASSERT_TRUE(rig->run_until([&] { return !reader.failures.empty(); }));
    rig->publish_now("news", "secret");
    settle();
    EXPECT_FALSE(reader.established);
    EXPECT_THAT(reader.heard, IsEmpty());
    rig.reset();
  }
}

TEST_P(Contract, WhoHasTheTokenPublishes) {
  set_up({}, {{kPublishes, "", {}}, bearer(kPublishes)});
  Reader& reader = subscribed();
  publish({"news"});
  ASSERT_TRUE(heard(reader, 1));
}

TEST_P(Contract, WhoHasNoTokenOrAWrongOnePublishesNothingAndMayListen) {
  for (const net::Headers& headers : {net::Headers{}, bearer("publishes-012345678")}) {
    set_up({}, {{kPublishes, "", {}}, headers});
    Reader& reader = subscribed();
    int status = 0;
    rig->publish("news", "forged", [&](int it) { status = it; });
    ASSERT_TRUE(rig->run_until([&] { return status != 0; }));
    EXPECT_EQ(status, 401);
    rig->publish_now("news", "true");
    ASSERT_TRUE(heard(reader, 1));
    EXPECT_THAT(reader.heard, ElementsAre("true"));
    rig.reset();
  }
}

TEST_P(Contract, APageOfAnotherOriginIsNotLetIn) {
  for (const char* const origin : {"http://elsewhere.example", "null", "http://127.0.0.1"}) {
    set_up({}, {{"", "", {"https://app.example"}}, {{"Origin", origin}}});
    Reader& reader = subscribe();
    ASSERT_TRUE(rig->run_until([&] { return !reader.failures.empty(); }));
    int status = 0;
    rig->publish("news", "forged", [&](int it) { status = it; });
    ASSERT_TRUE(rig->run_until([&] { return status != 0; }));
    EXPECT_EQ(status, 403);
    EXPECT_FALSE(reader.established);
    EXPECT_EQ(rig->store().messages_kept(), 0u);
    rig.reset();
  }
}

TEST_P(Contract, APageOfAnOriginThatIsListedIsLetIn) {
  set_up({}, {{"", "", {"https://app.example"}}, {{"Origin", "https://app.example"}}});
  Reader& reader = subscribed();
  publish({"news"});
  ASSERT_TRUE(heard(reader, 1));
}

std::string name_of(const testing::TestParamInfo<std::tuple<Kind, Transport>>& parameter) {
  constexpr std::array kKinds = {"fake_", "real_", "tls_"};
  std::string name = kKinds[static_cast<std::size_t>(std::get<Kind>(parameter.param))];
  for (const char c : messages::name(std::get<Transport>(parameter.param))) name += c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Contract,
                         testing::Combine(testing::Values(Kind::fake, Kind::real, Kind::tls),
                                          testing::ValuesIn(messages::kTransports)),
                         name_of);

// -- what only a clock that stands still can show ---------------------------------------------------------------------

/// A message published at every moment around a subscriber's exchange (while it asks, while it parks, while its answer
/// travels) arrives once. The exchange takes a few milliseconds; the moments are 250 us apart.
TEST(ContractByTheMicrosecond, PublishedWhileParkingOrAskingOrAnswering) {
  for (const Transport transport : messages::kTransports) {
    for (net::Nanos moment = 0ms; moment < 60ms; moment += 250us) {
      Reader reader;
      auto rig = make_fake_rig({}, 3ms);
      clients::ClientOptions options;
      options.channel = "news";
      options.poll_interval = 20ms;
      options.hold = 1s;
      rig->start_client(transport, reader, options);
      rig->run_for(moment);
      rig->publish("news", "first");
      rig->publish("news", "second");
      rig->run_for(1500ms);
      const std::vector<std::string> both = {"first", "second"};
      // A subscriber whose first question arrived after a message asked for what comes later.
      const bool joined_late = moment < 12ms && reader.heard.size() < 2;
      if (!joined_late) {
        ASSERT_EQ(reader.heard, both) << messages::name(transport) << " at " << moment.count() << " ns";
      }
      ASSERT_THAT(reader.gaps_before, IsEmpty());
    }
  }
}

}  // namespace
}  // namespace wirelab::tests
