#include "lab/result/series_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "lab/result/load_settings.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(SeriesStep, IsATenthOfASecondUnlessThatWouldBeTooMany) {
  EXPECT_EQ(default_series_step(3s), 100ms);
  EXPECT_EQ(default_series_step(200s), 100ms);
  EXPECT_EQ(default_series_step(200s + 1ns), 200ms);
  EXPECT_EQ(default_series_step(1h), 2s);
  EXPECT_EQ(default_series_step(24h), 50s);
}

TEST(SeriesStep, TooShortAOneIsRefusedWithOneThatWouldDo) {
  EXPECT_NO_THROW(check_series_step(2s, 1ms));
  const auto complaint = [](Nanos window, Nanos step) -> std::string {
    try {
      check_series_step(window, step);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(complaint(2001ms, 1ms),
            "--series-step 1ms: that would be 2001 intervals, and 2000 are the most; give 100ms");
  EXPECT_THAT(complaint(3s, 0s), HasSubstr("above 0"));
}

TEST(SeriesStep, IsNoneWithoutASeries) {
  LoadSettings settings;
  settings.series_step = 50ms;
  complete(settings);
  EXPECT_EQ(settings.plan.series_step, 0s);
  settings.series_file = "-";
  complete(settings);
  EXPECT_EQ(settings.plan.series_step, 50ms);
  EXPECT_THAT(to_flags(settings), testing::IsSupersetOf({"--series", "-", "--series-step", "50ms"}));
}

TEST(SeriesText, HasALineAnInterval) {
  meter::Series series(100ms, 3);
  series.set_window(10s, 10'250ms);
  for (int i = 0; i < 100; ++i) series.delivered(10s, 2ms);
  for (int i = 0; i < 19; ++i) series.delivered(10'100ms, 3ms);
  series.published(10s, 100);
  series.answered(10'100ms, 10, 20, true);
  series.framed(10'100ms, 5);
  series.connected(10'249ms);
  const auto lines = lines_of(series_text(series, "long-poll", 2));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], nlohmann::json::parse(R"({"schema":"wirelab.series/1","transport":"long-poll","round":2,
    "start_ms":0.0,"length_ms":100.0,"published":1,"expected":100,"delivered":100,
    "age_p50_us":2000.0,"age_p90_us":2000.0,"age_p99_us":null,"age_max_us":2000.0,
    "age_us_buckets":[[2047.0,100]],
    "arrived":0,"requests":0,"empty_answers":0,"frames":0,"connections_opened":0,"failures":0,
    "bytes_out":0,"bytes_in":0})"));
  EXPECT_TRUE(lines[1]["age_p50_us"].is_null()) << "nine samples beyond";
  EXPECT_EQ(lines[1]["age_max_us"], 3000.0);
  EXPECT_EQ(lines[1]["requests"], 1);
  EXPECT_EQ(lines[1]["empty_answers"], 1);
  EXPECT_EQ(lines[1]["frames"], 1);
  EXPECT_EQ(lines[1]["bytes_out"], 10);
  EXPECT_EQ(lines[1]["bytes_in"], 25);
  EXPECT_EQ(lines[2]["start_ms"], 200.0);
  EXPECT_EQ(lines[2]["length_ms"], 50.0);
  EXPECT_EQ(lines[2]["connections_opened"], 1);
  EXPECT_TRUE(lines[2]["age_max_us"].is_null()) << "not known, which is not 0";
  EXPECT_TRUE(lines[2]["age_us_buckets"].empty());
}

class SeriesFile : public testing::Test {
 protected:
  SeriesFile() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~SeriesFile() override { fs::remove_all(folder_); }
  std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  const fs::path folder_ = tests::own_temp("series"), one_ = folder_ / "one", all_ = folder_ / "all";
};

TEST_F(SeriesFile, OneRunsLinesAreMovedBehindTheOthersWithTheirRound) {
  meter::Series series(100ms, 1);
  series.set_window(1s, 1'100ms);
  std::string expected;
  for (const std::uint64_t round : {1, 2}) {
    std::ofstream(one_) << series_text(series, "websocket", 1);
    move_series(one_, all_, round);
    expected += series_text(series, "websocket", round);
    EXPECT_FALSE(fs::exists(one_));
  }
  EXPECT_EQ(read(all_), expected);
}

TEST_F(SeriesFile, WhatCannotBeReadOrWrittenIsNamed) {
  EXPECT_THROW(move_series(one_, all_, 1), std::runtime_error);
  std::ofstream(one_) << "{}\n";
  try {
    move_series(one_, folder_ / "no" / "such", 1);
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no/such"));
  }
}

}  // namespace
}  // namespace wirelab::lab
