// Theory beside what was measured: worked out from the configuration, shown with the difference.
#include "lab/result/theory.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "lab/report/report_csv.hpp"
#include "lab/report/report_theory.hpp"
#include "lab/result/own_exchange.hpp"
#include "lab/result/summary.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;
using testing::ContainsRegex;
using testing::HasSubstr;

Configuration four_a_second() {
  Configuration c = test::sample_result().configuration;
  c.rate_per_second = 4;
  c.poll_interval_ms = 500;
  return c;
}

TEST(Theory, IsWorkedOutFromTheConfiguration) {
  const Predicted poll = predicted(four_a_second(), "short-poll").value();
  EXPECT_DOUBLE_EQ(poll.age_mean_us, 250'000);
  EXPECT_DOUBLE_EQ(poll.age_p99_us, 495'000);
  EXPECT_DOUBLE_EQ(poll.requests_per_delivered, 0.5);
  EXPECT_DOUBLE_EQ(poll.connections_per_delivered, 0.5);
  EXPECT_EQ(poll.empty_share, 0);
  const Predicted push = predicted(four_a_second(), "websocket").value();
  EXPECT_EQ(push.age_mean_us, 0);
  EXPECT_EQ(push.requests_per_delivered, 0);
  EXPECT_FALSE(push.empty_share);
  EXPECT_DOUBLE_EQ(push.wire_total_bytes_both_per_delivered - push.application_total_bytes_both_per_delivered, 104);
}

TEST(Theory, KnowsTheLongPollThatReconnects) {
  Configuration c = four_a_second();
  EXPECT_EQ(predicted(c, "long-poll").value().connections_per_delivered, 0);
  c.long_poll_reconnects = true;
  EXPECT_DOUBLE_EQ(predicted(c, "long-poll").value().connections_per_delivered, 1);
}

TEST(Theory, IsOfOneSubscribersChannel) {
  Configuration c = four_a_second();
  c.channels = 2;
  EXPECT_DOUBLE_EQ(predicted(c, "keep-alive").value().requests_per_delivered, 1);
  c.arrivals = "poisson";
  Configuration alone = c;
  alone.channels = 1;
  alone.rate_per_second = c.rate_per_second / 2;
  EXPECT_DOUBLE_EQ(*predicted(c, "keep-alive")->empty_share, std::exp(-1));
  EXPECT_DOUBLE_EQ(predicted(c, "long-poll")->requests_per_delivered,
                   predicted(alone, "long-poll")->requests_per_delivered);
}

TEST(Theory, KnowsHowLongChannelsAreCalled) {
  const auto bytes = [](std::uint64_t channels) {
    Configuration c = four_a_second();
    c.rate_per_second = 4 * static_cast<double>(channels);
    c.channels = channels;
    return predicted(c, "keep-alive")->application_total_bytes_both_per_delivered;
  };
  EXPECT_NEAR(bytes(1000) - bytes(10), 0.5 * 2, 1e-9) << "bench-000, bench-0; half a poll each message";
}

TEST(Theory, IsSilentWhereNoClosedFormCovers) {
  const auto without = [](auto change, const char* transport = "short-poll") {
    Configuration c = four_a_second();
    change(c);
    return !predicted(c, transport);
  };
  EXPECT_FALSE(without([](Configuration&) {}));
  EXPECT_TRUE(without([](Configuration&) {}, "carrier-pigeon"));
  EXPECT_TRUE(without([](Configuration& c) { c.rate_per_second = 0; }));
  EXPECT_TRUE(without([](Configuration& c) { c.subscribers = 0; }));
  EXPECT_TRUE(without([](Configuration& c) { c.replay = Replay{"chat.ndjson", 10, 1}; }));
  EXPECT_FALSE(without([](Configuration& c) { c.arrivals = "burst"; }));
  EXPECT_TRUE(without([](Configuration& c) { c.arrivals = "burst"; }, "long-poll")) << "not on loopback";
  EXPECT_TRUE(without([](Configuration& c) { c.arrivals = "burst", c.channels = 2; }));
  EXPECT_FALSE(without([](Configuration& c) { c.arrivals = "poisson"; }));
  EXPECT_FALSE(without([](Configuration& c) { c.arrivals = "poisson", c.channels = 2; }));
  EXPECT_TRUE(without([](Configuration& c) { c.messages_max = 5; })) << "they end in the middle of the window";
  EXPECT_FALSE(without([](Configuration& c) { c.messages_max = 10; }));
  EXPECT_TRUE(without([](Configuration& c) { c.hold_s = 0; }, "long-poll"));
  EXPECT_FALSE(without([](Configuration& c) { c.hold_s = 0; }));
}

TEST(OwnExchange, IsAsLongAsARealOne) {
  model::Situation s;
  set_sizes(s, Transport::long_poll, {});
  const std::string request =
      "GET /long-poll/bench?after=x2qxvk-499&hold=25 HTTP/1.1\r\nHost: 127.0.0.1:40000\r\nUser-Agent: wirelab\r\n"
      "Accept: */*\r\n\r\n";
  const std::string response =
      "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: 167\r\nCache-Control: no-store\r\n\r\n";
  EXPECT_EQ(s.request_header_bytes, request.size());
  EXPECT_EQ(s.response_header_bytes, response.size());
  EXPECT_EQ(s.envelope_bytes, std::string(R"({"cursor":"x2qxvk-500","messages":[""]})").size());
  EXPECT_EQ(s.empty_envelope_bytes, s.envelope_bytes - 2);
  EXPECT_EQ(s.envelope_bytes_per_message, 3);
  const double minimal = s.request_header_bytes;
  OwnExchange browser;
  browser.headers = messages::find_header_set("browser");
  set_sizes(s, Transport::short_poll, browser);
  EXPECT_GT(s.request_header_bytes, minimal + 400);
  EXPECT_GT(s.response_header_bytes, response.size() + std::string("Connection: close\r\n").size());
}

TEST(ReportTheory, ShowsTheDifferenceOfEachFigure) {
  const std::string text = report_theory(test::sample_result());  // mean 50.5 ms of a hundred ages
  EXPECT_THAT(text, ContainsRegex("age mean, ms +125 \\(-74\\.5\\) +0 \\(\\+50\\.5\\)\n"));
  EXPECT_THAT(text, ContainsRegex("age p99, ms +248 \\(-\\) +0 \\(-\\)\n")) << "of 200 samples there is none";
  EXPECT_THAT(text, ContainsRegex("requests per delivered +0\\.800 \\(\\+1\\.20\\) +0 \\(\\+0\\)\n"));
  EXPECT_THAT(text, HasSubstr("for a round trip of 0 ms (loopback)"));
}

TEST(ReportTheory, IsNotThereWithoutATheory) {
  Result result = test::sample_result();
  result.configuration.arrivals = "burst";
  result.configuration.channels = 2;
  result.summary = summarize(result);
  EXPECT_EQ(report_theory(result), "");
}

TEST(ReportCsv, HasTheoryAndTheDifferenceOfEveryRun) {
  const std::string csv = report_csv(test::sample_result());
  EXPECT_THAT(csv, HasSubstr(",predicted_age_mean_us,beyond_predicted_age_mean_us,"));
  EXPECT_THAT(csv, ContainsRegex("short-poll,1,[^\n]*,125000,-74500,"));
  EXPECT_THAT(csv, ContainsRegex("short-poll,all,[^\n]*,125000,-74500,"));
}

}  // namespace
}  // namespace wirelab::lab
