#include "lab/result/result.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "lab/result/summary.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using test::sample_result;

Json sample_json() { return Json::parse(to_text(sample_result())); }

std::string complaint(const Json& json) {
  try {
    parse_result(json.dump());
  } catch (const JsonError& error) {
    return error.what();
  }
  return "none";
}

TEST(Result, ReadsBackWhatItWrote) {
  const std::string text = to_text(sample_result());
  EXPECT_EQ(to_text(parse_result(text)), text);
}

TEST(Result, ASummaryWorkedOutFromAFileIsTheOneInIt) {
  const Result read = parse_result(to_text(sample_result()));
  Result again = read;
  again.summary = summarize(read);
  EXPECT_EQ(to_text(again), to_text(read));
}

TEST(Result, HasTheAgreedShape) {
  const Json json = sample_json();
  EXPECT_EQ(json["schema"], "wirelab.result/2");
  EXPECT_EQ(json["configuration"]["poll_interval_ms"], 250);
  EXPECT_TRUE(json["configuration"]["replay"].is_null());
  EXPECT_EQ(json["configuration"]["server_cpu"], 0);
  EXPECT_EQ(json["runs"].size(), 4U);
  EXPECT_EQ(json["runs"][1]["order"], 2);
  EXPECT_EQ(json["runs"][0]["messages"]["delivered"], 100);
  EXPECT_EQ(json["runs"][0]["age_us"]["max"], 100'000);
  EXPECT_EQ(json["runs"][0]["age_us"]["buckets"].size(), 100U);
  EXPECT_EQ(json["runs"][0]["bytes"]["wire"]["segments_in"], 800);
  EXPECT_EQ(json["summary"]["websocket"]["bytes_per_delivered"]["in"]["websocket_framing"], 4);
  EXPECT_FALSE(json["summary"]["websocket"]["age_us"].contains("buckets"));
  EXPECT_TRUE(json["summary"]["websocket"]["connections_per_request"].is_null());
}

TEST(Result, ReadsNullsAndReplays) {
  Result result = sample_result();
  result.configuration.replay = Replay{"chat.ndjson", 1377, 60};
  result.runs[0].server.reset();
  const Result read = parse_result(to_text(result));
  EXPECT_EQ(read.configuration.replay->messages, 1377U);
  EXPECT_FALSE(read.runs[0].server);
  EXPECT_TRUE(read.runs[1].server);
}

TEST(Result, CarriesTheVerdictOfEveryRunAndTransport) {
  Result result = sample_result();
  result.runs[1].verdict = Verdict::client_saturated;
  result.runs[1].reasons = {"the load generator used 90% of a core"};
  const Json json = Json::parse(to_text(result));
  EXPECT_EQ(json["summary"]["websocket"]["verdict"], "VALID");
  EXPECT_EQ(json["runs"][1]["verdict"], "CLIENT-SATURATED");
  const Result read = parse_result(to_text(result));
  EXPECT_EQ(read.runs[1].verdict, Verdict::client_saturated);
  EXPECT_EQ(read.runs[1].reasons, result.runs[1].reasons);
  EXPECT_EQ(read.runs[0].verdict, Verdict::valid);
}

TEST(Result, CarriesTheIntervalsOfItsFigures) {
  Result result = sample_result();
  const Json json = Json::parse(to_text(result))["summary"]["short-poll"]["intervals"];
  EXPECT_EQ(json["server_cpu_ms_per_1000_delivered"], (Json{5'000.0, 5'000.0}));
  EXPECT_TRUE(json["age_p99_us"].is_null()) << "too few samples";
  EXPECT_EQ(parse_result(to_text(result)).summary.at("short-poll").intervals.at("lost")->high, 0);
}

TEST(Result, CarriesWhatTheDoctorFound) {
  Result result = sample_result();
  EXPECT_TRUE(Json::parse(to_text(result))["doctor"].is_null());
  result.doctor.emplace().clock_read_ns = 23.5;
  EXPECT_DOUBLE_EQ(parse_result(to_text(result)).doctor->clock_read_ns, 23.5);
}

TEST(Result, NamesThePlaceOfWhatIsWrong) {
  Json json = sample_json();
  json["runs"][2]["age_us"].erase("p50");
  EXPECT_EQ(complaint(json), "runs.2.age_us.p50: missing");

  json = sample_json();
  json["runs"][0]["messages"]["lost"] = -1;
  EXPECT_EQ(complaint(json), "runs.0.messages.lost: not a whole number of 0 or more");

  json = sample_json();
  json["runs"][0]["age_us"]["buckets"][3] = 7;
  EXPECT_EQ(complaint(json), "runs.0.age_us.buckets.3: not a pair");

  json = sample_json();
  json["runs"][0]["verdict"] = "FINE";
  EXPECT_EQ(complaint(json), "runs.0.verdict: no verdict that this wirelab knows");

  json = sample_json();
  json["configuration"]["poll_timer"] = 5;
  EXPECT_EQ(complaint(json), "configuration.poll_timer: not a string");
}

TEST(Result, ReadsItsOwnVersionOfTheFormatOnly) {
  Json json = sample_json();
  json["schema"] = "wirelab.result/1";
  EXPECT_THAT(complaint(json), testing::HasSubstr("'wirelab.result/1' is not what this wirelab reads"));
  json.erase("schema");
  EXPECT_EQ(complaint(json), "schema: missing");
  EXPECT_EQ(complaint(Json::array()), "not an object");
  EXPECT_THROW(parse_result("{"), JsonError);
}

TEST(Result, IgnoresKeysItDoesNotKnow) {
  Json json = sample_json();
  json["weather"] = "fine";
  EXPECT_EQ(complaint(json), "none");
}

TEST(Result, NamesTheFileThatCannotBeRead) {
  const auto message = [](const std::string& path) {
    try {
      read_result(path);
    } catch (const JsonError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_THAT(message("/does/not/exist.json"), testing::HasSubstr("/does/not/exist.json: cannot be read"));
  const std::string file = testing::TempDir() + "wirelab_not_a_result.json";
  std::ofstream(file) << "{}";
  EXPECT_EQ(message(file), file + ": not a wirelab result: schema: missing");
}

TEST(JsonText, KeepsListsOfPlainValuesOnOneLine) {
  EXPECT_EQ(to_text(Json{{"a", {1, 2}}, {"b", {{"c", nullptr}}}, {"d", Json::array()}, {"e", Json::object()}}),
            "{\n  \"a\": [1,2],\n  \"b\": {\n    \"c\": null\n  },\n  \"d\": [],\n  \"e\": {}\n}\n");
}

}  // namespace
}  // namespace wirelab::lab
