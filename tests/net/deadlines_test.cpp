#include "net/deadlines.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sim/virtual_loop.hpp"

namespace wirelab::net {
namespace {

using std::chrono::seconds;

struct Named : Deadlines::Waiter {
  explicit Named(char name_) : name(name_) {}
  char name;
};

class DeadlinesTest : public testing::Test {
 protected:
  sim::VirtualLoop loop;
  std::string told;
  Deadlines deadlines{loop, seconds(10),
                      [this](Deadlines::Waiter& waiter) { told += static_cast<Named&>(waiter).name; }};
  Named a{'a'}, b{'b'}, c{'c'};
};

TEST_F(DeadlinesTest, EachIsToldOnceWhenItsTimeIsOver) {
  deadlines.wait(a);
  loop.advance(seconds(4));
  deadlines.wait(b);
  loop.advance(seconds(5));
  EXPECT_EQ(told, "");
  loop.advance(seconds(1));
  EXPECT_EQ(told, "a");
  EXPECT_FALSE(a.waiting());
  loop.advance(seconds(4));
  EXPECT_EQ(told, "ab");
  loop.advance(seconds(100));
  EXPECT_EQ(told, "ab");
  EXPECT_EQ(loop.timers(), 0U);
}

TEST_F(DeadlinesTest, WaitingAgainStartsAnew) {
  deadlines.wait(a);
  deadlines.wait(b);
  loop.advance(seconds(6));
  deadlines.wait(a);
  loop.advance(seconds(6));
  EXPECT_EQ(told, "b");
  loop.advance(seconds(4));
  EXPECT_EQ(told, "ba");
}

TEST_F(DeadlinesTest, WhoLeavesOrIsDestroyedIsNotTold) {
  deadlines.wait(a);
  {
    Named gone('x');
    deadlines.wait(gone);
  }
  deadlines.wait(b);
  a.stop_waiting();
  a.stop_waiting();
  loop.advance(seconds(20));
  EXPECT_EQ(told, "b");
}

TEST_F(DeadlinesTest, OneWaitsInOneQueueOnly) {
  std::string told_by_other;
  Deadlines other(loop, seconds(1), [&](Deadlines::Waiter&) { told_by_other += 'o'; });
  deadlines.wait(a);
  other.wait(a);
  loop.advance(seconds(20));
  EXPECT_EQ(told, "");
  EXPECT_EQ(told_by_other, "o");
}

TEST_F(DeadlinesTest, OneMayWaitAgainWhenTold) {
  int times = 0;
  Deadlines again(loop, seconds(1), [&](Deadlines::Waiter& waiter) {
    if (++times < 3) again.wait(waiter);
  });
  again.wait(a);
  again.wait(b);
  b.stop_waiting();
  loop.advance(seconds(10));
  EXPECT_EQ(times, 3);
}

TEST_F(DeadlinesTest, MayGoBeforeThoseWhoWait) {
  {
    Deadlines passing(loop, seconds(1), [](Deadlines::Waiter&) { FAIL() << "it is gone"; });
    passing.wait(c);
  }
  EXPECT_FALSE(c.waiting());
  loop.advance(seconds(5));
}

}  // namespace
}  // namespace wirelab::net
