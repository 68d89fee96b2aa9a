#pragma once
// A chapter of the course: a page to read (docs/course/05-long-polling.md) and beside it the data that `wirelab course`
// works with (05-long-polling.json). docs/course/teaching.md explains every key, for whoever adds one.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

inline constexpr const char* kChapterSchema = "wirelab.chapter/1";

/// What is said to a wrong answer that many give.
struct Hint {
  std::string answer;  ///< which answers: parse_answer_range()
  std::string name;    ///< of the misconception
  std::string says;
  std::uint64_t claim = 0;  ///< its row in the claims ledger; 0: none
};

struct Question {
  std::string ask, unit;
  std::string theory;                   ///< a figure
  std::optional<std::string> measured;  ///< a figure; null where the commands do not show it
  std::string tolerance;                ///< of the prediction, and of what was measured, to theory
  std::vector<Hint> hints;
};

struct Exercise {
  std::string ask, unit;
  std::vector<std::string> commands;  ///< with {answer}, or {answer*0.92}, in them; none: the figure says it all
  std::string figure;                 ///< of what they find out
  std::string wanted;                 ///< a number
  std::string tolerance;
  std::vector<Hint> hints;
};

struct Chapter {
  std::string schema = kChapterSchema;
  std::vector<std::string> commands;  ///< of wirelab, without its name
  std::vector<Question> questions;
  std::optional<Exercise> exercise;

  // From the names of the files, and from the page.
  std::uint64_t number = 0;
  std::filesystem::path file, page;
  std::string title, question, effort;  ///< "Long polling", "Is it as fast as push?", "60 minutes · medium"
};

/// What the page says of itself at its beginning.
void read_page_head(const std::string& page, Chapter& chapter);

/// Throws JsonError that says what is wrong and where.
Chapter parse_chapter(const std::string& text);

/// Every chapter of the folder, by number. Throws JsonError that names the file, std::invalid_argument for a folder
/// without chapters.
std::vector<Chapter> read_chapters(const std::filesystem::path& folder);

/// Throws std::invalid_argument that names those there are.
const Chapter& chosen_chapter(const std::vector<Chapter>& chapters, std::uint64_t number);

/// The page up to the heading, for the terminal.
std::string page_until(const std::filesystem::path& page, const std::string& heading);

/// The hint for an answer; nullptr where there is none.
const Hint* hint_for(const std::vector<Hint>& hints, double answer);

}  // namespace wirelab::lab
