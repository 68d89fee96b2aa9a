#include "clients/lag_probe.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;

/// A loop that turns when the test says so, however late that is.
class TurnedLoop final : public net::Loop {
 public:
  net::Nanos now() const override { return now_; }
  TimerId call_at(net::Nanos due, std::function<void()> fn) override {
    timers_.emplace(++last_, std::pair(due, std::move(fn)));
    return last_;
  }
  void cancel(TimerId id) override { timers_.erase(id); }
  void at_end_of_turn(std::function<void()>) override { FAIL() << "a lag probe has nothing to do there"; }

  /// Everything that is due by then is called at that moment.
  void turn_at(net::Nanos now) {
    now_ = now;
    const TimerId newest = last_;
    for (auto timer = timers_.begin(); timer != timers_.end() && timer->first <= newest;) {
      const auto [due, fn] = timer->second;
      timer = due <= now ? timers_.erase(timer) : std::next(timer);
      if (due <= now) fn();
    }
  }
  std::size_t timers() const { return timers_.size(); }

 private:
  net::Nanos now_ = 1s;
  std::map<TimerId, std::pair<net::Nanos, std::function<void()>>> timers_;
  TimerId last_ = 0;
};

TEST(LagProbe, APromptLoopHasNoLag) {
  TurnedLoop loop;
  LagProbe probe(loop, 1);
  probe.begin();
  for (net::Nanos now = 1s; now < 3s; now += 100us) loop.turn_at(now);
  probe.end();
  EXPECT_GT(probe.lag().count(), 800U) << "every 2 ms on average";
  EXPECT_LT(probe.lag().count(), 1'200U);
  EXPECT_LE(probe.lag().max(), 110us);
  EXPECT_EQ(loop.timers(), 0U);
}

/// Half of the time it is away for 50 ms: whoever comes then waits for 25 ms on average. A probe that asked again only
/// when it had been heard would find one late moment in each of these turns, and many prompt ones besides.
TEST(LagProbe, EveryMomentOfALongTurnIsLate) {
  TurnedLoop loop;
  LagProbe probe(loop, 2);
  probe.begin();
  for (net::Nanos now = 1s; now < 41s; now += 50ms) {
    for (const net::Nanos end = now + 50ms; now < end; now += 100us) loop.turn_at(now);
    loop.turn_at(now + 50ms);
  }
  probe.end();
  const meter::Histogram& lag = probe.lag();
  EXPECT_NEAR(static_cast<double>(lag.count()), 20'000, 600);
  EXPECT_GT(lag.percentile(60), 5ms);
  EXPECT_LT(lag.percentile(40), 1ms);
  EXPECT_NEAR(static_cast<double>(lag.percentile(75).count()), 25e6, 4e6);
  EXPECT_GT(lag.percentile(99), 45ms);
  EXPECT_LE(lag.max(), 51ms);
}

TEST(LagProbe, CountsWhatIsDueAtTheEndAndNothingAfterIt) {
  TurnedLoop loop;
  LagProbe probe(loop, 3);
  probe.end();
  EXPECT_EQ(probe.lag().count(), 0U) << "it never began";
  probe.begin();
  loop.turn_at(1s);
  const auto count_at_end = [&] {
    probe.end();
    return probe.lag().count();
  };
  EXPECT_EQ(count_at_end(), 0U) << "nothing was due yet";
  probe.begin();
  TurnedLoop& late = loop;
  late.turn_at(1s);
  EXPECT_EQ(late.timers(), 1U);
  probe.end();
  late.turn_at(9s);
  EXPECT_EQ(probe.lag().count(), 0U);
}

}  // namespace
}  // namespace wirelab::clients
