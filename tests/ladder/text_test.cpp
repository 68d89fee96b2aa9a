#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "ladder/ladder_text.hpp"
#include "ladder/text_rows.hpp"
#include "tests/ladder/script.hpp"

namespace wirelab::tests {
namespace {

using ladder::draw_text;
using ladder::Ladder;
using ladder::place_rows;
using ladder::PlacedArrow;
using testing::HasSubstr;

const std::string kQuestion = "GET /short-poll/news?after=k3f9-123456 HTTP/1.1\r\n\r\n";
const std::string kNoNews = answer(R"({"cursor":"k-1","messages":[]})");
const std::string kOneNews = answer(R"({"cursor":"k-2","messages":["news"]})");

Ladder poll() {
  Script script;
  script.connect(0).say(Side::client, 50, kQuestion).say(Side::server, 75, kNoNews).send(Side::client, 100, kAck);
  script.say(Side::client, 1100, kQuestion).say(Side::server, 1125, kOneNews).lost().again(1400);
  return ladders_of(script.passages + publisher(900, "news", 40'001).passages, kRoundTrip).at(0);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::size_t line_with(const std::string& text, const std::string& words) {
  const auto lines = lines_of(text);
  return static_cast<std::size_t>(
      std::find_if(lines.begin(), lines.end(),
                   [&](const auto& line) { return line.find(words) != std::string::npos; }) -
      lines.begin());
}

TEST(TextRows, ArrowsSlantByTheirTransit) {
  const Ladder ladder = poll();
  const auto rows = place_rows(ladder);
  EXPECT_DOUBLE_EQ(rows.row_us, 5'000);
  for (const PlacedArrow& placed : rows.arrows) EXPECT_EQ(placed.end_row - placed.row, 5u);
}

TEST(TextRows, OneThingALineAndSideAndNothingBeforeItsCause) {
  const Ladder ladder = poll();
  const auto rows = place_rows(ladder);
  std::vector<std::pair<bool, std::size_t>> used;
  for (const auto& label : rows.labels) used.emplace_back(label.client, label.row);
  std::sort(used.begin(), used.end());
  EXPECT_EQ(std::adjacent_find(used.begin(), used.end()), used.end());
  for (const PlacedArrow& cause : rows.arrows) {
    for (const PlacedArrow& effect : rows.arrows) {
      const bool towards = cause.arrow->from != effect.arrow->from && cause.arrow->arrives_us;
      if (towards && *cause.arrow->arrives_us <= effect.arrow->sent_us) {
        EXPECT_LE(cause.end_row, effect.row);
      }
    }
  }
}

TEST(TextRows, LongStretchesOfNothingAreCutAndSaid) {
  const Ladder ladder = poll();
  const auto rows = place_rows(ladder);
  // Before the message is published, before the second question, and before the answer is repeated.
  ASSERT_EQ(rows.cuts.size(), 3u);
  EXPECT_DOUBLE_EQ(rows.cuts[0].length_us, 850'000);
  EXPECT_LT(rows.rows, 100u);
  for (const auto& cut : rows.cuts)
    for (const PlacedArrow& placed : rows.arrows) EXPECT_TRUE(placed.end_row < cut.row - 1 || placed.row > cut.row + 1);
}

TEST(TextRows, ALinkWithoutDistanceIsDrawnToo) {
  Ladder ladder = poll();
  ladder.round_trip_us = 0;
  for (auto& arrow : ladder.arrows) arrow.arrives_us = arrow.sent_us;
  const auto rows = place_rows(ladder);
  for (const PlacedArrow& placed : rows.arrows) EXPECT_EQ(placed.end_row, placed.row);
  EXPECT_THAT(draw_text(ladder), HasSubstr("SYN ACK"));
}

TEST(LadderText, FitsItsColumnsAndKeepsTheBytes) {
  for (const std::size_t width : {80u, 100u, 120u}) {
    const std::string text = draw_text(poll(), {.columns = width});
    for (const std::string& line : lines_of(text)) EXPECT_LE(columns(line), width) << line;
    EXPECT_THAT(text, HasSubstr(std::to_string(kQuestion.size() + 40) + " B"));
  }
  EXPECT_THAT(draw_text(poll(), {.columns = 160}), HasSubstr("GET /short-poll/news?after=k3f9-123456 91 B"));
}

TEST(LadderText, SaysEverythingInOrder) {
  const std::string text = draw_text(poll(), {.columns = 120});
  EXPECT_LT(line_with(text, "SYN ACK 40 B"), line_with(text, "GET /short-poll"));
  EXPECT_LT(line_with(text, "GET /short-poll"), line_with(text, "200 OK: no message"));
  EXPECT_LT(line_with(text, "200 OK: no message"), line_with(text, "850.0 ms of nothing"));
  EXPECT_LT(line_with(text, "850.0 ms of nothing"), line_with(text, "● message 1 published"));
  EXPECT_LT(line_with(text, "● message 1 published"), line_with(text, "200 OK: message 1 "));
  EXPECT_LT(line_with(text, "200 OK: message 1 "), line_with(text, "again: 200 OK: message 1 "));
  EXPECT_LT(line_with(text, "again: 200 OK: message 1"), line_with(text, "● message 1, 450.0 ms old"));
  EXPECT_THAT(text, HasSubstr("✗"));
  EXPECT_THAT(lines_of(text),
              testing::Contains(testing::MatchesRegex("connection 1: first answer +100.0 +0.0 +2.00 +2")));
}

TEST(LadderText, PlainAsciiIfAsked) {
  const std::string text = draw_text(poll(), {.columns = 100, .ascii = true});
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  EXPECT_THAT(text, HasSubstr("* message 1 published"));
}

}  // namespace
}  // namespace wirelab::tests
