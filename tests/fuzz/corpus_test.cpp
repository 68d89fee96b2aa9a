// The corpora, without a fuzzer: whatever once was found stays mended, whichever compiler is used.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/fuzz/targets.hpp"

namespace wirelab::fuzz {
namespace {

const std::filesystem::path kCorpora = WIRELAB_FUZZ_CORPORA;

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, KeepsEveryPromise) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpora / GetParam().name)) {
    ++count;
    EXPECT_NO_THROW(GetParam().run(bytes_of(entry.path()))) << entry.path();
  }
  EXPECT_GT(count, 2u) << "a fuzzer begins with something";
}

INSTANTIATE_TEST_SUITE_P(All, Corpus, testing::ValuesIn(kTargets),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(Corpora, HaveATargetEach) {
  for (const auto& entry : std::filesystem::directory_iterator(kCorpora)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(std::any_of(kTargets.begin(), kTargets.end(), [&](const Target& target) {
      return target.name == name;
    })) << name;
  }
}

}  // namespace
}  // namespace wirelab::fuzz
