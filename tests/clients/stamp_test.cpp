#include "clients/stamp.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;

TEST(Stamp, ComesBack) {
  const Stamp stamp{0xdeadbeef, 12, 345'678, 123'456'789'012ns, std::chrono::nanoseconds::max()};
  const auto read = read_stamp(write_stamp(stamp, 0));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->run, stamp.run);
  EXPECT_EQ(read->publisher, stamp.publisher);
  EXPECT_EQ(read->sequence, stamp.sequence);
  EXPECT_EQ(read->due, stamp.due);
  EXPECT_EQ(read->sent, stamp.sent);
}

TEST(Stamp, MakesThePayloadAsLongAsAsked) {
  EXPECT_EQ(write_stamp({}, 0).size(), kStampBytes);
  EXPECT_EQ(write_stamp({}, kStampBytes).size(), kStampBytes);
  EXPECT_EQ(write_stamp({}, 128).size(), 128u);
  EXPECT_EQ(write_stamp({}, 0, "hello").size(), kStampBytes + 5);
  EXPECT_EQ(write_stamp({}, 128, "hello").size(), 128u);
}

TEST(Stamp, TextGoesBehindIt) {
  const auto payload = write_stamp({}, 0, "hello");
  EXPECT_EQ(payload.substr(kStampBytes), "hello");
  EXPECT_TRUE(read_stamp(payload));
}

TEST(Stamp, AnythingElseIsNone) {
  const auto good = write_stamp({1, 2, 3, 4ns, 5ns}, 0);
  EXPECT_FALSE(read_stamp(""));
  EXPECT_FALSE(read_stamp(good.substr(0, kStampBytes - 1)));
  EXPECT_FALSE(read_stamp(std::string(kStampBytes, 'x')));
  for (std::size_t at = 0; at < kStampBytes; ++at) {
    auto bad = good;
    bad[at] = '!';
    EXPECT_FALSE(read_stamp(bad)) << at;
  }
}

}  // namespace
}  // namespace wirelab::clients
