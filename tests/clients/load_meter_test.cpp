#include "clients/load_meter.hpp"

#include <gtest/gtest.h>

#include "clients/stamp.hpp"

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kRun = 0xabcd;
constexpr net::Nanos kBegin = 100s, kEnd = 200s;

class LoadMeterTest : public testing::Test {
 protected:
  LoadMeterTest() {
    meter.set_window(kBegin, kEnd);
    meter.open_window();
  }
  void hear(std::uint32_t subscriber, std::uint16_t publisher, std::uint32_t sequence, net::Nanos due = 150s,
            net::Nanos age = 5ms) {
    meter.on_message(subscriber, write_stamp({kRun, publisher, sequence, due, due + 1ms}, 0), due + age);
  }
  const meter::Tally& tally() const { return meter.tally; }

  LoadMeter meter{kRun, 3};
};

TEST_F(LoadMeterTest, AgeIsFromWhenAMessageWasDue) {
  hear(0, 0, 0, 150s, 5ms);
  hear(0, 0, 1, 150s, 9ms);
  EXPECT_EQ(tally().delivered, 2u);
  EXPECT_EQ(meter.age.min(), 5ms);
  EXPECT_EQ(meter.age.max(), 9ms);
  EXPECT_EQ(meter.age_from_send.min(), 4ms);
  EXPECT_EQ(meter.age_from_send.max(), 8ms);
}

TEST_F(LoadMeterTest, TheSeriesAddsUpToTheTally) {
  meter.series = meter::Series(1s, 100);
  meter.set_window(kBegin, kEnd);
  hear(0, 0, 0, 150s, 5ms);
  hear(0, 0, 0, 150s, 6ms);  // a further copy
  hear(0, 0, 2, 99s, 10s);   // heard in the window, due before it
  meter.on_frame({2, 500}, 3, 150s);
  net::HttpReply reply;
  reply.bytes = {.request_header = 100, .response_header = 50, .response_body = 30};
  reply.received_at = 151s;
  meter.on_reply(reply, 0);
  hear(0, 0, 3, 151s, 1s);
  reply.bytes.response_body = 300;
  meter.on_reply(reply, 1);
  meter.on_connected(152s);
  meter.close_window();
  hear(0, 0, 1, 199s, 3s);  // due in the window, heard after it
  meter.on_reply(reply, 0);
  meter.on_frame({2, 500}, 1, 202s);
  meter.on_connected(202s);
  meter.on_failure("after it");
  const auto rows = meter.series.intervals();
  ASSERT_EQ(rows.size(), 100u);
  EXPECT_EQ(rows[50].age_max, 5ms);
  EXPECT_EQ(rows[50].counts, (meter::Series::Counts{.delivered = 1, .arrived = 1, .frames = 1, .bytes_in = 502}));
  EXPECT_EQ(rows[52].counts, (meter::Series::Counts{.arrived = 1, .connections_opened = 1}));
  EXPECT_EQ(rows[9].counts, (meter::Series::Counts{.arrived = 1}));
  EXPECT_EQ(rows[99].counts, (meter::Series::Counts{.delivered = 1}));
  EXPECT_EQ(rows[99].age_max, 3s);
  meter::Series::Counts sum;
  for (const auto& row : rows) sum += row.counts;
  EXPECT_EQ(sum.delivered, tally().delivered);
  EXPECT_EQ(sum.arrived, tally().window_delivered);
  EXPECT_EQ(sum.requests, tally().requests);
  EXPECT_EQ(sum.empty_answers, tally().empty_answers);
  EXPECT_EQ(sum.frames, tally().frames);
  EXPECT_EQ(sum.failures, tally().failures);
  EXPECT_EQ(sum.bytes_in, tally().in.total());
  EXPECT_EQ(sum.bytes_out, tally().out.total());
}

TEST_F(LoadMeterTest, AFailureIsInTheSeriesToo) {
  meter.series = meter::Series(1s, 100);
  meter.set_window(kBegin, kEnd);
  meter.on_failure("it failed");
  std::uint64_t failures = 0;
  for (const auto& row : meter.series.intervals()) failures += row.counts.failures;
  EXPECT_EQ(failures, 1u);
}

TEST_F(LoadMeterTest, InOrderIsNoFault) {
  for (std::uint32_t sequence = 0; sequence < 100; ++sequence) hear(0, 0, sequence);
  EXPECT_EQ(tally().delivered, 100u);
  EXPECT_EQ(tally().duplicated, 0u);
  EXPECT_EQ(tally().out_of_order, 0u);
}

TEST_F(LoadMeterTest, AFurtherCopyIsADuplicateAndHasNoAge) {
  hear(0, 0, 0);
  hear(0, 0, 1);
  hear(0, 0, 1);
  hear(0, 0, 0);
  EXPECT_EQ(tally().delivered, 2u);
  EXPECT_EQ(tally().duplicated, 2u);
  EXPECT_EQ(tally().out_of_order, 0u);
  EXPECT_EQ(meter.age.count(), 2u);
  EXPECT_EQ(meter.received(), 2u);
}

TEST_F(LoadMeterTest, AMessageThatComesAfterALaterOneIsOutOfOrderOnce) {
  for (const std::uint32_t sequence : {0, 3, 1, 2, 4}) hear(0, 0, sequence);
  EXPECT_EQ(tally().delivered, 5u);
  EXPECT_EQ(tally().out_of_order, 2u);
  EXPECT_EQ(tally().duplicated, 0u);
  hear(0, 0, 2);
  EXPECT_EQ(tally().out_of_order, 2u);
  EXPECT_EQ(tally().duplicated, 1u);
}

TEST_F(LoadMeterTest, OneThatNeverComesIsNotDelivered) {
  for (const std::uint32_t sequence : {0, 1, 3}) hear(0, 0, sequence);
  EXPECT_EQ(tally().delivered, 3u);
  EXPECT_EQ(tally().out_of_order, 0u);
  EXPECT_EQ(meter.received(), 3u);
}

TEST_F(LoadMeterTest, SubscribersAndPublishersAreApart) {
  hear(0, 0, 0);
  hear(1, 0, 0);
  hear(0, 1, 0);
  hear(0, 1, 1);
  hear(1, 0, 1);
  hear(0, 0, 1);
  EXPECT_EQ(tally().delivered, 6u);
  EXPECT_EQ(tally().duplicated, 0u);
  EXPECT_EQ(tally().out_of_order, 0u);
}

TEST_F(LoadMeterTest, MeasuredIsWhatWasDueInTheWindow) {
  hear(0, 0, 0, kBegin - 1ns);
  EXPECT_EQ(tally().delivered, 0u);
  hear(0, 0, 1, kBegin);
  EXPECT_EQ(tally().delivered, 1u);
  hear(0, 0, 2, kEnd - 1ns);
  EXPECT_EQ(tally().delivered, 2u);
  hear(0, 0, 3, kEnd);
  EXPECT_EQ(tally().delivered, 2u);
  hear(0, 0, 0, kBegin - 1ns);
  EXPECT_EQ(tally().duplicated, 0u) << "of a message that is not measured";
  EXPECT_EQ(meter.received(), 4u) << "whenever they were due";
  EXPECT_EQ(meter.age.count(), 2u);
}

TEST_F(LoadMeterTest, TheWindowsEndCanBeBroughtForward) {
  meter.set_window(kBegin, 150s);
  hear(0, 0, 0, 150s - 1ns);
  hear(0, 0, 1, 150s);
  EXPECT_EQ(tally().delivered, 1u);
}

TEST_F(LoadMeterTest, NothingIsMeasuredBeforeThereIsAWindow) {
  LoadMeter early(kRun, 1);
  early.on_message(0, write_stamp({kRun, 0, 0, 150s, 150s}, 0), 151s);
  EXPECT_EQ(early.tally.delivered, 0u);
  EXPECT_EQ(early.tally.window_delivered, 0u);
  EXPECT_EQ(early.received(), 1u);
}

TEST_F(LoadMeterTest, WindowDeliveriesAreWhatArrivedInItWheneverItWasDue) {
  hear(0, 0, 0, kBegin - 1s);
  hear(0, 0, 0, kBegin - 1s);  // a duplicate is no delivery
  meter.close_window();
  hear(0, 0, 1);
  EXPECT_EQ(tally().window_delivered, 1u);
  EXPECT_EQ(tally().delivered, 1u);
}

TEST_F(LoadMeterTest, WhatIsNotOursIsForeign) {
  meter.on_message(0, "hello", 150s);
  meter.on_message(0, "", 150s);
  meter.on_message(0, write_stamp({kRun + 1, 0, 0, 150s, 150s}, 0), 150s);
  meter.on_message(0, write_stamp({kRun, 0, 4'000'000'000, 150s, 150s}, 0), 150s);  // nobody publishes that many
  EXPECT_EQ(tally().foreign, 4u);
  EXPECT_EQ(tally().delivered, 0u);
  EXPECT_EQ(meter.received(), 0u);
  hear(0, 0, 0);
  EXPECT_EQ(tally().delivered, 1u);
}

net::HttpReply reply_of(std::uint64_t request, std::uint64_t header, std::uint64_t body) {
  net::HttpReply reply;
  reply.status = 200;
  reply.sent_at = 150s;
  reply.received_at = 150s + 7ms;
  reply.bytes = {request, 0, header, body};
  return reply;
}

TEST_F(LoadMeterTest, AnAnswersBytesAreSplit) {
  hear(0, 0, 0);  // 57 bytes each
  hear(0, 0, 1);
  meter.on_reply(reply_of(80, 100, 180), 2);
  meter.on_reply(reply_of(81, 101, 34), 0);
  EXPECT_EQ(tally().requests, 2u);
  EXPECT_EQ(tally().empty_answers, 1u);
  EXPECT_EQ(tally().in.payload, 2 * kStampBytes);
  EXPECT_EQ(tally().in.envelope, 180 - 2 * kStampBytes + 34);
  EXPECT_EQ(tally().out.http_headers, 161u);
  EXPECT_EQ(tally().in.http_headers, 201u);
  EXPECT_EQ(tally().in.empty_answers, 101u + 34);
  EXPECT_EQ(tally().out.empty_answers, 81u);
  EXPECT_EQ(meter.service_time.count(), 2u);
  EXPECT_EQ(meter.service_time.max(), 7ms);
}

TEST_F(LoadMeterTest, TheFirstMessageIsTimedFromDialling) {
  meter.close_window();  // nobody dials in it
  meter.dials(1, 90s);
  meter.dials(2, 91s);
  meter.on_established(2, 91s + 40ms);
  meter.on_established(1, 90s + 60ms);
  meter.on_established(0, 95s);  // who never dialled here
  EXPECT_EQ(meter.first_message.count(), 2u);
  EXPECT_EQ(meter.first_message.min(), 40ms);
  EXPECT_EQ(meter.first_message.max(), 60ms);
}

TEST_F(LoadMeterTest, AFramesBytesAreSplit) {
  hear(0, 0, 0);
  meter.on_frame({2, 100}, 1, 150s);
  meter.on_frame({4, 200}, 0, 150s);
  EXPECT_EQ(tally().frames, 2u);
  EXPECT_EQ(tally().in.payload, kStampBytes);
  EXPECT_EQ(tally().in.envelope, 300 - kStampBytes);
  EXPECT_EQ(tally().in.websocket_framing, 6u);
  EXPECT_EQ(tally().requests, 0u);
}

TEST_F(LoadMeterTest, AnUpgradesRequestIsAHandshake) {
  meter.on_upgraded(160);
  EXPECT_EQ(tally().upgrades, 1u);
  EXPECT_EQ(tally().out.handshakes, 160u);
  EXPECT_EQ(tally().out.total(), 160u);
  meter.close_window();
  meter.on_upgraded(160);
  EXPECT_EQ(tally().upgrades, 1u);
  EXPECT_EQ(tally().out.handshakes, 160u);
}

TEST_F(LoadMeterTest, OutsideTheWindowNoExchangeCounts) {
  meter.close_window();
  hear(0, 0, 0);
  meter.on_reply(reply_of(80, 100, 180), 1);
  meter.on_frame({2, 100}, 0, 150s);
  EXPECT_EQ(tally().requests, 0u);
  EXPECT_EQ(tally().frames, 0u);
  EXPECT_EQ(tally().in.payload, 0u);
  EXPECT_EQ(tally().in.envelope, 0u);
  EXPECT_EQ(meter.service_time.count(), 0u);
}

TEST_F(LoadMeterTest, TheTextsOfAnAnswerBeforeTheWindowAreNotTakenOffTheNextOne) {
  meter.close_window();
  hear(0, 0, 0);
  meter.on_reply(reply_of(80, 100, 180), 1);
  meter.open_window();
  meter.on_reply(reply_of(80, 100, 34), 0);
  EXPECT_EQ(tally().in.envelope, 34u);
  meter.close_window();
  hear(0, 0, 1);
  meter.on_frame({2, 100}, 1, 150s);
  meter.open_window();
  meter.on_frame({2, 40}, 0, 150s);
  EXPECT_EQ(tally().in.envelope, 34u + 40);
}

TEST_F(LoadMeterTest, FailuresAreCountedByReasonOverTheWholeRun) {
  meter.on_failure("HTTP 503");
  meter.close_window();
  meter.on_failure("HTTP 503");
  meter.on_failure("refused");
  meter.on_gap(0);
  EXPECT_EQ(tally().failures, 1u);
  EXPECT_EQ(tally().failure_reasons.at("HTTP 503"), 2u);
  EXPECT_EQ(tally().failure_reasons.at("refused"), 1u);
  EXPECT_EQ(tally().gaps, 1u);
}

}  // namespace
}  // namespace wirelab::clients
