#include "lab/report/report_page.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "lab/report/in_words.hpp"
#include "lab/report/result_table.hpp"
#include "lab/result/summary.hpp"
#include "tests/lab/sample.hpp"

namespace wirelab::lab {
namespace {

using test::sample_result;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kPicture =
    "<svg xmlns=\"http://www.w3.org/2000/svg\">\n<path d=\"M0 0\" fill=\"#fff\"/>100% é</svg>";

std::string page() { return report_page(sample_result(), {{"Bytes by their part.", kPicture}}); }

/// The names of the elements that are open where they should not be, or closed where they are not open.
std::vector<std::string> unbalanced(const std::string& html) {
  static const std::regex tag("<(/?)([a-z0-9]+)[^>]*>");
  std::vector<std::string> open, wrong;
  for (std::sregex_iterator it(html.begin(), html.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (name == "meta" || name == "img") continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else if (!open.empty() && open.back() == name) {
      open.pop_back();
    } else {
      wrong.push_back(name);
    }
  }
  wrong.insert(wrong.end(), open.begin(), open.end());
  return wrong;
}

TEST(ReportPage, HasEveryRowAndTransportOfTheTable) {
  const std::string html = page();
  for (const TableRow& row : result_table(sample_result())) EXPECT_THAT(html, HasSubstr('>' + row.label + "</th>"));
  for (const std::string& transport : measured_transports(sample_result()))
    EXPECT_THAT(html, HasSubstr('>' + transport + "</th>"));
  EXPECT_THAT(html, HasSubstr("VALID"));
}

TEST(ReportPage, IsWholeAndClosesWhatItOpens) {
  EXPECT_THAT(page(), StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(unbalanced(page()), IsEmpty());
  EXPECT_THAT(unbalanced("<p><b></p>"), Not(IsEmpty()));
}

TEST(ReportPage, NeedsNoNetwork) {
  const std::string html = page();
  EXPECT_FALSE(std::regex_search(html, std::regex("(src|href)=\"(?!data:)")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
}

TEST(ReportPage, CarriesAPictureAsItIsAndInWords) {
  const std::string html = page();
  const std::string start = "src=\"data:image/svg+xml,";
  const std::size_t from = html.find(start) + start.size();
  ASSERT_NE(html.find(start), std::string::npos);
  std::string decoded;
  for (std::size_t i = from; html[i] != '"'; ++i) {
    if (html[i] != '%') {
      decoded += html[i];
      continue;
    }
    decoded += static_cast<char>(std::stoi(html.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  EXPECT_EQ(kPicture, decoded);
  EXPECT_THAT(html, HasSubstr("alt=\"Bytes by their part.\""));
}

TEST(ReportPage, WhatComesFromOutsideIsTextAndNotHtml) {
  Result result = sample_result();
  result.command = {"wirelab", "compare", "-o", "<script>alert(\"1\")</script>&"};
  EXPECT_THAT(report_page(result, {}), HasSubstr("-o &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;"));
}

TEST(ReportPage, WhatIsToBeMindedIsAListThatBreaksWhereThePageDoes) {
  Result result = sample_result();
  result.summary.at("websocket").verdict = Verdict::noisy;
  result.summary.at("websocket").reasons = {"the rounds differ", "and the machine slept"};
  const std::string html = report_page(result, {});
  EXPECT_THAT(html, HasSubstr("<li>verdict: websocket NOISY; the rounds differ; and the machine slept</li>"));
  EXPECT_FALSE(std::regex_search(html, std::regex("<li>[^<]*(\\n|  )"))) << "lines of a terminal";
}

TEST(ReportPage, OnPaperNoColumnIsCutOff) {
  const std::string html = page();
  const std::string print = html.substr(html.find("@media print"));
  EXPECT_THAT(print, HasSubstr(".scroll { overflow: visible; }"));
  EXPECT_GT(html.find("@media print"), html.rfind(".scroll { overflow-x: auto; }")) << "or it would be overruled";
}

TEST(ReportPage, HasTheColoursOfTheCharts) {
  std::ifstream in(std::filesystem::path(WIRELAB_SOURCE_DIR) / "scripts/chart_style.py");
  const std::string style{std::istreambuf_iterator<char>(in), {}};
  const std::string html = page();
  const std::regex colour("border-color:(#[0-9A-F]{6})\">([a-z-]+)<");
  int seen = 0;
  for (std::sregex_iterator it(html.begin(), html.end(), colour), end; it != end; ++it, ++seen)
    EXPECT_THAT(style, HasSubstr(fmt::format("\"{}\": {{\"colour\": \"{}\"", (*it)[2].str(), (*it)[1].str())));
  EXPECT_EQ(seen, 2);
}

TEST(ReportPage, TakesTheChartsOfItsFolderInTheirOrder) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "charts_in";
  std::filesystem::create_directories(folder);
  for (const char* name : {"server.svg", "age-distribution.svg", "other.svg"}) std::ofstream(folder / name) << name;
  const auto charts = charts_in(folder, sample_result());
  std::filesystem::remove_all(folder);
  ASSERT_THAT(charts, SizeIs(2));
  EXPECT_EQ(charts[0].svg, "age-distribution.svg");
  EXPECT_EQ(charts[1].svg, "server.svg");
  EXPECT_THAT(charts[0].alternative, HasSubstr("age mean, ms: short-poll 50.5, websocket 50.5"));
}

TEST(InWords, SaysTheFiguresLowestFirst) {
  Result result = sample_result();
  result.summary.at("websocket").age_of_expected_us.p50 = 2'000;
  EXPECT_THAT(in_words(result),
              Contains(StartsWith("Half of the messages were no older than 2.00 ms by websocket and 50.0 "
                                  "ms by short-poll when they arrived")));
}

TEST(InWords, WhatIsNotValidIsNamedAndComparedWithNobody) {
  Result result = sample_result();
  result.summary.at("websocket").verdict = Verdict::lossy;
  const auto words = in_words(result);
  EXPECT_THAT(words, Contains("Not to be compared with the others: websocket (LOSSY)."));
  for (const std::string& sentence : words) EXPECT_THAT(sentence, Not(HasSubstr("by websocket")));
}

TEST(InWords, SaysWhetherThereWasADistance) {
  Result result = sample_result();
  EXPECT_THAT(in_words(result).back(), HasSubstr("loopback"));
  result.configuration.link = LinkConfiguration{};
  result.configuration.link->rtt_ms = 50;
  EXPECT_THAT(in_words(result).back(), HasSubstr("round trip 50ms"));
}

TEST(InWords, OfAnIdleRunSaysWhatWaitingCosts) {
  Result result = sample_result();
  for (auto& run : result.runs) run.messages.planned = 0;
  EXPECT_EQ(in_words(result).front(), "Nothing was published: this is what waiting costs.");
}

}  // namespace
}  // namespace wirelab::lab
