#include "servers/memory_bound.hpp"

#include <gtest/gtest.h>

namespace wirelab::servers {
namespace {

using messages::Limits;

TEST(MemoryBound, IsWhatItsPageSays) {
  EXPECT_EQ(memory_bound_bytes({}, 1) >> 20, 675u) << "docs/11-faults.md: 676 MiB";
}

TEST(MemoryBound, GrowsWithEachOfItsLimits) {
  const std::uint64_t by_default = memory_bound_bytes({}, 2);
  for (const auto limit : {&Limits::kept_total_bytes, &Limits::channels, &Limits::kept_messages, &Limits::connections,
                           &Limits::buffered_bytes, &Limits::thread_lag_bytes}) {
    Limits more;
    more.*limit *= 2;
    EXPECT_GT(memory_bound_bytes(more, 2), by_default);
  }
  EXPECT_GT(memory_bound_bytes({}, 3), by_default) << "an index a thread";
}

}  // namespace
}  // namespace wirelab::servers
