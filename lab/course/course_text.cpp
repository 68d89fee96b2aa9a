#include "lab/course/course_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/course/figure.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/wrapped_text.hpp"

namespace wirelab::lab {
namespace {

constexpr std::size_t kIndent = 3;

std::string paragraph(const std::string& text) { return fmt::format("{:{}}{}\n", "", kIndent, wrap(text, kIndent)); }

/// Three digits of a measurement, and of what can be counted all: 9, and not 9.00.
std::string found_number(double number) {
  constexpr double kCountMax = 1e15;
  const bool counted = number >= 0 && number < kCountMax && std::abs(number - std::round(number)) < 1e-9;
  return counted ? grouped(static_cast<std::uint64_t>(std::llround(number))) : significant(number);
}

std::string in_unit(double number, const std::string& unit) {
  return unit.empty() ? found_number(number) : fmt::format("{} {}", found_number(number), unit);
}

/// As it was given, not as a measurement is shown: 25, and not 25.0.
std::string as_given(double number, const std::string& unit) {
  return unit.empty() ? fmt::format("{:.10g}", number) : fmt::format("{:.10g} {}", number, unit);
}

std::string hint_text(const Hint& hint) {
  std::string text = fmt::format("{}: {}", hint.name, hint.says);
  if (hint.claim != 0) text += fmt::format(" (docs/claims.md, claim {})", hint.claim);
  return text;
}

std::string compared_text(const Question& question, const PredictedAnswer& said, double theory,
                          std::optional<double> measured) {
  const Tolerance tolerance = parse_tolerance(question.tolerance);
  const bool right = within(said.answer, theory, tolerance);
  std::string text = paragraph(fmt::format("you said {}{}, because: {}", as_given(said.answer, question.unit),
                                           said.after_run ? " (after the run)" : "", said.because));
  std::string found = fmt::format("theory {}", in_unit(theory, question.unit));
  if (measured) found += fmt::format(", your run {}", in_unit(*measured, question.unit));
  if (measured && !within(*measured, theory, tolerance)) found += " (which does not agree)";
  text += paragraph(fmt::format("{}: your prediction was {}", found, right ? "right" : "wrong"));
  const Hint* const hint = right ? nullptr : hint_for(question.hints, said.answer);
  return hint == nullptr ? text : text + paragraph(hint_text(*hint));
}

std::string summary_text(const Chapter& chapter, const ChapterGrade& grade) {
  std::string text = fmt::format("Predicted right: {} of {}.", grade.predicted_right, chapter.questions.size());
  if (grade.measured > 0)
    text += fmt::format(" Your run is as theory has it in {} of {}.", grade.agreeing, grade.measured);
  if (grade.predicted_right < chapter.questions.size())
    text += fmt::format(" Now read why: {}, from \"Explain\" on.", chapter.page.string());
  return wrap(text, 0) + "\n";
}

std::string exercise_state(const Chapter& chapter, const CourseRecord& record) {
  if (!chapter.exercise) return "none";
  const TriedExercise* const tried = exercise_of(record, chapter.number);
  if (tried == nullptr) return "open";
  return tried->right ? "right" : "not yet";
}

std::string predicted_state(const Chapter& chapter, const CourseRecord& record) {
  const std::size_t all = chapter.questions.size(), open = open_questions(record, chapter).size();
  return fmt::format("{} of {}", all - open, all);
}

std::string right_state(const Chapter& chapter, const CourseRecord& record) {
  const ChapterRun* const run = run_of(record, chapter.number);
  if (run == nullptr || run->theory.size() != chapter.questions.size() || !open_questions(record, chapter).empty())
    return "-";
  return fmt::format("{}", grade_of(chapter, record, *run).predicted_right);
}

}  // namespace

std::string list_text(const std::vector<Chapter>& chapters) {
  std::size_t title = 0, question = 0;
  for (const Chapter& chapter : chapters)
    title = std::max(title, chapter.title.size()), question = std::max(question, chapter.question.size());
  std::string text;
  for (const Chapter& chapter : chapters)
    text += fmt::format("{:>3}  {:<{}}  {:<{}}  {}\n", chapter.number, chapter.title, title, chapter.question, question,
                        chapter.effort);
  return text + "\nBegin with: wirelab course start 0\n";
}

std::string question_text(std::uint64_t number, const Question& question) {
  const std::string start = fmt::format("{}. ", number);
  const std::string asked = question.unit.empty() ? question.ask : fmt::format("{} ({})", question.ask, question.unit);
  return start + wrap(asked, start.size()) + "\n";
}

std::string start_text(const Chapter& chapter) {
  std::string text = page_until(chapter.page, "Predict") + "\nPredict, before you look:\n\n";
  for (std::size_t i = 0; i < chapter.questions.size(); ++i) text += question_text(i + 1, chapter.questions[i]);
  return text + fmt::format(
                    "\nThe page is {}: read it as far as \"Run\".\n"
                    "Then say what you think: wirelab course predict {}\n",
                    chapter.page.string(), chapter.number);
}

ChapterGrade grade_of(const Chapter& chapter, const CourseRecord& record, const ChapterRun& run) {
  ChapterGrade grade;
  for (std::size_t i = 0; i < chapter.questions.size(); ++i) {
    const Tolerance tolerance = parse_tolerance(chapter.questions[i].tolerance);
    if (within(prediction_of(record, chapter.number, i + 1)->answer, run.theory[i], tolerance)) ++grade.predicted_right;
    if (!run.measured[i]) continue;
    ++grade.measured;
    if (within(*run.measured[i], run.theory[i], tolerance)) ++grade.agreeing;
  }
  return grade;
}

std::string check_text(const Chapter& chapter, const CourseRecord& record, const ChapterRun& run) {
  std::string text = fmt::format("{} {}: {}\n\n", chapter.number, chapter.title, chapter.question);
  for (std::size_t i = 0; i < chapter.questions.size(); ++i) {
    const Question& question = chapter.questions[i];
    text += question_text(i + 1, question);
    text += compared_text(question, *prediction_of(record, chapter.number, i + 1), run.theory[i], run.measured[i]);
  }
  text += "\n" + summary_text(chapter, grade_of(chapter, record, run));
  if (!chapter.exercise || exercise_state(chapter, record) == "right") return text;
  const Exercise& exercise = *chapter.exercise;
  return text + "\nExercise: " + wrap(exercise.ask, 10) +
         fmt::format("\nGive it in {}: wirelab course check {} --answer N\n",
                     exercise.unit.empty() ? "a plain number" : exercise.unit, chapter.number);
}

std::string exercise_text(const Exercise& exercise, const TriedExercise& tried) {
  if (tried.right) return fmt::format("Right: {}.\n", as_given(tried.answer, exercise.unit));
  std::string text = fmt::format("Not {}.", as_given(tried.answer, exercise.unit));
  if (!exercise.commands.empty() && exercise.figure.find("{answer}") == std::string::npos)
    text +=
        fmt::format(" With it the check finds {}, where {} is wanted.", found_number(tried.figure), exercise.wanted);
  const Hint* const hint = hint_for(exercise.hints, tried.answer);
  if (hint != nullptr) text += " " + hint_text(*hint);
  return wrap(text, 0) + "\n";
}

std::string progress_text(const std::vector<Chapter>& chapters, const CourseRecord& record) {
  std::string text =
      fmt::format("{:<22} {:>9} {:>5} {:>7} {:>9}\n", "chapter", "predicted", "run", "right", "exercise");
  for (const Chapter& chapter : chapters)
    text += fmt::format("{:<22} {:>9} {:>5} {:>7} {:>9}\n", fmt::format("{} {}", chapter.number, chapter.title),
                        predicted_state(chapter, record), run_of(record, chapter.number) == nullptr ? "-" : "yes",
                        right_state(chapter, record), exercise_state(chapter, record));
  return text;
}

}  // namespace wirelab::lab
