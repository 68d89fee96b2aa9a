#include "lab/result/axis.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace wirelab::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> values(const char* text) { return parse_over(text).values; }

std::string refusal(const char* text) {
  try {
    parse_over(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Over, ReadsEachAxisInItsOwnUnits) {
  EXPECT_EQ(parse_over("clients=1").axis, Axis::clients);
  EXPECT_THAT(values("clients=1,10,1k"), ElementsAre(1, 10, 1000));
  EXPECT_THAT(values("rate=0.5,20"), ElementsAre(0.5, 20));
  EXPECT_THAT(values("payload=64,64KiB"), ElementsAre(64, 65536));
  EXPECT_THAT(values("poll-interval=50ms,2s"), ElementsAre(50, 2000));
  EXPECT_THAT(values("rtt=0,50ms,1s"), ElementsAre(0, 50, 1000));
  EXPECT_THAT(values("loss=0,1%,0.05"), ElementsAre(0, 0.01, 0.05));
}

TEST(Over, SortsWhatIsNot) { EXPECT_THAT(values("clients=100,1,10"), ElementsAre(1, 10, 100)); }

TEST(Over, ARangeMultipliesAndHasBothItsEnds) {
  EXPECT_THAT(values("clients=1..8*2"), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(values("clients=1..5000*10"), ElementsAre(1, 10, 100, 1000, 5000));
  EXPECT_THAT(values("clients=1..4*1.5"), ElementsAre(1, 2, 3, 4)) << "subscribers are whole, and none is there twice";
  EXPECT_THAT(values("rate=0.5..2*2"), ElementsAre(0.5, 1, 2));
  EXPECT_THAT(values("poll-interval=50ms..1s*10"), ElementsAre(50, 500, 1000));
  EXPECT_THAT(values("clients=1,10..1000*10"), ElementsAre(1, 10, 100, 1000));
}

TEST(Over, BadInputIsNamed) {
  EXPECT_THAT(refusal("clients"), HasSubstr("'clients' is not what to sweep over: write it like clients=1,10,100"));
  EXPECT_THAT(refusal("rounds=1,2"), HasSubstr("'rounds' is none of: clients, rate, payload, poll-interval"));
  EXPECT_THAT(refusal("clients="), HasSubstr("'' is not a count"));
  EXPECT_THAT(refusal("clients=1,,2"), HasSubstr("'' is not a count"));
  EXPECT_THAT(refusal("clients=1,many"), HasSubstr("'many' is not a count"));
  EXPECT_THAT(refusal("clients=1.5"), HasSubstr("'1.5' is not a count"));
  EXPECT_THAT(refusal("rtt=0..1s*2"), HasSubstr("'0..1s*2': from 0 no factor leads anywhere"));
  EXPECT_THAT(refusal("rate=0,1"), HasSubstr("'0': give a value above 0"));
  EXPECT_THAT(refusal("poll-interval=250"), HasSubstr("'250' is not a duration"));
  EXPECT_THAT(refusal("clients=5,1,5"), HasSubstr("5 is there twice"));
  EXPECT_THAT(refusal("clients=1..10"), HasSubstr("'1..10' does not say by what to multiply"));
  EXPECT_THAT(refusal("clients=10..1*2"), HasSubstr("'10..1*2' ends where it began, or before"));
  EXPECT_THAT(refusal("clients=1..10*1"), HasSubstr("'1..10*1': give a factor of 1.01 at least"));
  EXPECT_THAT(refusal("rate=1..1M*1.01"), HasSubstr("more than 64 points"));
}

TEST(Over, TakesSixtyFourPointsAndNoMore) {
  std::string text = "clients=1";
  for (int i = 2; i <= 64; ++i) text += "," + std::to_string(i);
  EXPECT_EQ(parse_over(text).values.size(), kPointsMax);
  EXPECT_THAT(refusal((text + ",65").c_str()), HasSubstr("more than 64 points"));
}

TEST(Axis, ValuesAreShownAsPeopleTypeThem) {
  EXPECT_EQ(value_text(Axis::clients, 5000), "5,000");
  EXPECT_EQ(value_text(Axis::rate, 0.5), "0.5");
  EXPECT_EQ(value_text(Axis::payload, 65536), "64KiB");
  EXPECT_EQ(value_text(Axis::poll_interval, 250), "250ms");
  EXPECT_EQ(value_words(Axis::clients, 1), "1 subscriber");
  EXPECT_EQ(value_words(Axis::clients, 1000), "1,000 subscribers");
  EXPECT_EQ(value_words(Axis::poll_interval, 2000), "poll interval 2s");
}

TEST(Axis, SetsItsFlagAndItsKeyAlike) {
  LoadSettings settings;
  set_value(Axis::clients, 7, settings);
  set_value(Axis::rate, 2.5, settings);
  set_value(Axis::payload, 1024, settings);
  set_value(Axis::poll_interval, 50, settings);
  const Configuration described = describe(settings);
  EXPECT_EQ(described.subscribers, 7U);
  EXPECT_EQ(described.rate_per_second, 2.5);
  EXPECT_EQ(described.payload_bytes, 1024U);
  EXPECT_EQ(described.poll_interval_ms, 50);

  Configuration set;
  set_value(Axis::clients, 7, set);
  set_value(Axis::rate, 2.5, set);
  set_value(Axis::payload, 1024, set);
  set_value(Axis::poll_interval, 50, set);
  EXPECT_EQ(
      std::tie(set.subscribers, set.rate_per_second, set.payload_bytes, set.poll_interval_ms),
      std::tie(described.subscribers, described.rate_per_second, described.payload_bytes, described.poll_interval_ms));
}

TEST(Axis, MoreIsHarderButForAnInterval) {
  EXPECT_TRUE(as_hard(Axis::clients, 100, 100));
  EXPECT_TRUE(as_hard(Axis::clients, 101, 100));
  EXPECT_FALSE(as_hard(Axis::clients, 99, 100));
  EXPECT_TRUE(as_hard(Axis::poll_interval, 50, 250));
  EXPECT_FALSE(as_hard(Axis::poll_interval, 251, 250));
}

}  // namespace
}  // namespace wirelab::lab
