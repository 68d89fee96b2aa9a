#include "lab/course/chapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "lab/course/figure.hpp"
#include "lab/text/document.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {

inline constexpr auto fields(Of<Hint>) {
  return std::tuple(Field{"answer", &Hint::answer}, Field{"name", &Hint::name}, Field{"says", &Hint::says},
                    Field{"claim", &Hint::claim});
}

inline constexpr auto fields(Of<Question>) {
  return std::tuple(Field{"ask", &Question::ask}, Field{"unit", &Question::unit}, Field{"theory", &Question::theory},
                    Field{"measured", &Question::measured}, Field{"tolerance", &Question::tolerance},
                    Field{"hints", &Question::hints});
}

inline constexpr auto fields(Of<Exercise>) {
  return std::tuple(Field{"ask", &Exercise::ask}, Field{"unit", &Exercise::unit},
                    Field{"commands", &Exercise::commands}, Field{"figure", &Exercise::figure},
                    Field{"wanted", &Exercise::wanted}, Field{"tolerance", &Exercise::tolerance},
                    Field{"hints", &Exercise::hints});
}

inline constexpr auto fields(Of<Chapter>) {
  return std::tuple(Field{"schema", &Chapter::schema}, Field{"commands", &Chapter::commands},
                    Field{"questions", &Chapter::questions}, Field{"exercise", &Chapter::exercise});
}

namespace {

namespace fs = std::filesystem;

void check_hints(const std::vector<Hint>& hints) {
  for (const Hint& hint : hints) parse_answer_range(hint.answer);
}

void check_question(const Question& question) {
  check_figure(question.theory);
  if (question.measured) check_figure(*question.measured);
  parse_tolerance(question.tolerance);
  check_hints(question.hints);
}

void check_exercise(const Exercise& exercise) {
  check_figure(exercise.figure);
  check_figure(exercise.wanted);
  parse_tolerance(exercise.tolerance);
  check_hints(exercise.hints);
}

template <typename Check>
void at_place(const std::string& place, Check check) {
  try {
    check();
  } catch (const JsonError& error) {
    throw error.in(place);
  }
}

/// "05-long-polling.json" is chapter 5's; nullopt for any other name.
std::optional<std::uint64_t> chapter_number(const fs::path& file) {
  const std::string name = file.filename();
  const bool numbered = name.size() > 3 && std::isdigit(static_cast<unsigned char>(name[0])) != 0 &&
                        std::isdigit(static_cast<unsigned char>(name[1])) != 0 && name[2] == '-';
  if (!numbered || file.extension() != ".json") return std::nullopt;
  return std::stoull(name.substr(0, 2));
}

Chapter read_chapter(const fs::path& file, std::uint64_t number) {
  try {
    Chapter chapter = parse_chapter(read_document(file));
    chapter.number = number;
    chapter.file = file;
    chapter.page = fs::path(file).replace_extension(".md");
    if (!fs::exists(chapter.page)) throw JsonError("its page is missing: " + chapter.page.filename().string());
    read_page_head(read_document(chapter.page), chapter);
    return chapter;
  } catch (const JsonError& error) {
    throw JsonError("not a chapter of the course: " + std::string(error.what())).in(file);
  }
}

/// The text between two marks; empty where they are not there.
std::string text_between(const std::string& text, const std::string& from, const std::string& to) {
  const auto start = text.find(from);
  if (start == std::string::npos) return {};
  const auto begin = start + from.size(), end = text.find(to, begin);
  return end == std::string::npos ? "" : text.substr(begin, end - begin);
}

}  // namespace

void read_page_head(const std::string& page, Chapter& chapter) {
  const std::string heading = text_between("\n" + page, "\n# ", "\n");
  chapter.title = heading.substr(std::min(heading.find(' '), heading.size() - 1) + 1);
  chapter.question = text_between(page, "\n**", "**\n");
  const std::string about = text_between(page, "**\n\n", "\n");
  chapter.effort = about.substr(0, about.find(" · needs"));
  if (heading.empty() || chapter.question.empty() || chapter.effort.empty())
    throw JsonError(
        "the page beside it does not begin with '# N Title', '**Question?**' and 'M minutes · easy · needs …'");
}

Chapter parse_chapter(const std::string& text) {
  Chapter chapter;
  read_json(parse_document(text, kChapterSchema), chapter);
  if (chapter.questions.empty()) throw JsonError("none; a chapter asks for one prediction at least").in("questions");
  for (std::size_t i = 0; i < chapter.questions.size(); ++i)
    at_place("questions." + std::to_string(i), [&] { check_question(chapter.questions[i]); });
  if (chapter.exercise) at_place("exercise", [&] { check_exercise(*chapter.exercise); });
  return chapter;
}

std::vector<Chapter> read_chapters(const fs::path& folder) {
  std::vector<Chapter> chapters;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable))
    if (const auto number = chapter_number(entry.path())) chapters.push_back(read_chapter(entry.path(), *number));
  if (chapters.empty())
    throw std::invalid_argument(
        fmt::format("no chapters (like 05-long-polling.json) in '{}': give the folder of a course: --chapters DIR",
                    folder.string()));
  std::sort(chapters.begin(), chapters.end(), [](const Chapter& a, const Chapter& b) { return a.number < b.number; });
  return chapters;
}

const Chapter& chosen_chapter(const std::vector<Chapter>& chapters, std::uint64_t number) {
  std::vector<std::string> numbers;
  for (const Chapter& chapter : chapters) {
    if (chapter.number == number) return chapter;
    numbers.push_back(std::to_string(chapter.number));
  }
  throw std::invalid_argument(fmt::format("there is no chapter {}; there are {}", number, listed(numbers)));
}

std::string page_until(const fs::path& page, const std::string& heading) {
  const std::string text = read_document(page);
  return text.substr(0, text.find("\n## " + heading + "\n"));
}

const Hint* hint_for(const std::vector<Hint>& hints, double answer) {
  const auto fits = [answer](const Hint& hint) {
    const AnswerRange range = parse_answer_range(hint.answer);
    return range.from <= answer && answer <= range.to;
  };
  const auto found = std::find_if(hints.begin(), hints.end(), fits);
  return found == hints.end() ? nullptr : &*found;
}

}  // namespace wirelab::lab
