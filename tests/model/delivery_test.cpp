// The closed forms against their published values, against a table worked out by hand, and against a simulation of what
// they claim to describe.
#include "model/delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace wirelab::model {
namespace {

using messages::Transport;

double ms(Seconds time) { return time.count() * 1e3; }

Situation at(double messages_per_second, double round_trip_ms, bool reconnects = false) {
  Situation s;
  s.messages_per_second = messages_per_second;
  s.round_trip = Seconds(round_trip_ms / 1e3);
  s.poll_interval = Seconds(1);
  s.long_poll_reconnects = reconnects;
  s.request_header_bytes = 400;
  s.response_header_bytes = 400;
  s.payload_bytes = 20;
  s.envelope_bytes = 0;
  s.empty_envelope_bytes = 0;
  s.envelope_bytes_per_message = 0;
  return s;
}

/// Mean and p99 of the age in ms, requests a second, header bytes a message.
struct Cell {
  double mean_ms, p99_ms, requests, header_bytes;
};

struct Row {
  double rate, round_trip_ms;
  Cell short_poll, long_poll, long_poll_reconnecting, websocket;
};

const Row kTable[] = {
    {0.2, 0, {500, 990, 1, 4000}, {0, 0, 0.2, 800}, {0, 0, 0.2, 800}, {0, 0, 0, 2}},
    {0.2, 50, {525, 1015, 1, 4000}, {25, 25, 0.2, 800}, {26, 75, 0.2, 800}, {25, 25, 0, 2}},
    {0.2, 200, {600, 1090, 1, 4000}, {104, 250, 0.2, 799}, {116, 450, 0.2, 798}, {100, 100, 0, 2}},
    {1, 0, {500, 990, 1, 800}, {0, 0, 1, 800}, {0, 0, 1, 800}, {0, 0, 0, 2}},
    {1, 50, {525, 1015, 1, 800}, {26, 65, 1, 799}, {30, 115, 1, 796}, {25, 25, 0, 2}},
    {1, 200, {600, 1090, 1, 800}, {120, 290, 0.98, 785}, {175, 489, 0.93, 747}, {100, 100, 0, 2}},
    {10, 0, {500, 990, 1, 80}, {0, 0, 10, 800}, {0, 0, 10, 800}, {0, 0, 0, 2}},
    {10, 50, {525, 1015, 1, 80}, {36, 74, 9, 723}, {62, 124, 7.3, 585}, {25, 25, 0, 2}},
    {10, 200, {600, 1090, 1, 80}, {194, 298, 4.7, 375}, {299, 496, 2.5, 199}, {100, 100, 0, 2}},
};

void expect_cell(const Cell& expected, const Prediction& p) {
  EXPECT_NEAR(ms(p.age.mean()), expected.mean_ms, 0.6);
  EXPECT_NEAR(ms(p.age.percentile(99)), expected.p99_ms, 0.6);
  EXPECT_NEAR(p.requests_per_second, expected.requests, 0.06);
  EXPECT_NEAR(p.header_bytes, expected.header_bytes, 0.6);
}

TEST(Prediction, IsTheTableWorkedOutByHand) {
  for (const Row& row : kTable) {
    SCOPED_TRACE(testing::Message() << row.rate << "/s at a round trip of " << row.round_trip_ms << " ms");
    const Situation s = at(row.rate, row.round_trip_ms);
    expect_cell(row.short_poll, predict(Transport::short_poll, s));
    expect_cell(row.short_poll, predict(Transport::keep_alive, s));
    expect_cell(row.long_poll, predict(Transport::long_poll, s));
    expect_cell(row.long_poll_reconnecting, predict(Transport::long_poll, at(row.rate, row.round_trip_ms, true)));
    expect_cell(row.websocket, predict(Transport::websocket, s));
  }
}

TEST(Prediction, OfALongPollTakesThreeTransitsAtMost) {
  for (const double rate : {0.01, 1.0, 10.0, 100.0, 1000.0}) {
    const Prediction p = predict(Transport::long_poll, at(rate, 50));
    EXPECT_NEAR(ms(p.age.max()), 75, 1e-9);  // RFC 6202 §2.2
    EXPECT_LT(p.requests_per_second, 1 / 0.05 + 1e-9);
    EXPECT_LE(p.requests_per_second, rate);
  }
  const Prediction busy = predict(Transport::long_poll, at(100, 50));
  EXPECT_NEAR(ms(busy.age.mean()), 50.0, 0.05);
  EXPECT_NEAR(busy.requests_per_second, 19.97, 0.01);
  EXPECT_NEAR(busy.messages_per_answer, 5.0, 0.01);
}

TEST(Prediction, AFixedDelayTimerIsLaterByTheAnswersRoundTrips) {
  Situation s = at(1, 50);
  s.fixed_delay = true;
  EXPECT_NEAR(ms(predict(Transport::keep_alive, s).age.mean()), 550, 1e-9);
  EXPECT_NEAR(ms(predict(Transport::short_poll, s).age.mean()), 575, 1e-9);
}

TEST(Prediction, TheShareOfEmptyPollsFallsWithTheMessagesInAnInterval) {
  EXPECT_NEAR(predict(Transport::keep_alive, at(0.1, 50)).empty_share, 0.905, 0.0005);
  EXPECT_NEAR(predict(Transport::keep_alive, at(1, 50)).empty_share, 0.368, 0.0005);
  EXPECT_EQ(predict(Transport::long_poll, at(1, 50)).empty_share, 0);
}

/// P. Lubbers and F. Greco's exchange: 871 bytes of headers against two.
TEST(Prediction, TheFamousRatioIsEightfoldOnTheWire) {
  Situation s = at(1, 0);
  s.request_header_bytes = 671;
  s.response_header_bytes = 200;
  const Prediction poll = predict(Transport::keep_alive, s);
  const Prediction push = predict(Transport::websocket, s);
  EXPECT_NEAR(poll.header_bytes, 871, 1e-9);
  EXPECT_NEAR(push.header_bytes, 2, 1e-9);
  EXPECT_NEAR(poll.wire_bytes, 1047, 1e-9);
  EXPECT_NEAR(push.wire_bytes, 126, 1e-9);
}

/// As captured: a GET and the whole life of its connection are ten packets, 747 bytes for the 211 that they carry.
TEST(Prediction, AConnectionForOneRequestIsTenPackets) {
  Situation s = at(1, 0);
  s.request_header_bytes = 100;
  s.response_header_bytes = 91;
  s.payload_bytes = 20;
  const Prediction poll = predict(Transport::short_poll, s);  // one poll a second, one message each
  EXPECT_NEAR(poll.segments, 10, 1e-9);
  EXPECT_NEAR(poll.application_bytes, 211, 1e-9);
  EXPECT_NEAR(poll.wire_bytes, 747, 1e-9);
  EXPECT_NEAR(predict(Transport::keep_alive, s).segments, 3, 1e-9);
}

TEST(Prediction, LongPollsAskMoreThanShortPollsBeyondAnIntervalOfOneMessage) {
  const Situation s = at(4, 0);
  EXPECT_NEAR(request_rate_crossover(s).count(), 0.25, 1e-12);
  EXPECT_EQ(batching_crossover(30, 5), 6);
}

Situation every(double gap_s, double round_trip_ms, bool reconnects = false) {
  Situation s = at(1 / gap_s, round_trip_ms, reconnects);
  s.arrivals = Arrivals::constant;
  return s;
}

/// Long polling over WebSocket at a gap of 100 ms: level, then twice as old from the round trip that is as long.
TEST(Prediction, OfMessagesAtAConstantGapFallsOffAtTheCliff) {
  const auto ratio = [](double round_trip_ms) {
    const Situation s = every(0.1, round_trip_ms);
    return predict(Transport::long_poll, s).age.mean() / predict(Transport::websocket, s).age.mean();
  };
  EXPECT_NEAR(ms(cliff_round_trip(every(0.1, 50))), 100, 1e-9);
  EXPECT_NEAR(ms(cliff_round_trip(every(0.1, 50, true))), 50, 1e-9);
  EXPECT_NEAR(ratio(90), 1, 1e-9);
  EXPECT_NEAR(ratio(110), 2, 1e-9);
  const Prediction beyond = predict(Transport::long_poll, every(0.1, 200));
  EXPECT_NEAR(beyond.requests_per_second, 5, 1e-9);
  EXPECT_NEAR(beyond.messages_per_answer, 2, 1e-9);
  EXPECT_NEAR(ms(beyond.age.percentile(99)), 298, 1e-9);
}

TEST(Prediction, OfMessagesAtAConstantGapLeavesNoPollEmptyThatHasAMessageInItsInterval) {
  EXPECT_NEAR(predict(Transport::keep_alive, every(4, 0)).empty_share, 0.75, 1e-12);
  EXPECT_EQ(predict(Transport::keep_alive, every(0.5, 0)).empty_share, 0);
}

TEST(Prediction, AHoldThatEndsIsAnEmptyAnswer) {
  Situation s = at(0.01, 0);
  s.hold = Seconds(25);
  const Prediction p = predict(Transport::long_poll, s);
  EXPECT_NEAR(p.empty_share, std::exp(-0.25), 1e-12);
  EXPECT_NEAR(p.requests_per_second * (1 - p.empty_share), 0.01, 1e-12) << "the others bring one message each";
  s.arrivals = Arrivals::constant;
  s.messages_per_second = 0.011;  // three holds end before each
  EXPECT_NEAR(predict(Transport::long_poll, s).requests_per_second, 0.044, 1e-12);
  EXPECT_NEAR(predict(Transport::long_poll, s).empty_share, 0.75, 1e-12);
  s.messages_per_second = 0.05;
  EXPECT_NEAR(predict(Transport::long_poll, s).requests_per_second, 0.05, 1e-12);
  EXPECT_EQ(predict(Transport::long_poll, s).empty_share, 0);
}

TEST(Prediction, OfTheFirstMessageIsTwoRoundTripsAndItsWayUpAHalfLessOrMore) {
  Situation s = at(1, 100);
  for (const Transport transport : messages::kTransports)
    EXPECT_NEAR(ms(predict(transport, s).first_message), 200, 1e-9);
  EXPECT_NEAR(ms(predict(Transport::keep_alive, s).first_message_up), 150, 1e-9);
  EXPECT_NEAR(ms(predict(Transport::websocket, s).first_message_up), 250, 1e-9);
  s.tls_round_trips = 1;
  EXPECT_NEAR(ms(predict(Transport::websocket, s).first_message), 300, 1e-9);
  s.long_poll_reconnects = true;
  EXPECT_NEAR(ms(predict(Transport::long_poll, s).age.max()), 350, 1e-9) << "seven transits";
}

TEST(Prediction, APollThatIsDueWhileTheLastIsUnderWayIsLeftOut) {
  Situation s = at(10, 60);
  s.poll_interval = Seconds(0.05);
  EXPECT_NEAR(predict(Transport::keep_alive, s).requests_per_second, 10, 1e-9) << "every 100 ms";
  EXPECT_NEAR(ms(predict(Transport::keep_alive, s).age.max()), 130, 1e-9);
  EXPECT_NEAR(ms(predict(Transport::short_poll, s).age.max()), 180, 1e-9) << "every 150 ms";
}

TEST(Prediction, OfABurstAllButTheFirstWaitForTheLongPollToComeBack) {
  Situation s = at(20, 50);
  s.arrivals = Arrivals::burst;
  s.burst_messages = 20;
  const Prediction p = predict(Transport::long_poll, s);
  EXPECT_NEAR(ms(p.age.percentile(4)), 25, 1e-9);
  EXPECT_NEAR(ms(p.age.percentile(50)), 75, 1e-9) << "three transits";
  EXPECT_NEAR(ms(p.age.max()), 75, 1e-9);
  EXPECT_NEAR(ms(p.age.mean()), 25 + 50 * 0.95, 1e-9);
  EXPECT_NEAR(p.age.cumulative(Seconds(0.05)), 0.05, 1e-9);
  EXPECT_NEAR(p.age.cumulative(Seconds(0.0751)), 1, 1e-9);
  EXPECT_NEAR(p.requests_per_second, 2, 1e-9) << "two answers a burst";
  EXPECT_NEAR(ms(predict(Transport::websocket, s).age.max()), 25, 1e-9);
  s.poll_interval = Seconds(0.25);
  EXPECT_NEAR(predict(Transport::keep_alive, s).empty_share, 0.75, 1e-9)
      << "one poll of four finds the burst of a second";
}

TEST(Prediction, OfAPollsAnswerIsARoundTripAndTwoOnANewConnection) {
  const Situation s = at(1, 50);
  EXPECT_NEAR(ms(predict(Transport::keep_alive, s).service_time.value()), 50, 1e-9);
  EXPECT_NEAR(ms(predict(Transport::short_poll, s).service_time.value()), 100, 1e-9);
  EXPECT_FALSE(predict(Transport::long_poll, s).service_time) << "it is held";
}

TEST(Prediction, CountsTheWayFromThePublisher) {
  Situation s = at(1, 100);
  s.publish_transit = Seconds(0.05);
  EXPECT_NEAR(ms(predict(Transport::websocket, s).age.mean()), 100, 1e-9);
  EXPECT_NEAR(ms(predict(Transport::keep_alive, s).age.max()), 1100, 1e-9);
}

TEST(Prediction, PollsAreFewerBytesThanFramesOnceEnoughMessagesShareOne) {
  Situation poll = at(10, 0), push = poll;
  EXPECT_NEAR(byte_crossover(poll, push).count(), 800 / 2.0 / 10, 1e-9);
  poll.poll_interval = byte_crossover(poll, push);
  EXPECT_NEAR(predict(Transport::keep_alive, poll).application_bytes,
              predict(Transport::websocket, push).application_bytes, 1e-9);
}

TEST(AgePrediction, CumulativeIsTheInverseOfPercentile) {
  const AgePrediction age = predict(Transport::long_poll, at(10, 50)).age;
  EXPECT_EQ(age.cumulative(age.transit - Seconds(1e-9)), 0);
  EXPECT_NEAR(age.cumulative(age.transit), 1 - age.waiting_share, 1e-12);
  for (const double percentile : {65.0, 75.0, 90.0, 99.0, 100.0})
    EXPECT_NEAR(age.cumulative(age.percentile(percentile)), percentile / 100, 1e-12);
  EXPECT_EQ(age.percentile(10), age.transit);
  EXPECT_EQ(age.cumulative(age.max() + Seconds(1)), 1);
}

/// A long poll played out: messages of a Poisson stream, a client that is deaf for W after each answer.
struct Played {
  std::vector<double> ages;
  double requests_per_second = 0;
};

Played play_long_poll(double rate, double round_trip, double deaf, std::size_t messages) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> gap(rate);
  Played played;
  double now = 0, parked_from = 0, answers = 0;  // at the server
  std::vector<double> kept;
  const auto answer = [&](double when) {
    for (const double published : kept) played.ages.push_back(when - published + round_trip / 2);
    kept.clear();
    ++answers;
    parked_from = when + deaf;
  };
  for (std::size_t i = 0; i < messages; ++i) {
    now += gap(random);
    while (!kept.empty() && parked_from <= now) answer(parked_from);
    kept.push_back(now);
    if (parked_from <= now) answer(now);
  }
  played.requests_per_second = answers / now;
  std::sort(played.ages.begin(), played.ages.end());
  return played;
}

TEST(Prediction, OfALongPollIsWhatPlayingItOutComesTo) {
  for (const double rate : {1.0, 10.0, 60.0}) {
    for (const bool reconnects : {false, true}) {
      const Situation s = at(rate, 50, reconnects);
      const Prediction p = predict(Transport::long_poll, s);
      const Played played = play_long_poll(rate, 0.05, reconnects ? 0.1 : 0.05, 200'000);
      double sum = 0;
      for (const double age : played.ages) sum += age;
      EXPECT_NEAR(sum / static_cast<double>(played.ages.size()), p.age.mean().count(), p.age.mean().count() * 0.005);
      EXPECT_NEAR(played.ages[played.ages.size() * 9 / 10], p.age.percentile(90).count(), 0.0006);
      EXPECT_NEAR(played.requests_per_second, p.requests_per_second, p.requests_per_second * 0.005);
    }
  }
}

}  // namespace
}  // namespace wirelab::model
