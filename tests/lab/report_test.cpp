#include <gmock/gmock.h>

#include <array>
#include <sstream>

#include "lab/report/report_csv.hpp"
#include "lab/report/report_text.hpp"
#include "lab/result/summary.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using test::sample_result;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

/// The cells of the first row with this label after the heading.
std::vector<std::string> row(const std::string& text, const std::string& heading, const std::string& label) {
  bool below = false;
  for (const std::string& line : lines(text)) {
    below = below || line == heading;
    if (!below || line.compare(0, label.size() + 2, "  " + label) != 0) continue;
    std::istringstream cells(line.substr(label.size() + 2));
    return {std::istream_iterator<std::string>(cells), {}};
  }
  return {};
}

using Cells = std::vector<std::string>;

/// Of a line of a CSV that needs no quotes.
Cells cells(const std::string& line) {
  Cells all;
  std::istringstream in(line.substr(0, line.find('\r')) + ',');
  for (std::string cell; std::getline(in, cell, ',');) all.push_back(cell);
  return all;
}

TEST(ReportText, HasEveryFigureOfEveryTransport) {
  const std::string text = report_text(sample_result());
  EXPECT_EQ(row(text, "Age at delivery, ms", "p50"), (Cells{"50.0", "50.0"}));
  EXPECT_EQ(row(text, "Age at delivery, ms", "p90"), (Cells{"90.0", "90.0"}));
  EXPECT_EQ(row(text, "Age at delivery, ms", "max"), (Cells{"100", "100"}));
  EXPECT_EQ(row(text, "Deliveries", "expected"), (Cells{"200", "200"}));
  EXPECT_EQ(row(text, "Deliveries", "delivered, % of expected"), (Cells{"100", "100"}));
  EXPECT_EQ(row(text, "Deliveries", "duplicates"), (Cells{"0", "0"}));
  EXPECT_EQ(row(text, "Deliveries", "out of order"), (Cells{"0", "0"}));
  EXPECT_EQ(row(text, "HTTP", "requests per delivered message"), (Cells{"2.00", "0"}));
  EXPECT_EQ(row(text, "HTTP", "connections per delivered message"), (Cells{"2.00", "0"}));
  EXPECT_EQ(row(text, "HTTP", "connections per request"), (Cells{"1.00", "-"}));
  EXPECT_EQ(row(text, "HTTP", "answers without a message, %"), (Cells{"50.0", "-"}));
  EXPECT_EQ(row(text, "HTTP", "service time p50, ms"), (Cells{"0.250", "-"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "payload"), (Cells{"128", "128"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "envelope"), (Cells{"30.0", "30.0"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "HTTP headers"), (Cells{"500", "0"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "WebSocket framing"), (Cells{"0", "4.00"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "application view: total above TCP"), (Cells{"658", "162"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "wire view: total with TCP and IP"), (Cells{"1,626", "162"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "overhead, application view"), (Cells{"500", "4.00"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "overhead, wire view"), (Cells{"1,468", "4.00"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "  of it on empty answers, %"), (Cells{"41.0", "0"}));
  EXPECT_EQ(row(text, "Bytes per delivered message", "connections whose two counts disagree"), (Cells{"0", "0"}));
  EXPECT_EQ(row(text, "Server", "CPU, ms per 1,000 delivered"), (Cells{"5,000", "5,000"}));
  EXPECT_EQ(row(text, "Server", "CPU, % of one core"), (Cells{"25.0", "25.0"}));
  EXPECT_EQ(row(text, "Server", "  in user mode"), (Cells{"2,000", "2,000"}));
  EXPECT_EQ(row(text, "Server", "  in the kernel"), (Cells{"3,000", "3,000"}));
  EXPECT_EQ(row(text, "Server", "  of it, publishing alone"), (Cells{"-", "-"}));
  EXPECT_EQ(row(text, "Server", "context switches per second"), (Cells{"11.5", "11.5"}));
  EXPECT_EQ(row(text, "Server", "requests per second"), (Cells{"150", "150"}));
  EXPECT_EQ(row(text, "Server", "connections accepted per second"), (Cells{"100", "100"}));
  EXPECT_EQ(row(text, "Server", "open descriptors"), (Cells{"121", "121"}));
  EXPECT_EQ(row(text, "Server", "peak memory, MiB"), (Cells{"3.0", "3.0"}));
  EXPECT_EQ(row(text, "Server", "memory per idle subscriber, KiB"), (Cells{"48.8", "48.8"}));
  EXPECT_EQ(row(text, "Server", "kernel's memory per idle subscriber, KiB"), (Cells{"7.32", "7.32"}));
  EXPECT_EQ(row(text, "Load generator", "CPU, % of one core"), (Cells{"10.0", "10.0"}));
}

TEST(ReportText, PrintsNoPercentileThatTooFewSamplesStandFor) {
  EXPECT_EQ(row(report_text(sample_result()), "Age at delivery, ms", "p99"), (Cells{"-", "-"}));  // of 200
}

TEST(ReportText, TellsWhatItTakesToMeasureItAgain) {
  const std::string text = report_text(sample_result());
  EXPECT_THAT(text,
              HasSubstr("10 subscribers on 1 channel, 5 messages/s in all (constant arrivals) of 128 B, by POST"));
  EXPECT_THAT(text, HasSubstr("2 rounds"));
  EXPECT_THAT(text, HasSubstr("polls every 250 ms (fixed-rate), long polls held 25 s; 500 ms warm-up, "
                              "2 s measured; seed 1"));
  EXPECT_THAT(text, HasSubstr("Abacus 9000, 2 cores, Linux 6.1.0, TCP cubic; server on CPU 0; load from CPU 1"));
  EXPECT_THAT(text, HasSubstr("2026-01-31T12:00:00Z; git abc; RelWithDebInfo; minimal headers"));
}

TEST(ReportText, SaysWhatWasReplayed) {
  Result result = sample_result();
  result.configuration.replay = Replay{"recorded/chat.ndjson", 1377, 60};
  EXPECT_THAT(report_text(result), HasSubstr(", 1,377 messages of chat.ndjson replayed at speed 60, by POST"));
}

TEST(ReportText, HasNothingToComplainAboutWhenNothingWentWrong) {
  EXPECT_THAT(report_text(sample_result()), Not(HasSubstr("!")));
}

TEST(ReportText, NamesWhatWentWrongOnALineOfTheProtocol) {
  Result result = sample_result();
  MessageCounts& m = result.runs[1].messages;
  m.published = 9, m.delivered = 99, m.lost = 1, m.duplicated = 2, m.out_of_order = 3, m.gaps = 4, m.foreign = 5;
  m.publish_failures = 6;
  result.runs[1].window.failures = 7;
  result.runs[1].window.failure_reasons = {{"connection refused", 8}};
  result.runs[1].interrupted = true;
  result.runs[1].server.reset();
  result.summary = summarize(result);
  const std::string text = report_text(result);
  EXPECT_THAT(text,
              HasSubstr("! websocket: interrupted before its end; only 19 of 20 planned messages published; 1 of what "
                        "was expected lost; 2 duplicated; 3 out of order; 4 gaps announced; 5 messages that we did not "
                        "publish; 6 failed attempts to publish; failures (7 in the window): connection refused: 8; the "
                        "server has no GET /load"));
  EXPECT_THAT(text, Not(HasSubstr("! short-poll")));
}

TEST(ReportText, SaysTheVerdictOfEveryTransportAndWhyItIsNotValid) {
  Result result = sample_result();
  EXPECT_THAT(report_text(result), ContainsRegex("\nVerdict +VALID +VALID\n"));
  EXPECT_THAT(report_text(result), HasSubstr("\nverdict: VALID\n"));
  result.runs[3].messages.lost = 1;
  result.runs[3].generator.cpu_share_of_core = 0.9;
  result.summary = summarize(result);
  EXPECT_THAT(report_text(result), ContainsRegex("\nVerdict +VALID +LOSSY\n"));
  EXPECT_THAT(report_text(result), HasSubstr("\nverdict: websocket LOSSY\n  round 2: 1 of 100 deliveries did not come\n"
                                             "  round 2: the load generator used 90% of a core"));
  result.runs[3].messages.lost = 0;
  result.summary = summarize(result);
  EXPECT_THAT(report_text(result), ContainsRegex("\nVerdict +VALID +SATURATED\n"));
  EXPECT_THAT(report_text(result), HasSubstr("\nverdict: websocket CLIENT-SATURATED\n"));
}

TEST(ReportText, SaysWhatToBearInMindOfTheMachine) {
  Result result = sample_result();
  EXPECT_THAT(report_text(result), Not(HasSubstr("machine, "))) << "nobody looked";
  result.doctor.emplace().cpus_allowed = {0};
  result.doctor->clock_read_ns = 120;
  result.host.virtual_machine = "hypervisor";
  const std::string text = report_text(result);
  EXPECT_THAT(text, HasSubstr("machine, bad: One core: "));
  EXPECT_THAT(text, HasSubstr("machine, warn: virtual machine, clock, ports (`wirelab doctor` explains)\n"));
  EXPECT_THAT(text, Not(HasSubstr("other work"))) << "that is ok";
  for (const std::string& line : lines(text)) EXPECT_LE(line.size(), 100U) << line;
}

TEST(ReportText, SaysHowOldAtLeastTheLostAre) {
  Result result = sample_result();
  for (lab::Run& run : result.runs) run.messages.lost = 100, run.messages.expected = 200, run.messages.delivered = 100;
  for (lab::Run& run : result.runs) run.censored = Censored{100, 5'012'300, 5'001'000};
  result.summary = summarize(result.runs);
  const std::string text = report_text(result);
  EXPECT_EQ(row(text, "Age at delivery, ms", "p50"), (Cells{"100", "100"})) << "half of it came";
  EXPECT_EQ(row(text, "Age at delivery, ms", "p90"), (Cells{"≥", "5,012", "lost", "≥", "5,012", "lost"}));
  EXPECT_EQ(row(text, "Age at delivery, ms", "max"), (Cells{"≥", "5,012", "lost", "≥", "5,012", "lost"}));
  EXPECT_THAT(text, HasSubstr("! websocket: 200 of what was expected lost, not come after 5,012 ms at least\n"));
  EXPECT_THAT(text, HasSubstr("\n  p90" + std::string(40, ' ') + "≥ 5,012 lost ≥ 5,012 lost\n"));
}

TEST(ReportText, ShowsTheAgeFromTheSendOnlyWhenSendingWasLate) {
  Result result = sample_result();
  EXPECT_THAT(report_text(result), Not(HasSubstr("from the actual send")));
  result.summary.at("websocket").age_from_send_us.max = 80'000;
  const std::string text = report_text(result);
  EXPECT_EQ(row(text, "Age from the actual send, forgiving lateness", "p50, ms"), (Cells{"50.0", "50.0"}));
  EXPECT_EQ(row(text, "Age from the actual send, forgiving lateness", "max of what came, ms"),
            (Cells{"100.0", "80.0"}));
}

TEST(ReportText, NeverRoundsALossUpToAHundredPercent) {
  Result result = sample_result();
  result.summary["websocket"].expected = 10'000'000;
  result.summary["websocket"].delivered = 9'999'999;
  EXPECT_EQ(row(report_text(result), "Deliveries", "delivered, % of expected")[1], "99.999");
}

TEST(ReportText, FitsAHundredColumnsWithFourTransports) {
  Result result = sample_result();
  result.configuration.transports = {"short-poll", "keep-alive", "long-poll", "websocket"};
  result.summary["keep-alive"] = result.summary["long-poll"] = result.summary["short-poll"];
  bool in_table = false;
  for (const std::string& line : lines(report_text(result))) {
    in_table = in_table || line.find("keep-alive ") != std::string::npos;
    if (in_table) {
      EXPECT_LE(line.size(), 104U) << line;
    }
  }
  EXPECT_TRUE(in_table);
}

/// Four transports over three rounds; ages and costs a few per cent apart within each, and two of them alike.
Result ranked_result() {
  Result result = sample_result();
  const lab::Run like = result.runs[0];
  result.runs.clear();
  result.configuration.transports = {"short-poll", "keep-alive", "long-poll", "websocket"};
  result.configuration.rounds = 3;
  for (std::uint64_t round = 1; round <= 3; ++round)
    for (std::size_t i = 0; i < 4; ++i) {
      lab::Run& run = result.runs.emplace_back(like);
      run.transport = result.configuration.transports[i];
      run.round = round;
      run.age_us.buckets = {
          {std::array{100'000.0, 100'000.0, 2'000.0, 1'000.0}[i] * (1 + 0.01 * static_cast<double>(round)), 100}};
      run.age_us.min = run.age_us.max = run.age_us.mean = run.age_us.buckets[0].first;
    }
  result.summary = summarize(result.runs);
  return result;
}

TEST(ReportAhead, HasTheIntervalsOfWhatIsRanked) {
  const std::string text = report_text(ranked_result());
  EXPECT_EQ(
      row(text, "95% intervals over 3 rounds               short-poll      keep-alive       long-poll       websocket",
          "age p50, ms"),
      (Cells{"101", "-", "103", "101", "-", "103", "2.02", "-", "2.06", "1.01", "-", "1.03"}));
  EXPECT_EQ(
      row(text, "95% intervals over 3 rounds               short-poll      keep-alive       long-poll       websocket",
          "age p99, ms"),
      Cells{})
      << "nobody has one: too few samples";
  EXPECT_THAT(text, Not(HasSubstr("bytes/s per idle")));
}

TEST(ReportAhead, RanksWhereIntervalsSeparateAndSaysTiesPlainly) {
  const std::string text = report_text(ranked_result());
  EXPECT_THAT(text,
              HasSubstr("  age p50                           websocket, then long-poll, then keep-alive and short-poll "
                        "(not\n                                    separable with 3 rounds)\n"));
  EXPECT_THAT(text,
              HasSubstr("  server peak memory                keep-alive, long-poll, short-poll and websocket: not "
                        "separable\n"));
  EXPECT_THAT(text, HasSubstr("about one equal pair in ten looks apart by luck"));
  EXPECT_THAT(text, Not(HasSubstr("not ranked")));
  for (const std::string& line : lines(text)) EXPECT_LE(line.size(), 100U) << line;
}

TEST(ReportAhead, DoesNotRankWhatIsNotValid) {
  Result result = ranked_result();
  result.runs[3].messages.lost = 1;
  result.summary = summarize(result.runs);
  const std::string text = report_text(result);
  EXPECT_THAT(text, HasSubstr("  age p50                           long-poll, then keep-alive and short-poll"));
  EXPECT_THAT(text, HasSubstr("  not ranked                        websocket (LOSSY)\n"));
}

TEST(ReportAhead, SaysThatOneRoundShowsNothing) {
  Result result = ranked_result();
  result.runs.resize(4);
  result.summary = summarize(result.runs);
  EXPECT_THAT(report_text(result), HasSubstr("Who is ahead: one round cannot show it"));
  EXPECT_THAT(report_text(result), Not(HasSubstr("intervals over")));
  result.runs.resize(1);
  result.summary = summarize(result.runs);
  EXPECT_THAT(report_text(result), Not(HasSubstr("Who is ahead")));
}

/// As it is when nothing was published: no message, half the requests' answers empty or not.
Result idle_result() {
  Result result = sample_result();
  result.configuration.rate_per_second = 0;
  for (lab::Run& run : result.runs) {
    run.messages = {};
    run.window.delivered = 0;
    run.age_us = run.age_from_send_us = run.schedule_lag_us = {};
  }
  result.summary = summarize(result);
  return result;
}

TEST(ReportText, AnIdleRunIsATableOfWhatWaitingCosts) {
  const std::string text = report_text(idle_result());
  EXPECT_THAT(text, HasSubstr("nothing published"));
  EXPECT_THAT(text, Not(HasSubstr("Age at delivery")));
  EXPECT_THAT(text, Not(HasSubstr("delivered")));
  EXPECT_THAT(text, HasSubstr("Nothing was published: this is what waiting costs."));
  EXPECT_EQ(row(text, "HTTP", "requests per second"), (Cells{"100", "0"}));
  EXPECT_EQ(row(text, "HTTP", "answers without a message, %"), (Cells{"50.0", "-"}));
  EXPECT_EQ(row(text, "HTTP", "connections opened per second"), (Cells{"100", "0"}));
  const std::string all = "Bytes per second, all subscribers", each = "Bytes per second and subscriber";
  EXPECT_EQ(row(text, all, "application view: total above TCP"), (Cells{"32,900", "8,100"}));
  EXPECT_EQ(row(text, all, "wire view: total with TCP and IP"), (Cells{"81,292", "8,100"}));
  EXPECT_EQ(row(text, each, "wire view: total with TCP and IP"), (Cells{"8,129", "810"}));
  EXPECT_EQ(row(text, "Server", "CPU, ms/s per 1,000 subscribers"), (Cells{"25,000", "25,000"}));
  EXPECT_EQ(row(text, "Server", "pings per second"), (Cells{"4.00", "4.00"}));
  EXPECT_EQ(row(text, "Server", "silent peers cut off per second"), (Cells{"2.00", "2.00"}));
  EXPECT_EQ(row(text, "Server", "memory per idle subscriber, KiB"), (Cells{"48.8", "48.8"}));
  EXPECT_EQ(row(text, "Server", "kernel's memory per idle subscriber, KiB"), (Cells{"7.32", "7.32"}));
  EXPECT_EQ(row(text, "Load generator", "CPU, % of one core"), (Cells{"10.0", "10.0"}));
  for (const std::string& line : lines(text)) EXPECT_LE(line.size(), 100U) << line;
}

TEST(ReportText, AnIdleRunsIntervalsAreOfItsOwnFigures) {
  const std::string text = report_text(idle_result());
  EXPECT_THAT(text, HasSubstr("  bytes/s per idle subscriber"));
  EXPECT_THAT(text, HasSubstr("  server CPU, ms/s per 1,000 idle"));
  EXPECT_THAT(text, HasSubstr("  server memory per idle one, KiB"));
  EXPECT_THAT(text, Not(HasSubstr("age p50")));
  EXPECT_THAT(report_text(sample_result()), Not(HasSubstr("bytes/s per idle")));
}

TEST(ReportCsv, AnIdleRunHasFiguresByTime) {
  const auto all = lines(report_csv(idle_result()));
  const Cells names = cells(all[0]), values = cells(all[5]);
  const auto value = [&](const std::string& name) {
    const auto at = std::find(names.begin(), names.end(), name);
    return at == names.end() ? "no such column" : values[static_cast<std::size_t>(at - names.begin())];
  };
  EXPECT_EQ(value("subscribers"), "10");
  EXPECT_EQ(value("published"), "0");
  EXPECT_EQ(value("requests_per_second"), "100");
  EXPECT_EQ(value("empty_answers_per_second"), "50");
  EXPECT_EQ(value("wire_total_bytes_both_per_second_per_subscriber"), "8129.2");
  EXPECT_EQ(value("server_cpu_ms_per_second_per_1000_subscribers"), "25000");
  EXPECT_EQ(value("server_resident_bytes_per_idle_subscriber"), "50000");
  EXPECT_EQ(value("server_kernel_bytes_per_idle_subscriber"), "7500");
  EXPECT_EQ(value("server_pings_per_second"), "4");
  EXPECT_EQ(value("server_cpu_ms_per_1000_delivered"), "");
}

TEST(ReportCsv, HasALineForEveryRunAndEveryTransport) {
  const auto all = lines(report_csv(sample_result()));
  ASSERT_EQ(all.size(), 1U + 4 + 2);
  EXPECT_TRUE(all[0].starts_with("transport,round,verdict,expected,delivered,"));
  EXPECT_TRUE(all[1].starts_with("short-poll,1,VALID,100,100,0,0,0,,1000,"));
  EXPECT_TRUE(all[4].starts_with("websocket,2,VALID,100,100,"));
  EXPECT_TRUE(all[5].starts_with("short-poll,all,VALID,200,200,"));
  EXPECT_TRUE(all[6].starts_with("websocket,all,VALID,200,200,"));
  for (const std::string& line : all) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), std::count(all[0].begin(), all[0].end(), ','));
    EXPECT_EQ(line.back(), '\r');
  }
}

TEST(ReportCsv, HasTheIntervalsOfATransportAndOfNoRun) {
  const auto all = lines(report_csv(sample_result()));
  EXPECT_THAT(all[0], EndsWith(",server_cpu_ms_per_1000_delivered_low,server_cpu_ms_per_1000_delivered_high,"
                               "server_peak_resident_bytes_low,server_peak_resident_bytes_high,reasons\r"));
  EXPECT_THAT(all[1], EndsWith(",,,,,\r"));
  EXPECT_THAT(all[5], EndsWith(",5000,5000,3145728,3145728,\r"));
}

TEST(ReportCsv, LeavesEmptyWhatFallsAmongTheLost) {
  Result result = sample_result();
  lab::Run& run = result.runs[0];
  run.messages.lost = 100, run.messages.expected = 200;
  run.censored = Censored{100, 5'012'300, 5'001'000};
  const auto all = lines(report_csv(result));
  const Cells names = cells(all[0]), values = cells(all[1]);
  const auto cell = [&](const std::string& column) {
    return values.at(static_cast<std::size_t>(std::find(names.begin(), names.end(), column) - names.begin()));
  };
  EXPECT_EQ(cell("censored_age_min_us"), "5012300");
  EXPECT_EQ(cell("age_p50_us"), "100000");
  EXPECT_EQ(cell("age_p90_us"), "");
  EXPECT_EQ(cell("age_max_us"), "");
  EXPECT_EQ(cell("age_from_send_p50_us"), "99990");
  EXPECT_EQ(cell("service_time_p50_us").substr(0, 3), "250");
  EXPECT_EQ(cell("first_message_mean_us").substr(0, 3), "500");
  EXPECT_EQ(cell("schedule_lag_p99_us").substr(0, 2), "10");
  EXPECT_EQ(cell("schedule_lag_max_us"), "10");
}

TEST(ReportCsv, SaysWhyARunIsNotValid) {
  Result result = sample_result();
  result.runs[0].messages.lost = 2;
  result.runs[0].messages.duplicated = 3;
  const std::string line = lines(report_csv(result))[1];
  EXPECT_THAT(line, StartsWith("short-poll,1,LOSSY,"));
  EXPECT_THAT(line, EndsWith(",\"round 1: 2 of 100 deliveries did not come; round 1: 3 came more than once\"\r"));
}

TEST(ReportCsv, LeavesOutWhatDoesNotApply) {
  Result result = sample_result();
  result.runs.resize(1);
  result.runs[0] = lab::Run{};
  result.runs[0].transport = "websocket";
  result.configuration.rate_per_second = 0;  // of which there is no theory
  result.summary.clear();
  const auto all = lines(report_csv(result));
  const Cells names = cells(all[0]), values = cells(all[1]);
  Cells filled;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!values[i].empty()) filled.push_back(names[i] + "=" + values[i]);
  EXPECT_EQ(filled, (Cells{"transport=websocket", "round=1", "verdict=VALID", "expected=0", "delivered=0", "lost=0",
                           "duplicated=0", "out_of_order=0", "subscribers=0", "published=0", "witnesses_disagreeing=0",
                           "generator_cpu_share_of_core=0"}));
}

}  // namespace
}  // namespace wirelab::lab
