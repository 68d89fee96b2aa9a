#include "lab/run/search.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <random>
#include <vector>

namespace wirelab::lab {
namespace {

using testing::ElementsAre;

/// The values in the order they were run at, each as often as it was.
std::vector<double> run_search(Search& search, const std::function<Probe(double)>& run) {
  std::vector<double> values;
  while (const auto value = search.next()) {
    values.push_back(*value);
    search.heard(run(*value));
    if (values.size() > 1'000) ADD_FAILURE() << "no end at " << *value;
    if (values.size() > 1'000) break;
  }
  return values;
}

/// Passes below `limit`, exactly.
std::function<Probe(double)> below(double limit) {
  return [limit](double value) { return value < limit ? Probe::passed : Probe::missed; };
}

TEST(Search, DoublesUntilAValueFailsThenHalvesTheGap) {
  Search search({.from = 10, .to = 10'000, .resolution = 0.1, .agree = 1});
  EXPECT_THAT(run_search(search, below(100)), ElementsAre(10, 20, 40, 80, 160, 113, 95, 104));
  EXPECT_EQ(search.passed(), 95);
  EXPECT_EQ(search.failed(), 104);
  EXPECT_EQ(search.why(), Probe::missed);
}

TEST(Search, RunsAtAValueUntilSoManyAgree) {
  Search search({.from = 10, .to = 20, .agree = 2});
  EXPECT_THAT(run_search(search, below(1'000)), ElementsAre(10, 10, 20, 20));
  Search split({.from = 10, .to = 20, .resolution = 1, .agree = 2});
  std::vector<Probe> said = {Probe::passed, Probe::missed, Probe::passed, Probe::missed, Probe::passed, Probe::missed};
  std::size_t at = 0;
  EXPECT_THAT(run_search(split, [&](double) { return said[at++]; }), ElementsAre(10, 10, 10, 20, 20, 20));
  EXPECT_EQ(split.passed(), 10);
  EXPECT_EQ(split.failed(), 20);
}

TEST(Search, WhatNeverPassesIsGivenUpAtTheFirstValue) {
  Search search({.from = 10, .to = 10'000, .agree = 2});
  EXPECT_THAT(run_search(search, below(1)), ElementsAre(10, 10));
  EXPECT_EQ(search.passed(), std::nullopt);
  EXPECT_EQ(search.failed(), 10);
}

TEST(Search, WhatAlwaysPassesEndsAtTheEnd) {
  Search search({.from = 10, .to = 300, .agree = 1});
  EXPECT_THAT(run_search(search, below(1e9)), ElementsAre(10, 20, 40, 80, 160, 300));
  EXPECT_EQ(search.passed(), 300);
  EXPECT_EQ(search.failed(), std::nullopt);
}

TEST(Search, ALimitBetweenTheLastTwoIsFoundToo) {
  Search search({.from = 10, .to = 300, .resolution = 0.05, .agree = 1});
  run_search(search, below(290));
  EXPECT_LT(*search.passed(), 290);
  EXPECT_GE(*search.failed(), 290);
  EXPECT_LE(*search.failed(), 300);
}

TEST(Search, FindsAnyLimitToItsResolutionInNoMoreRunsThanItSaid) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2'000; ++i) {
    const double from = std::uniform_int_distribution<int>(1, 50)(random);
    const double to = from * std::uniform_real_distribution<double>(1.5, 2'000)(random);
    const double limit = from * std::pow(to / from, std::uniform_real_distribution<double>(0, 1)(random));
    const double resolution = std::uniform_real_distribution<double>(kResolutionMin, 0.5)(random);
    const double step = i % 2 == 0 ? 1 : 0.001;
    Search search({.from = from, .to = to, .step = step, .resolution = resolution, .agree = 1});
    const std::size_t most = search.runs_left_max();
    const auto values = run_search(search, below(limit));
    EXPECT_LE(values.size(), most) << from << " to " << to << ", limit " << limit << ", resolution " << resolution;
    if (limit <= from || !search.failed()) continue;
    EXPECT_LT(*search.passed(), limit);
    EXPECT_GE(*search.failed(), limit);
    EXPECT_LE(*search.failed() - *search.passed(), std::max(step, resolution * *search.passed()) * 1.001);
    for (const double value : values) EXPECT_NEAR(std::remainder(value, value == to ? value : step), 0, 1e-6);
  }
}

TEST(Search, ValuesHaveThreeDigitsWithinTheStep) {
  Search search({.from = 10'000, .to = 20'000, .resolution = 0.05, .agree = 1});
  EXPECT_THAT(run_search(search, below(15'000)), ElementsAre(10'000, 20'000, 14'100, 16'800, 15'400, 14'700));
}

TEST(Search, NowAndThenALieChangesNothing) {
  for (int lie = 0; lie < 12; ++lie) {
    Search search({.from = 10, .to = 10'000, .agree = 2});
    int run = 0;
    run_search(search, [&](double value) {
      const bool truth = value < 700;
      return (run++ == lie) != truth ? Probe::passed : Probe::missed;
    });
    EXPECT_LT(*search.passed(), 700) << "lie " << lie;
    EXPECT_GE(*search.failed(), 700) << "lie " << lie;
  }
}

TEST(Search, WithANoisyLimitItEndsNearIt) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> blur(0.85, 1.15);
  for (int i = 0; i < 200; ++i) {
    Search search({.from = 10, .to = 10'000, .agree = 2});
    run_search(search, [&](double value) { return value * blur(random) < 700 ? Probe::passed : Probe::missed; });
    EXPECT_GE(*search.failed(), 700 / 1.15);
    EXPECT_LE(*search.passed(), 700 / 0.85);
  }
}

TEST(Search, OfSeveralReasonsTheOneThatSaysLeastAgainstTheServerCounts) {
  const std::map<std::pair<Probe, Probe>, Probe> cases = {
      {{Probe::missed, Probe::missed}, Probe::missed},
      {{Probe::missed, Probe::generator_limited}, Probe::generator_limited},
      {{Probe::generator_limited, Probe::missed}, Probe::generator_limited},
      {{Probe::generator_limited, Probe::not_carried_out}, Probe::not_carried_out},
  };
  for (const auto& [said, why] : cases) {
    Search search({.from = 10, .to = 100, .agree = 2});
    search.heard(said.first);
    search.heard(said.second);
    EXPECT_EQ(search.why(), why);
  }
}

TEST(Search, TheReasonIsThatOfTheLeastValueThatFailed) {
  Search search({.from = 10, .to = 100, .resolution = 0.5, .agree = 1});
  run_search(search, [](double value) {
    return value < 50 ? Probe::passed : value < 70 ? Probe::missed : Probe::generator_limited;
  });
  EXPECT_EQ(search.passed(), 40);
  EXPECT_EQ(search.failed(), 57);
  EXPECT_EQ(search.why(), Probe::missed);
}

TEST(Search, BetweenNeighboursThereIsNothing) {
  Search search({.from = 1, .to = 10, .resolution = 0.02, .agree = 1});
  EXPECT_THAT(run_search(search, below(3)), ElementsAre(1, 2, 4, 3));
}

}  // namespace
}  // namespace wirelab::lab
