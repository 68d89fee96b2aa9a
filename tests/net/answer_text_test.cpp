#include "net/answer_text.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace wirelab::net {
namespace {

/// What a peer reads of one answer.
class AnswerWriterTest : public testing::Test {
 protected:
  AnswerWriterTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~AnswerWriterTest() override {
    for (const int end : ends_) ::close(end);
  }

  std::string sent(const Answer& answer, Then then = Then::keep) {
    const auto told = writer_.send(ends_[0], answer, then, Body::sent);
    std::string text(told.bytes, '\0');
    EXPECT_EQ(::recv(ends_[1], text.data(), text.size(), MSG_WAITALL), static_cast<ssize_t>(text.size()));
    return text;
  }
  /// The same made from nothing, at the time that it names.
  static std::string expected(const std::string& text, const Answer& answer, Then then = Then::keep) {
    constexpr std::string_view kDate = "Date: ";
    const auto begin = text.find(kDate) + kDate.size();
    return answer_text(answer, then, Body::sent, text.substr(begin, text.find("\r\n", begin) - begin));
  }

 private:
  std::array<int, 2> ends_{};
  AnswerWriter writer_;
};

TEST_F(AnswerWriterTest, EachAnswerHasItsOwnHeadWhateverCameBefore) {
  const auto changed = [](auto change) {
    Answer answer;
    answer.headers = {{"Cache-Control", "no-store"}};
    answer.body = SharedText("one");
    change(answer);
    return answer;
  };
  const std::vector<Answer> answers = {
      changed([](Answer&) {}),
      changed([](Answer&) {}),
      changed([](Answer& answer) { answer.body = SharedText("two"); }),
      changed([](Answer& answer) { answer.body = SharedText("three"); }),
      changed([](Answer& answer) { answer.status = 503; }),
      changed([](Answer& answer) { answer.content_type = "text/plain"; }),
      changed([](Answer& answer) { answer.headers[0].second = "private"; }),
      changed([](Answer& answer) { answer.headers.emplace_back("Vary", "Origin"); }),
      changed([](Answer&) {}),
  };
  for (const Answer& answer : answers)
    for (const Then then : {Then::keep, Then::close}) {
      const std::string text = sent(answer, then);
      EXPECT_EQ(text, expected(text, answer, then));
    }
}

}  // namespace
}  // namespace wirelab::net
