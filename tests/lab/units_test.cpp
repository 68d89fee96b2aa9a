#include "lab/text/units.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

template <typename Parse>
std::string complaint(Parse parse, std::string_view text) {
  try {
    parse(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(Units, ReadsCounts) {
  EXPECT_EQ(parse_count("0"), 0);
  EXPECT_EQ(parse_count("200"), 200);
  EXPECT_EQ(parse_count("10k"), 10'000);
  EXPECT_EQ(parse_count("1.5M"), 1'500'000);
  EXPECT_EQ(parse_count("9007199254740992"), 9007199254740992);
}

TEST(Units, RefusesWhatIsNoCountAndNamesIt) {
  for (const char* text :
       {"", "k", "-1", "1.5", "10q", "10 k", "0x10", "1e3", "inf", "nan", "9007199254740994", "1..2"})
    EXPECT_THAT(complaint(parse_count, text), testing::HasSubstr("'" + std::string(text) + "' is not a count")) << text;
}

TEST(Units, ReadsShares) {
  EXPECT_DOUBLE_EQ(parse_share("1%"), 0.01);
  EXPECT_DOUBLE_EQ(parse_share("0.5%"), 0.005);
  EXPECT_DOUBLE_EQ(parse_share("0.25"), 0.25);
  EXPECT_DOUBLE_EQ(parse_share("100%"), 1);
  for (const char* text : {"", "%", "101%", "1.01", "-1%", "1 %", "few"})
    EXPECT_THAT(complaint(parse_share, text), testing::HasSubstr("'" + std::string(text) + "' is not a share")) << text;
}

TEST(Units, ReadsBandwidthsAndWritesThemBack) {
  EXPECT_EQ(parse_bandwidth("10mbit"), 10'000'000);
  EXPECT_EQ(parse_bandwidth("1.5gbit"), 1'500'000'000);
  EXPECT_EQ(parse_bandwidth("56kbit"), 56'000);
  EXPECT_EQ(parse_bandwidth("800bit"), 800);
  for (const std::uint64_t bits : {800ULL, 56'000ULL, 1'500'000ULL, 10'000'000ULL, 2'000'000'000ULL, 1'001ULL})
    EXPECT_EQ(parse_bandwidth(to_bandwidth(bits)), bits);
  for (const char* text : {"", "10", "10Mbps", "10MB", "-1mbit", "0.5bit"})
    EXPECT_THAT(complaint(parse_bandwidth, text), testing::HasSubstr("'" + std::string(text) + "' is not a bandwidth"))
        << text;
}

TEST(Units, ReadsRates) {
  EXPECT_DOUBLE_EQ(parse_rate("0.5"), 0.5);
  EXPECT_DOUBLE_EQ(parse_rate("10k"), 10'000);
  EXPECT_THAT(complaint(parse_rate, "fast"), testing::HasSubstr("'fast' is not a rate"));
  EXPECT_THAT(complaint(parse_rate, "-2"), testing::HasSubstr("messages per second"));
}

TEST(Units, ReadsSizesWithPowersOf1024And1000ToldApart) {
  EXPECT_EQ(parse_bytes("128"), 128);
  EXPECT_EQ(parse_bytes("128B"), 128);
  EXPECT_EQ(parse_bytes("64KiB"), 65'536);
  EXPECT_EQ(parse_bytes("1kB"), 1'000);
  EXPECT_EQ(parse_bytes("1.5MiB"), 1'572'864);
  EXPECT_THAT(complaint(parse_bytes, "64Kb"), testing::HasSubstr("'64Kb' is not a size"));
}

TEST(Units, ReadsDurations) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("1.5m"), 90s);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("100us"), 100us);
  EXPECT_EQ(parse_duration("50ns"), 50ns);
  EXPECT_EQ(parse_duration("0"), 0ns);
  EXPECT_EQ(parse_duration("2.01s"), 2'010ms);  // as doubles their product is 2,009,999,999.9999998
}

TEST(Units, RefusesADurationWithoutItsUnit) {
  for (const char* text : {"250", "", "s", "-1s", "5 s", "5S", "0.5ns", "9007199254741s"})
    EXPECT_THAT(complaint(parse_duration, text), testing::HasSubstr("'" + std::string(text) + "' is not a duration"));
}

TEST(Units, WritesWhatItReads) {
  for (const std::uint64_t count : {0ULL, 1ULL, 999ULL, 1'000ULL, 1'001ULL, 12'000ULL, 3'000'000ULL}) {
    EXPECT_EQ(parse_count(to_count(count)), count);
    EXPECT_EQ(parse_bytes(to_bytes(count)), count);
  }
  for (const std::uint64_t bytes : {1'024ULL, 65'536ULL, 1'048'576ULL, 1'048'577ULL})
    EXPECT_EQ(parse_bytes(to_bytes(bytes)), bytes);
  for (const Nanos duration : {Nanos(0), Nanos(1), Nanos(1500), Nanos(250ms), Nanos(90s), Nanos(1h)})
    EXPECT_EQ(parse_duration(to_duration(duration)), duration);
  for (const double rate : {0.0, 0.1, 1.0 / 3, 20.0, 12'345.678}) EXPECT_EQ(parse_rate(to_rate(rate)), rate);
  EXPECT_EQ(to_duration(250ms), "250ms");
  EXPECT_EQ(to_bytes(65'536), "64KiB");
  EXPECT_EQ(to_count(10'000), "10k");
}

}  // namespace
}  // namespace wirelab::lab
