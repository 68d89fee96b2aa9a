// The checker, on histories made by hand: what it must find, and what it must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/checker.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::uint64_t kKept = 4;

/// One channel, one subscriber; each line of the story is a millisecond after the one before.
class Story {
 public:
  Story() { history.subscribers.push_back({0, now, {}}); }

  Story& accept(std::uint32_t number, std::uint32_t epoch, std::uint64_t sequence) {
    history.attempted({0, number}, tick());
    history.acknowledged({0, number}, {epoch, sequence});
    return *this;
  }
  Story& accept(std::uint32_t from, std::uint32_t to) {
    for (; from < to; ++from) accept(from, 1, from + 1);
    return *this;
  }
  Story& leave_in_doubt(std::uint32_t number) {
    history.attempted({0, number}, tick());
    ++history.publication({0, number}).unanswered;
    return *this;
  }
  Story& restart() {
    history.restarts.push_back(tick());
    return *this;
  }
  Story& hear(std::initializer_list<std::uint32_t> numbers) {
    for (const std::uint32_t number : numbers) history.subscribers[0].heard.push_back({tick(), MessageId{0, number}});
    return *this;
  }
  Story& gap() {
    history.subscribers[0].heard.push_back({tick(), std::nullopt});
    return *this;
  }
  /// Judged at its end, and while it happens, which must come to the same.
  Findings checked() const {
    const Findings at_once = check(history, kKept);
    History copy = history;
    Checker checker(copy, kKept);
    for (net::Nanos at = 1s; at <= now; at += 1ms) checker.judge_settled(at);
    checker.finish();
    EXPECT_EQ(checker.findings().sentences, at_once.sentences);
    EXPECT_EQ(checker.findings().delivered, at_once.delivered);
    EXPECT_EQ(checker.findings().gone, at_once.gone);
    return at_once;
  }

  History history{1};
  net::Nanos now = 1s;

 private:
  net::Nanos tick() { return now += 1ms; }
};

/// What is wrong, as numbers: lost, duplicated, reordered, gaps missing, gaps untrue, stored twice.
std::vector<std::uint64_t> wrong(const Findings& f) {
  return {f.lost, f.duplicated, f.reordered, f.gaps_missing, f.gaps_untrue, f.stored_twice};
}
using Wrong = std::vector<std::uint64_t>;
const Wrong kNothing = {0, 0, 0, 0, 0, 0};

TEST(Checker, EverythingOnceAndInOrderIsClean) {
  const Findings findings = Story().accept(0, 3).hear({0, 1, 2}).checked();
  EXPECT_TRUE(findings.clean());
  EXPECT_EQ(findings.published, 3u);
  EXPECT_EQ(findings.delivered, 3u);
}

TEST(Checker, FindsWhatNeverCame) {
  const Findings findings = Story().accept(0, 4).hear({0, 2}).checked();
  EXPECT_EQ(wrong(findings), Wrong({2, 0, 0, 0, 0, 0})) << "one in between, and the last";
  EXPECT_THAT(findings.sentences.at(0), HasSubstr("message 1 never came"));
}

TEST(Checker, FindsWhatCameTwice) {
  EXPECT_EQ(wrong(Story().accept(0, 3).hear({0, 1, 1, 2}).checked()), Wrong({0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(wrong(Story().accept(0, 3).hear({0, 1, 2, 0}).checked()), Wrong({0, 1, 0, 0, 0, 0}));
}

TEST(Checker, FindsWhatCameLate) {
  EXPECT_EQ(wrong(Story().accept(0, 3).hear({0, 2, 1}).checked()), Wrong({0, 0, 1, 0, 0, 0}));
}

TEST(Checker, FindsStrangers) {
  Story story;
  story.accept(0, 1).hear({0, 7});
  story.history.subscribers[0].heard.push_back({2s, MessageId{3, 0}});
  EXPECT_EQ(story.checked().strangers, 2u);
  EXPECT_EQ(wrong(story.checked()), kNothing);
}

TEST(Checker, FindsWhatThePublisherGaveUp) {
  const Findings findings = Story().leave_in_doubt(0).hear({0}).checked();
  EXPECT_EQ(findings.unacknowledged, 1u);
  EXPECT_FALSE(findings.clean());
}

TEST(Checker, AGapIsTrueWhereMessagesWereEvicted) {
  const Findings findings = Story().accept(0, 8).hear({0}).gap().hear({4, 5, 6, 7}).checked();
  EXPECT_EQ(wrong(findings), kNothing);
  EXPECT_EQ(findings.gone, 3u);
  EXPECT_EQ(findings.gaps, 1u);
}

TEST(Checker, MessagesThatWereKeptAreLostWhateverIsAnnounced) {
  EXPECT_EQ(wrong(Story().accept(0, 8).hear({0}).gap().hear({5, 6, 7}).checked()), Wrong({4, 0, 0, 0, 1, 0}));
}

TEST(Checker, WhatWasEvictedLaterWasNotGoneYet) {
  EXPECT_EQ(wrong(Story().accept(0, 7).hear({0}).gap().hear({4, 5, 6}).accept(7, 8).hear({7}).checked()),
            Wrong({3, 0, 0, 0, 1, 0}));
}

TEST(Checker, AGapThatIsNotAnnouncedIsMissing) {
  EXPECT_EQ(wrong(Story().accept(0, 8).hear({0}).hear({4, 5, 6, 7}).checked()), Wrong({0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(wrong(Story().accept(0, 1).hear({0}).restart().accept(1, 9, 1).hear({1}).checked()),
            Wrong({0, 0, 0, 1, 0, 0}));
}

TEST(Checker, AGapWhereNothingIsGoneIsUntrue) {
  EXPECT_EQ(wrong(Story().accept(0, 3).hear({0}).gap().hear({1, 2}).checked()), Wrong({0, 0, 0, 0, 1, 0}));
  EXPECT_EQ(wrong(Story().accept(0, 3).hear({0, 1, 2}).gap().checked()), Wrong({0, 0, 0, 0, 1, 0}));
}

TEST(Checker, ALostMemoryIsAGapOnceForEachTime) {
  Story story;
  story.accept(0, 2).hear({0}).restart().gap().accept(2, 9, 1).hear({2});
  EXPECT_EQ(wrong(story.checked()), kNothing);
  EXPECT_EQ(story.checked().gone, 1u);
  story.restart().gap().restart().gap().accept(3, 7, 1).hear({3});
  EXPECT_EQ(wrong(story.checked()), kNothing);
  EXPECT_EQ(story.checked().gaps, 3u);
  story.restart().gap().gap().accept(4, 5, 1).hear({4});
  EXPECT_EQ(wrong(story.checked()), Wrong({0, 0, 0, 0, 1, 0}));
}

TEST(Checker, OfANewLifeNothingMayBeLost) {
  EXPECT_EQ(wrong(Story().accept(0, 1).hear({0}).restart().gap().accept(1, 9, 1).accept(2, 9, 2).hear({2}).checked()),
            Wrong({1, 0, 0, 0, 0, 0}));
}

TEST(Checker, ARetryAcrossARestartMayComeAgainAndOnlyThen) {
  Story across;
  across.accept(0, 1).leave_in_doubt(1).hear({0, 1}).restart().gap().accept(1, 9, 1).hear({1});
  EXPECT_EQ(wrong(across.checked()), kNothing);
  EXPECT_EQ(across.checked().again_after_restart, 1u);

  Story within;
  within.accept(0, 1).leave_in_doubt(1).hear({0, 1}).accept(1, 1, 2).hear({1});
  EXPECT_EQ(wrong(within.checked()), Wrong({0, 1, 0, 0, 0, 0}));
}

TEST(Checker, ARetryThatIsStoredTwiceLeavesAPlaceThatNobodyHas) {
  Story story;
  story.accept(0, 1).leave_in_doubt(1).accept(1, 1, 3).hear({0, 1, 1});
  EXPECT_EQ(wrong(story.checked()), Wrong({0, 1, 0, 0, 0, 1}));
}

TEST(Checker, WaitsForWhatAnAcknowledgementSaysAndForgetsWhatIsJudged) {
  Story story;
  story.accept(0, 1).hear({0}).leave_in_doubt(1).hear({1}).restart().gap();
  Checker checker(story.history, kKept);
  const auto& heard = story.history.subscribers[0].heard;
  checker.judge_settled(story.now + 1s);
  EXPECT_EQ(heard.size(), 2u) << "what came after the attempt waits";
  EXPECT_EQ(checker.findings().delivered, 1u);
  EXPECT_FALSE(checker.everybody_heard_everything());
  story.accept(1, 9, 1).hear({1});
  checker.judge_settled(story.now + 1s);
  EXPECT_TRUE(heard.empty());
  EXPECT_TRUE(checker.everybody_heard_everything());
  checker.finish();
  EXPECT_TRUE(checker.findings().clean());
  EXPECT_EQ(checker.findings().again_after_restart, 1u);
}

}  // namespace
}  // namespace wirelab::tests
