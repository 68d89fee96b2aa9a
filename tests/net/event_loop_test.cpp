#include "net/event_loop.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace wirelab::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Nanos kLoopGiveUp = std::chrono::seconds(20);

/// Two connected sockets, closed at the end of the test.
struct SocketPair {
  std::array<int, 2> fd{};
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd.data()), 0); }
  ~SocketPair() {
    for (int one : fd)
      if (one >= 0) ::close(one);
  }
  void say(const char* text) const { EXPECT_GT(::write(fd[1], text, std::string(text).size()), 0); }
  void close_far_end() { ::close(std::exchange(fd[1], -1)); }
};

TEST(EventLoopTimers, FireInDueOrderAndThoseDueTogetherInOrderOfSetting) {
  EventLoop loop;
  std::string order;
  const Nanos base = loop.now() + milliseconds(2);
  loop.call_at(base + milliseconds(1), [&] { order += 'd'; });
  loop.call_at(base, [&] { order += 'a'; });
  loop.call_at(base, [&] { order += 'b'; });
  loop.call_at(base, [&] { order += 'c'; });
  EXPECT_TRUE(loop.run_until([&] { return order.size() == 4; }, kLoopGiveUp));
  EXPECT_EQ(order, "abcd");
}

TEST(EventLoopTimers, NeverFireEarlyAndAreNotRoundedToMilliseconds) {
  EventLoop loop;
  Nanos least_late = Nanos::max();
  for (int i = 0; i < 200; ++i) {
    const Nanos due = loop.now() + microseconds(150);
    Nanos fired{};
    loop.call_at(due, [&] { fired = loop.now(); });
    ASSERT_TRUE(loop.run_until([&] { return fired != Nanos::zero(); }, kLoopGiveUp));
    ASSERT_GE(fired, due);
    least_late = std::min(least_late, fired - due);
  }
  EXPECT_LT(least_late, microseconds(500));  // the best of 200, so that a busy machine does not fail it
}

TEST(EventLoopTimers, CancelledOnesDoNotFireEvenWhenDueInTheSameTurn) {
  EventLoop loop;
  std::string order;
  const Nanos due = loop.now() - milliseconds(1);
  Loop::TimerId second = 0;
  loop.call_at(due, [&] {
    order += 'a';
    loop.cancel(second);
  });
  second = loop.call_at(due, [&] { order += 'b'; });
  loop.call_at(due, [&] { order += 'c'; });
  EXPECT_TRUE(loop.run_until([&] { return order.find('c') != std::string::npos; }, kLoopGiveUp));
  EXPECT_EQ(order, "ac");
  loop.cancel(second);
  loop.cancel(0);
}

TEST(EventLoopTimers, TheEarliestCancelledDoesNotDelayTheRest) {
  EventLoop loop;
  bool cancelled_in_time = false;
  while (!cancelled_in_time) {  // a machine that stalls fires the first before it can be cancelled
    bool first_fired = false, second_fired = false;
    const auto first = loop.call_at(loop.now() + milliseconds(5), [&] { first_fired = true; });
    loop.run_until([] { return false; }, microseconds(100));  // the descriptor is now set for the first
    cancelled_in_time = !first_fired;
    loop.cancel(first);
    loop.call_at(loop.now() + milliseconds(10), [&] { second_fired = true; });
    EXPECT_TRUE(loop.run_until([&] { return second_fired; }, kLoopGiveUp));
    EXPECT_NE(first_fired, cancelled_in_time);
  }
}

TEST(EventLoopTimers, OneThatSetsItselfAgainInThePastDoesNotStarveSockets) {
  EventLoop loop;
  SocketPair pair;
  int fired = 0;
  int fired_when_heard = -1;
  std::function<void()> again = [&] {
    ++fired;
    if (fired == 1) pair.say("x");
    if (fired < 100'000) loop.call_at(Nanos(1), again);
  };
  loop.watch(pair.fd[0], EventLoop::readable, [&](unsigned) {
    fired_when_heard = fired;
    loop.unwatch(pair.fd[0]);
  });
  loop.call_at(Nanos(1), again);
  EXPECT_TRUE(loop.run_until([&] { return fired_when_heard >= 0; }, kLoopGiveUp));
  EXPECT_LE(fired_when_heard, 3);
}

TEST(EventLoopTimers, TheLoopSleepsBetweenThem) {
  EventLoop loop;
  loop.call_at(loop.now(), [] {});
  const auto cancelled = loop.call_at(loop.now() + milliseconds(1), [] {});
  loop.call_at(loop.now() + std::chrono::hours(1), [] {});
  loop.run_until([] { return false; }, microseconds(100));
  loop.cancel(cancelled);
  int turns = 0;
  loop.run_until([&turns] { return ++turns == 1'000; }, milliseconds(20));
  EXPECT_LT(turns, 10);
}

TEST(EventLoopTimers, NeverFireInsideTheCallThatSetsThem) {
  EventLoop loop;
  bool fired = false;
  loop.call_at(Nanos(1), [&] { fired = true; });
  EXPECT_FALSE(fired);
  EXPECT_TRUE(loop.run_until([&] { return fired; }, kLoopGiveUp));
}

TEST(EventLoopTimers, ATimerObjectOutOfScopeDoesNotFire) {
  EventLoop loop;
  bool ended = false;
  {
    Timer timer(loop);
    timer.set_at(Nanos(1), [] { FAIL() << "its owner is gone"; });
  }
  loop.call_at(loop.now(), [&] { ended = true; });
  EXPECT_TRUE(loop.run_until([&] { return ended; }, kLoopGiveUp));
}

TEST(EventLoopTimers, ThousandsFireAllAndInOrder) {
  EventLoop loop;
  std::vector<Nanos> fired;
  const Nanos base = loop.now();
  for (int i = 0; i < 5'000; ++i) {
    const Nanos due = base + microseconds((i * 7'919) % 5'000);
    loop.call_at(due, [&fired, due] { fired.push_back(due); });
  }
  EXPECT_TRUE(loop.run_until([&] { return fired.size() == 5'000; }, kLoopGiveUp));
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

TEST(EventLoopWatch, TellsReadableAndWritableAsAskedFor) {
  EventLoop loop;
  SocketPair pair;
  std::vector<unsigned> told;
  loop.watch(pair.fd[0], EventLoop::readable, [&](unsigned ready) { told.push_back(ready); });
  EXPECT_FALSE(loop.run_until([&] { return !told.empty(); }, milliseconds(5)));
  pair.say("x");
  EXPECT_TRUE(loop.run_until([&] { return !told.empty(); }, kLoopGiveUp));
  EXPECT_EQ(told.front(), EventLoop::readable);

  loop.change_watch(pair.fd[0], EventLoop::writable);
  told.clear();
  EXPECT_TRUE(loop.run_until([&] { return !told.empty(); }, kLoopGiveUp));
  EXPECT_EQ(told.front(), EventLoop::writable);

  loop.change_watch(pair.fd[0], EventLoop::readable | EventLoop::writable);
  told.clear();
  EXPECT_TRUE(loop.run_until([&] { return !told.empty(); }, kLoopGiveUp));
  EXPECT_EQ(told.front(), EventLoop::readable | EventLoop::writable);
  loop.unwatch(pair.fd[0]);
}

TEST(EventLoopWatch, IsLevelTriggeredAndEndsWithUnwatch) {
  EventLoop loop;
  SocketPair pair;
  pair.say("x");
  int told = 0;
  loop.watch(pair.fd[0], EventLoop::readable, [&](unsigned) {
    if (++told == 3) loop.unwatch(pair.fd[0]);
  });
  EXPECT_TRUE(loop.run_until([&] { return told == 3; }, kLoopGiveUp));
  EXPECT_FALSE(loop.run_until([&] { return told > 3; }, milliseconds(5)));
}

TEST(EventLoopWatch, InterestInNothingEndsIt) {
  EventLoop loop;
  SocketPair pair;
  loop.watch(pair.fd[0], EventLoop::readable, [](unsigned) { FAIL() << "ended"; });
  loop.change_watch(pair.fd[0], EventLoop::none);
  pair.say("x");
  EXPECT_FALSE(loop.run_until([] { return false; }, milliseconds(5)));
}

TEST(EventLoopWatch, AHangUpIsReadable) {
  EventLoop loop;
  SocketPair pair;
  unsigned told = 0;
  loop.watch(pair.fd[0], EventLoop::readable, [&](unsigned ready) { told |= ready; });
  pair.close_far_end();
  EXPECT_TRUE(loop.run_until([&] { return told != 0; }, kLoopGiveUp));
  EXPECT_TRUE(told & EventLoop::readable);
  loop.unwatch(pair.fd[0]);
}

TEST(EventLoopWatch, AHangUpIsToldThoughWhatWasSentBeforeIsNotRead) {
  EventLoop loop;
  SocketPair pair;
  unsigned told = 0;
  loop.watch(pair.fd[0], EventLoop::hangup, [&](unsigned ready) { told |= ready; });
  pair.say("x");
  EXPECT_FALSE(loop.run_until([&] { return told != 0; }, milliseconds(5)));
  EXPECT_EQ(shutdown(pair.fd[1], SHUT_WR), 0);
  EXPECT_TRUE(loop.run_until([&] { return told != 0; }, kLoopGiveUp));
  EXPECT_TRUE(told & EventLoop::hangup);
  loop.unwatch(pair.fd[0]);
}

TEST(EventLoopWatch, AnEdgeIsToldOnceAndAgainAfterAChange) {
  EventLoop loop;
  SocketPair pair;
  constexpr unsigned kInterest = EventLoop::hangup | EventLoop::edge;
  int told = 0;
  loop.watch(pair.fd[0], kInterest, [&](unsigned ready) { told += (ready & EventLoop::hangup) != 0 ? 1 : 0; });
  EXPECT_EQ(shutdown(pair.fd[1], SHUT_WR), 0);
  ASSERT_TRUE(loop.run_until([&] { return told == 1; }, kLoopGiveUp));
  EXPECT_FALSE(loop.run_until([&] { return told > 1; }, milliseconds(5)));
  loop.change_watch(pair.fd[0], kInterest);
  EXPECT_TRUE(loop.run_until([&] { return told == 2; }, kLoopGiveUp));
  loop.unwatch(pair.fd[0]);
}

TEST(EventLoopWatch, ReplacingAWatchSilencesTheFirst) {
  EventLoop loop;
  SocketPair pair;
  bool heard = false;
  loop.watch(pair.fd[0], EventLoop::readable, [](unsigned) { FAIL() << "replaced"; });
  loop.watch(pair.fd[0], EventLoop::readable, [&](unsigned) { heard = true; });
  pair.say("x");
  EXPECT_TRUE(loop.run_until([&] { return heard; }, kLoopGiveUp));
  loop.unwatch(pair.fd[0]);
}

TEST(EventLoopWatch, AnEventOfAClosedDescriptorIsNotToldToItsNamesake) {
  EventLoop loop;
  SocketPair first, second;
  first.say("x");
  second.say("x");
  bool heard = false;
  int namesake = -1;
  // Both are ready in one turn. Whichever is told first closes the other, and gives its number to a silent socket.
  const auto replace = [&](int closed) {
    heard = true;
    loop.unwatch(first.fd[0]);
    loop.unwatch(second.fd[0]);
    namesake = closed;
    SocketPair silent;
    ASSERT_EQ(::dup2(silent.fd[0], closed), closed);
    std::swap(silent.fd[1], (closed == first.fd[0] ? first : second).fd[1]);
    loop.watch(closed, EventLoop::readable, [](unsigned) { FAIL() << "nothing was said to it"; });
  };
  loop.watch(first.fd[0], EventLoop::readable, [&](unsigned) { replace(second.fd[0]); });
  loop.watch(second.fd[0], EventLoop::readable, [&](unsigned) { replace(first.fd[0]); });
  EXPECT_TRUE(loop.run_until([&] { return heard; }, kLoopGiveUp));
  EXPECT_FALSE(loop.run_until([] { return false; }, milliseconds(5)));
  loop.unwatch(namesake);
}

TEST(EventLoopWatch, ManyReadyAtOnceAreAllTold) {
  EventLoop loop;
  std::vector<SocketPair> pairs(700);
  std::size_t told = 0;
  for (const SocketPair& pair : pairs) {
    pair.say("x");
    loop.watch(pair.fd[0], EventLoop::readable, [&loop, &told, fd = pair.fd[0]](unsigned) {
      ++told;
      loop.unwatch(fd);
    });
  }
  EXPECT_TRUE(loop.run_until([&] { return told == pairs.size(); }, kLoopGiveUp));
}

TEST(EventLoopWatch, AClosedDescriptorIsRefusedByName) {
  EventLoop loop;
  EXPECT_THROW(loop.watch(-1, EventLoop::readable, [](unsigned) {}), std::system_error);
}

/// Four patient ones, and one that is not.
struct Patience {
  explicit Patience(Nanos longest) {
    loop.gather(longest);
    for (std::size_t i = 0; i < patient.size(); ++i) {
      loop.watch(patient[i].fd[0], EventLoop::readable | EventLoop::edge, [this, i](unsigned) { told += "abcd"[i]; });
      loop.be_patient(patient[i].fd[0]);
    }
    loop.watch(urgent.fd[0], EventLoop::readable | EventLoop::edge, [this](unsigned) { told += '!'; });
  }
  bool hears(const std::string& all) {
    return loop.run_until([&] { return told == all; }, kLoopGiveUp);
  }

  EventLoop loop;
  std::array<SocketPair, 4> patient;
  SocketPair urgent;
  std::string told;
};

TEST(EventLoopPatience, WhoComesAloneIsToldAtOnce) {
  Patience all(std::chrono::hours(1));
  all.patient[0].say("x");
  EXPECT_TRUE(all.hears("a"));
}

TEST(EventLoopPatience, ThoseBehindTheFirstTwoWaitAndTheOthersDoNot) {
  Patience all(std::chrono::hours(1));
  all.patient[0].say("x");
  EXPECT_TRUE(all.hears("a"));
  all.patient[1].say("x");
  EXPECT_TRUE(all.hears("ab"));
  all.patient[2].say("x");
  all.patient[3].say("x");
  all.urgent.say("x");
  EXPECT_TRUE(all.hears("ab!"));
}

TEST(EventLoopPatience, WhoWaitedIsToldAfterThatTimeAndThenOnceMoreAtOnce) {
  Patience all(milliseconds(1));
  std::string expected;
  for (int round = 0; round < 50; ++round) {
    for (std::size_t i = 0; i < 4; ++i) {
      all.patient[i].say("x");
      ASSERT_TRUE(all.hears(expected += "abcd"[i]));
    }
  }
}

TEST(EventLoopPatience, MoreThanAreToldAtOnceAreAllTold) {
  EventLoop loop;
  loop.gather(milliseconds(1));
  std::vector<SocketPair> pairs(600);
  std::size_t told = 0;
  for (const SocketPair& pair : pairs) {
    loop.watch(pair.fd[0], EventLoop::readable | EventLoop::edge, [&](unsigned) { ++told; });
    loop.be_patient(pair.fd[0]);
  }
  for (const SocketPair& pair : pairs) pair.say("x");
  EXPECT_TRUE(loop.run_until([&] { return told == pairs.size(); }, kLoopGiveUp)) << told;
}

TEST(EventLoopPatience, AWatchIsChangedReplacedAndEndedAsAnyOther) {
  Patience all(std::chrono::hours(1));
  all.loop.change_watch(all.patient[0].fd[0], EventLoop::writable | EventLoop::edge);
  EXPECT_TRUE(all.hears("a"));
  all.loop.unwatch(all.patient[1].fd[0]);
  all.patient[1].say("x");
  all.loop.watch(all.patient[2].fd[0], EventLoop::readable, [&](unsigned) {
    all.told += 'C';
    all.loop.unwatch_closing(all.patient[2].fd[0]);
  });
  all.patient[2].say("x");
  EXPECT_TRUE(all.hears("aC"));
}

TEST(EventLoopPatience, NobodyIsPatientWithoutATimeForIt) {
  Patience all(Nanos::zero());
  std::string expected;
  for (std::size_t i = 0; i < 4; ++i) {
    all.patient[i].say("x");
    EXPECT_TRUE(all.hears(expected += "abcd"[i]));
  }
}

TEST(EventLoopWake, FromAnotherThreadReachesTheLoop) {
  EventLoop loop;
  int woken = 0;
  loop.on_wake([&] { ++woken; });
  std::thread other([&] { loop.wake(); });
  EXPECT_TRUE(loop.run_until([&] { return woken == 1; }, kLoopGiveUp));
  other.join();
}

TEST(EventLoopWake, ManyCallsBeforeItGetsThereAreOne) {
  EventLoop loop;
  int woken = 0;
  loop.on_wake([&] { ++woken; });
  for (int i = 0; i < 100; ++i) loop.wake();
  EXPECT_FALSE(loop.run_until([&] { return woken > 1; }, milliseconds(5)));
  EXPECT_EQ(woken, 1);
}

TEST(EventLoopEndOfTurn, ComesAfterAllThatWasReady) {
  EventLoop loop;
  SocketPair first, second;
  first.say("x");
  second.say("x");
  std::string order;
  for (const int fd : {first.fd[0], second.fd[0]})
    loop.watch(fd, EventLoop::readable, [&, fd](unsigned) {
      order += 'r';
      loop.unwatch(fd);
      if (order.size() == 1) loop.at_end_of_turn([&] { order += 'e'; });
    });
  EXPECT_TRUE(loop.run_until([&] { return order.size() == 3; }, kLoopGiveUp));
  EXPECT_EQ(order, "rre");
}

TEST(EventLoopEndOfTurn, IsNotWaitedForAndMaySetTheNext) {
  EventLoop loop;
  int ends = 0;
  std::function<void()> again = [&] {
    if (++ends < 3) loop.at_end_of_turn(again);
  };
  loop.at_end_of_turn(again);
  int turns = 0;
  EXPECT_TRUE(loop.run_until([&] { return ++turns > 5 || ends == 3; }, kLoopGiveUp));
  EXPECT_EQ(ends, 3);
}

TEST(EventLoopWatch, ADescriptorThatIsClosedNextIsForgottenAndItsNumberFree) {
  EventLoop loop;
  SocketPair first;
  const int number = first.fd[0];
  loop.watch(number, EventLoop::readable, [](unsigned) { FAIL() << "of a descriptor that is closed"; });
  first.say("x");
  loop.unwatch_closing(number);
  ::close(std::exchange(first.fd[0], -1));
  EXPECT_FALSE(loop.run_until([] { return false; }, milliseconds(2)));
  SocketPair second;  // the lowest free number, which is the one that was closed
  ASSERT_EQ(second.fd[0], number);
  bool ready = false;
  loop.watch(number, EventLoop::readable, [&](unsigned) {
    ready = true;
    loop.unwatch(number);
  });
  second.say("x");
  EXPECT_TRUE(loop.run_until([&] { return ready; }, kLoopGiveUp));
}

TEST(EventLoopSignal, IsToldInsteadOfEndingTheProcess) {
  EventLoop loop;
  std::vector<int> told;
  loop.on_signal([&](int number) { told.push_back(number); });
  std::raise(SIGTERM);
  EXPECT_TRUE(loop.run_until([&] { return told.size() == 1; }, kLoopGiveUp));
  std::raise(SIGINT);
  EXPECT_TRUE(loop.run_until([&] { return told.size() == 2; }, kLoopGiveUp));
  EXPECT_EQ(told, (std::vector<int>{SIGTERM, SIGINT}));
}

TEST(EventLoopRun, ReturnsAfterStopAndMayBeCalledAgain) {
  EventLoop loop;
  int turns = 0;
  for (int i = 0; i < 2; ++i) {
    loop.call_at(loop.now(), [&] {
      ++turns;
      loop.stop();
    });
    loop.run();
  }
  EXPECT_EQ(turns, 2);
}

TEST(EventLoopRun, AStopBeforehandCounts) {
  EventLoop loop;
  loop.stop();
  loop.run();  // would never return otherwise
}

TEST(EventLoopRun, UntilGivesUp) {
  EventLoop loop;
  EXPECT_FALSE(loop.run_until([] { return false; }, milliseconds(1)));
  EXPECT_TRUE(loop.run_until([] { return true; }, Nanos::zero()));
}

// LeakSanitizer is the judge of this one.
TEST(EventLoopRun, MayBeDestroyedWithEverythingPending) {
  SocketPair pair;
  auto owned = std::make_shared<std::string>("freed with the loop");
  EventLoop loop;
  loop.on_signal([owned](int) {});
  loop.on_wake([owned] {});
  loop.call_at(loop.now() + std::chrono::hours(1), [owned] {});
  loop.watch(pair.fd[0], EventLoop::readable, [owned](unsigned) {});
  loop.wake();
  std::raise(SIGTERM);
}

}  // namespace
}  // namespace wirelab::net
