#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "lab/course/course_commands.hpp"
#include "lab/course/course_text.hpp"
#include "lab/course/figure.hpp"
#include "lab/process/exit_code.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

constexpr const char* kPage =
    "# 5 Long polling\n\n**Is it as fast as push?**\n\n60 minutes · medium · needs chapter 0\n\n## Objectives\n\n- "
    "ages\n\n"
    "## Predict\n\nThe answer is 75.\n";

constexpr const char* kChapter = R"({
  "schema": "wirelab.chapter/1", "commands": [],
  "questions": [
    {"ask": "How old at worst?", "unit": "ms", "theory": "50 plus 25", "measured": "74", "tolerance": "5%",
     "hints": [{"answer": "50", "name": "Two transits", "says": "There are three.", "claim": 56}]},
    {"ask": "By WebSocket?", "unit": "ms", "theory": "25", "measured": null, "tolerance": "0.5", "hints": []}],
  "exercise": {"ask": "How far apart?", "unit": "ms", "commands": [], "figure": "75 less {answer}", "wanted": "40",
    "tolerance": "0.5", "hints": [{"answer": "10..12", "name": "The way left out", "says": "It travels too.", "claim": 0}]}})";

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

// -- figures ----------------------------------------------------------------------------------------------------------

TEST(CourseFigure, IsWorkedOutFromTheLeft) {
  const Json results = Json::parse(R"([{"cells": [{"age": 110.0}, {"age": 55.0}]}])");
  EXPECT_EQ(figure_value("525", {}), 525);
  EXPECT_EQ(figure_value("/0/cells/0/age over /0/cells/1/age", results), 2);
  EXPECT_EQ(figure_value("2 plus 3 times 10 less 1 over 7", results), 7);
  EXPECT_EQ(figure_value("75 less {answer}", results, 35), 40);
}

TEST(CourseFigure, ThatCannotBeReadIsNamed) {
  const Json results = Json::parse(R"([{"age": "old"}])");
  const auto value = [&](const char* figure) { return [=] { figure_value(figure, results); }; };
  EXPECT_THAT(value("/0/gone"), ThrowsMessage<JsonError>(HasSubstr("nothing at /0/gone")));
  EXPECT_THAT(value("/0/age"), ThrowsMessage<JsonError>(HasSubstr("no number at /0/age")));
  EXPECT_THAT(value("25 less"), ThrowsMessage<JsonError>(HasSubstr("ends too soon")));
  EXPECT_THAT(value("25 26"), ThrowsMessage<JsonError>(HasSubstr("'26' is out of place")));
  EXPECT_THAT(value("over 2"), ThrowsMessage<JsonError>(HasSubstr("'over' is out of place")));
  EXPECT_THAT(value("half"), ThrowsMessage<JsonError>(HasSubstr("'half' is not a number")));
  EXPECT_THAT(value("1 over 0"), ThrowsMessage<JsonError>(HasSubstr("divides by 0")));
  EXPECT_THAT(value("{answer}"), ThrowsMessage<JsonError>(HasSubstr("for exercises only")));
  EXPECT_THAT(value(""), ThrowsMessage<JsonError>(HasSubstr("a number is missing")));
}

TEST(CourseFigure, RelationsAreGradedWithTheirTolerance) {
  EXPECT_TRUE(within(2.15, 2, parse_tolerance("0.15")));
  EXPECT_FALSE(within(2.16, 2, parse_tolerance("0.15")));
  EXPECT_TRUE(within(500, 525, parse_tolerance("5%")));
  EXPECT_FALSE(within(498, 525, parse_tolerance("5%")));
  EXPECT_FALSE(within(1, 0, parse_tolerance("5%")));
  EXPECT_THROW(parse_tolerance("a little"), JsonError);
  EXPECT_THROW(parse_tolerance("-1"), JsonError);
}

TEST(CourseFigure, AnswersAreNumbersAndNothingElse) {
  EXPECT_EQ(parse_number("0.5"), 0.5);
  for (const char* text : {"", "fast", "50ms", "1 2", "nan", "inf"})
    EXPECT_THROW(parse_number(text), std::invalid_argument) << text;
}

TEST(CourseFigure, AnAnswerIsPutIntoTheCommand) {
  EXPECT_EQ(with_answer("predict --payload {answer}", 825), "predict --payload 825");
  EXPECT_EQ(with_answer("simulate --rtt {answer*0.92}ms,{answer*1.08}ms", 250), "simulate --rtt 230ms,270ms");
  EXPECT_THROW(with_answer("--rtt {answer", 1), JsonError);
  EXPECT_THROW(with_answer("--rtt {answer+1}", 1), JsonError);
  EXPECT_THROW(with_answer("--rtt {answer*much}", 1), JsonError);
}

// -- chapters ---------------------------------------------------------------------------------------------------------

TEST(Chapter, AHintIsForTheAnswersItNames) {
  const Chapter chapter = parse_chapter(kChapter);
  EXPECT_EQ(hint_for(chapter.questions[0].hints, 50.4)->name, "Two transits");
  EXPECT_EQ(hint_for(chapter.questions[0].hints, 51), nullptr);
  EXPECT_EQ(hint_for(chapter.exercise->hints, 12)->name, "The way left out");
}

TEST(Chapter, WhatIsWrongWithItIsNamedWithItsPlace) {
  const auto parsed = [](const char* from, const char* to) { return [=] { parse_chapter(with(kChapter, from, to)); }; };
  EXPECT_THAT(parsed("50 plus 25", "50 and 25"), ThrowsMessage<JsonError>(HasSubstr("questions.0: 'and' is out")));
  EXPECT_THAT(parsed("\"0.5\", \"hints\": []", "\"near\", \"hints\": []"),
              ThrowsMessage<JsonError>(HasSubstr("questions.1: 'near'")));
  EXPECT_THAT(parsed("10..12", "12..10"), ThrowsMessage<JsonError>(HasSubstr("exercise: '12..10'")));
  EXPECT_THAT(parsed("\"unit\": \"ms\", \"theory\"", "\"theory\""),
              ThrowsMessage<JsonError>(HasSubstr("questions.0.unit: missing")));
  EXPECT_THAT(parsed("chapter/1", "chapter/9"), ThrowsMessage<JsonError>(HasSubstr("wirelab.chapter/9")));
  Chapter chapter;
  EXPECT_THROW(read_page_head("Long polling\n", chapter), JsonError);
}

// -- a student --------------------------------------------------------------------------------------------------------

class Course : public testing::Test {
 protected:
  Course() {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/05-long-polling.md") << kPage;
    std::ofstream(folder_ + "/05-long-polling.json") << kChapter;
  }
  ~Course() override { std::filesystem::remove_all(folder_); }

  template <typename Work>
  std::string said_by(Work work, int exit_code = kOk) {
    testing::internal::CaptureStdout();
    int came = -1;
    try {
      came = work();
    } catch (...) {
      testing::internal::GetCapturedStdout();
      throw;
    }
    EXPECT_EQ(came, exit_code);
    return testing::internal::GetCapturedStdout();
  }
  int predict(const char* answer, const char* because = "so it is", bool again = false) {
    return predict_chapter(command_, {.question = {}, .answer = answer, .because = because, .again = again});
  }

  const std::string folder_ = tests::own_temp("course");
  const CourseCommand command_{.chapters = folder_, .record = folder_ + "/mine/course.json", .chapter = 5};
};

TEST_F(Course, GoesFromThePredictionToTheExercise) {
  EXPECT_THAT(said_by([&] { return list_course(command_); }), HasSubstr("5  Long polling"));
  EXPECT_THAT(said_by([&] { return start_chapter(command_); }),
              AllOf(HasSubstr("1. How old at worst? (ms)"), Not(HasSubstr("The answer is"))));
  EXPECT_THAT(said_by([&] { return predict("50", "there and back"); }), HasSubstr("Question 2 is open"));
  EXPECT_THAT(said_by([&] { return predict("25"); }), HasSubstr("wirelab course run 5"));
  said_by([&] { return run_chapter(command_); });
  EXPECT_THAT(said_by([&] { return check_chapter(command_); }),
              AllOf(HasSubstr("you said 50 ms, because: there and back"),
                    HasSubstr("theory 75 ms, your run 74 ms: your prediction was wrong"),
                    HasSubstr("Two transits: There are three. (docs/claims.md, claim 56)"),
                    HasSubstr("Predicted right: 1 of 2. Your run is as theory has it in 1 of 1."),
                    HasSubstr("wirelab course check 5 --answer N")));
  EXPECT_THAT(said_by([&] { return check_exercise(command_, "11"); }, kGateMissed), HasSubstr("The way left out"));
  EXPECT_THAT(said_by([&] { return show_progress(command_); }), HasSubstr("2 of 2   yes       1   not yet"));
  EXPECT_THAT(said_by([&] { return check_exercise(command_, "35"); }), HasSubstr("Right: 35 ms"));
  EXPECT_THAT(said_by([&] { return show_progress(command_); }), HasSubstr("2 of 2   yes       1     right"));
}

TEST_F(Course, ShowsNothingBeforeEverythingIsPredicted) {
  const auto refused = ThrowsMessage<std::invalid_argument>(HasSubstr("no prediction yet"));
  EXPECT_THAT([&] { run_chapter(command_); }, refused);
  EXPECT_THAT([&] { check_chapter(command_); }, refused);
  said_by([&] { return predict("50"); });
  EXPECT_THAT([&] { run_chapter(command_); }, refused);
  said_by([&] { return predict("25"); });
  EXPECT_THAT([&] { check_chapter(command_); }, ThrowsMessage<std::invalid_argument>(HasSubstr("has not been run")));
}

TEST_F(Course, APredictionStaysWhatItWasOnceTheAnswerIsSeen) {
  said_by([&] { return predict("50") + predict("25"); });
  said_by([&] { return run_chapter(command_); });
  EXPECT_THAT([&] { predict("75"); }, ThrowsMessage<std::invalid_argument>(HasSubstr("stay as they are")));
  said_by([&] { return predict("75", "I have seen it", true); });
  EXPECT_THAT(said_by([&] { return check_chapter(command_); }), HasSubstr("you said 75 ms (after the run)"));
  EXPECT_EQ(read_course_record(command_.record).predictions.size(), 3U);
}

TEST_F(Course, TakesANumberAndAReason) {
  EXPECT_THAT([&] { predict("50ms"); }, ThrowsMessage<std::invalid_argument>(HasSubstr("'50ms' is not a number")));
  EXPECT_THAT([&] { predict("50", " "); }, ThrowsMessage<std::invalid_argument>(HasSubstr("say why")));
  EXPECT_FALSE(std::filesystem::exists(command_.record));
}

TEST_F(Course, AsksAtTheTerminal) {
  std::istringstream typed("fifty\n50\n\nthere and back\n25\none way\n");
  std::streambuf* const before = std::cin.rdbuf(typed.rdbuf());
  EXPECT_THAT(
      said_by([&] { return predict_chapter(command_, {}); }),
      AllOf(HasSubstr("1. How old at worst? (ms)"), HasSubstr("'fifty' is not a number"), HasSubstr("say why")));
  EXPECT_EQ(read_course_record(command_.record).predictions.at(1).because, "one way");
  const auto silent = [&] {
    said_by([&] { return predict_chapter(command_, {.question = 1, .answer = {}, .because = {}}); });
  };
  EXPECT_THAT(silent, ThrowsMessage<std::invalid_argument>(HasSubstr("nobody answered")));
  std::cin.rdbuf(before);
  std::cin.clear();
}

TEST_F(Course, SaysWhenWhatWasMeasuredIsNotAsTheoryHasIt) {
  std::ofstream(folder_ + "/05-long-polling.json") << with(kChapter, "\"74\"", "\"174\"");
  said_by([&] { return predict("75") + predict("25"); });
  said_by([&] { return run_chapter(command_); });
  EXPECT_THAT(said_by([&] { return check_chapter(command_); }, kGateMissed),
              HasSubstr("your run 174 ms (which does not agree)"));
}

TEST_F(Course, NamesWhatIsNotThere) {
  CourseCommand other = command_;
  other.chapter = 6;
  EXPECT_THAT([&] { start_chapter(other); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("no chapter 6; there are 5")));
  other.chapters = folder_ + "/none";
  EXPECT_THAT([&] { list_course(other); }, ThrowsMessage<std::invalid_argument>(HasSubstr("--chapters DIR")));
  std::ofstream(folder_ + "/05-long-polling.json") << "{}";
  EXPECT_THAT([&] { list_course(command_); }, ThrowsMessage<JsonError>(HasSubstr("05-long-polling.json")));
  std::filesystem::create_directories(folder_ + "/mine");
  std::ofstream(command_.record) << "[]";
  EXPECT_THAT([&] { read_course_record(command_.record); }, ThrowsMessage<JsonError>(HasSubstr("--record")));
}

}  // namespace
}  // namespace wirelab::lab
