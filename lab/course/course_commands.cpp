#include "lab/course/course_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "lab/course/course_text.hpp"
#include "lab/course/figure.hpp"
#include "lab/host/source_tree.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;

int say(const std::string& text) {
  write_output("-", text);
  return kOk;
}

Chapter chapter_of(const CourseCommand& command) {
  return chosen_chapter(read_chapters(command.chapters), command.chapter);
}

ChapterRunner runner_of(const CourseCommand& command, const Chapter& chapter) {
  return {command.wirelab, chapter.file.parent_path(), command.give_up_after};
}

// -- predicting -------------------------------------------------------------------------------------------------------

/// A line of standard input.
std::string asked(const std::string& prompt) {
  write_output("-", prompt);
  std::string line;
  if (!std::getline(std::cin, line))
    throw std::invalid_argument("nobody answered; give --answer 120 --because 'two round trips'");
  return line;
}

std::string reason(const std::string& text) {
  if (text.find_first_not_of(" \t") == std::string::npos)
    throw std::invalid_argument("a number without a reason is a guess: say why, --because 'two round trips'");
  return text;
}

/// What was typed, once it can be read: a slip of the finger is no reason to end.
template <typename Read>
auto asked_until(const std::string& prompt, Read read) {
  while (true) {
    const std::string line = asked(prompt);
    try {
      return read(line);
    } catch (const std::invalid_argument& error) {
      say(fmt::format("   {}\n", error.what()));
    }
  }
}

PredictedAnswer answered(const Chapter& chapter, std::uint64_t number, const PredictionGiven& given) {
  const Question& question = chapter.questions[number - 1];
  if (!given.answer || !given.because) say(question_text(number, question));
  PredictedAnswer said{.created_utc = utc_now(), .chapter = chapter.number, .question = number};
  said.answer = given.answer ? parse_number(*given.answer) : asked_until("   your number: ", parse_number);
  said.because = given.because ? reason(*given.because) : asked_until("   because: ", reason);
  return said;
}

std::vector<std::uint64_t> questions_to_ask(const Chapter& chapter, const CourseRecord& record,
                                            const PredictionGiven& given) {
  if (!given.question) {
    auto open = open_questions(record, chapter);
    if (given.again)
      for (open.clear(); open.size() < chapter.questions.size();) open.push_back(open.size() + 1);
    if (given.answer && open.size() > 1) open.resize(1);  // one number is for one question
    return open;
  }
  if (*given.question == 0 || *given.question > chapter.questions.size())
    throw std::invalid_argument(fmt::format("--question {}: chapter {} has questions 1 to {}", *given.question,
                                            chapter.number, chapter.questions.size()));
  return {*given.question};
}

std::string next_step(const Chapter& chapter, const CourseRecord& record) {
  const auto open = open_questions(record, chapter);
  if (!open.empty())
    return fmt::format("Kept. Question {} is open: wirelab course predict {}\n", open[0], chapter.number);
  return fmt::format("Kept. Now look: wirelab course run {}\n", chapter.number);
}

// -- running and checking ---------------------------------------------------------------------------------------------

void require_predictions(const Chapter& chapter, const CourseRecord& record) {
  const auto open = open_questions(record, chapter);
  if (!open.empty())
    throw std::invalid_argument(
        fmt::format("question {} of chapter {} has no prediction yet, and what is seen first cannot be "
                    "predicted any more: wirelab course predict {}",
                    open[0], chapter.number, chapter.number));
}

ChapterRun found_out(const Chapter& chapter, const Json& results) {
  ChapterRun run{.created_utc = utc_now(), .chapter = chapter.number};
  for (const Question& question : chapter.questions) {
    run.theory.push_back(figure_value(question.theory, results));
    run.measured.push_back(question.measured ? std::optional(figure_value(*question.measured, results)) : std::nullopt);
  }
  return run;
}

/// The figures of the last run. Those of a chapter that has been changed since are of no use.
const ChapterRun& last_run(const Chapter& chapter, const CourseRecord& record) {
  const ChapterRun* const run = run_of(record, chapter.number);
  if (run == nullptr || run->theory.size() != chapter.questions.size() || run->measured.size() != run->theory.size())
    throw std::invalid_argument(
        fmt::format("chapter {} has not been run as it stands: wirelab course run {}", chapter.number, chapter.number));
  return *run;
}

TriedExercise tried_with(const Exercise& exercise, double answer, const ChapterRunner& runner) {
  std::vector<std::string> commands;
  for (const std::string& command : exercise.commands) commands.push_back(with_answer(command, answer));
  TriedExercise tried{.created_utc = utc_now(), .answer = answer};
  tried.figure = figure_value(exercise.figure, chapter_results(commands, runner, false), answer);
  tried.right = within(tried.figure, figure_value(exercise.wanted, Json::array()), parse_tolerance(exercise.tolerance));
  return tried;
}

/// A fault in the chapter's own data is the chapter's, whose file the message then names.
template <typename Work>
auto in_chapter(const Chapter& chapter, Work work) {
  try {
    return work();
  } catch (const JsonError& error) {
    throw error.in(chapter.file);
  }
}

}  // namespace

fs::path default_chapters() { return in_source_tree("docs/course").value_or("docs/course"); }

int list_course(const CourseCommand& command) { return say(list_text(read_chapters(command.chapters))); }

int start_chapter(const CourseCommand& command) { return say(start_text(chapter_of(command))); }

int predict_chapter(const CourseCommand& command, const PredictionGiven& given) {
  const Chapter chapter = chapter_of(command);
  CourseRecord record = read_course_record(command.record);
  const bool was_run = run_of(record, chapter.number) != nullptr;
  if (was_run && !given.again)
    throw std::invalid_argument(
        fmt::format("chapter {} has been run, and its predictions stay as they are. --again takes "
                    "new ones, and marks them",
                    chapter.number));
  const auto todo = questions_to_ask(chapter, record, given);
  if (todo.empty())
    return say(fmt::format("All of chapter {} is predicted; --question K changes one. Now: wirelab course run {}\n",
                           chapter.number, chapter.number));
  for (const std::uint64_t number : todo) {
    record.predictions.push_back(answered(chapter, number, given));
    record.predictions.back().after_run = was_run;
    write_course_record(command.record, record);
  }
  return say(next_step(chapter, record));
}

int run_chapter(const CourseCommand& command) {
  const Chapter chapter = chapter_of(command);
  CourseRecord record = read_course_record(command.record);
  require_predictions(chapter, record);
  record.runs.push_back(in_chapter(chapter, [&] {
    return found_out(chapter, chapter_results(chapter.commands, runner_of(command, chapter), !command.quiet));
  }));
  write_course_record(command.record, record);
  return say(fmt::format("\nWhat that says of your predictions: wirelab course check {}\n", chapter.number));
}

int check_chapter(const CourseCommand& command) {
  const Chapter chapter = chapter_of(command);
  const CourseRecord record = read_course_record(command.record);
  require_predictions(chapter, record);
  const ChapterRun& run = last_run(chapter, record);
  say(check_text(chapter, record, run));
  const ChapterGrade grade = grade_of(chapter, record, run);
  return grade.agreeing == grade.measured ? kOk : kGateMissed;
}

int check_exercise(const CourseCommand& command, const std::string& answer) {
  const Chapter chapter = chapter_of(command);
  if (!chapter.exercise)
    throw std::invalid_argument(fmt::format("chapter {} has no exercise that can be checked", chapter.number));
  const double number = parse_number(answer);
  TriedExercise tried =
      in_chapter(chapter, [&] { return tried_with(*chapter.exercise, number, runner_of(command, chapter)); });
  tried.chapter = chapter.number;
  CourseRecord record = read_course_record(command.record);
  record.exercises.push_back(tried);
  write_course_record(command.record, record);
  say(exercise_text(*chapter.exercise, tried));
  return tried.right ? kOk : kGateMissed;
}

int show_progress(const CourseCommand& command) {
  return say(progress_text(read_chapters(command.chapters), read_course_record(command.record)) +
             fmt::format("\nYour answers are in {}\n", command.record.string()));
}

}  // namespace wirelab::lab
