#include "lab/course/course_record.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "lab/text/document.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {

inline constexpr auto fields(Of<PredictedAnswer>) {
  return std::tuple(Field{"created_utc", &PredictedAnswer::created_utc}, Field{"chapter", &PredictedAnswer::chapter},
                    Field{"question", &PredictedAnswer::question}, Field{"answer", &PredictedAnswer::answer},
                    Field{"because", &PredictedAnswer::because}, Field{"after_run", &PredictedAnswer::after_run});
}

inline constexpr auto fields(Of<ChapterRun>) {
  return std::tuple(Field{"created_utc", &ChapterRun::created_utc}, Field{"chapter", &ChapterRun::chapter},
                    Field{"theory", &ChapterRun::theory}, Field{"measured", &ChapterRun::measured});
}

inline constexpr auto fields(Of<TriedExercise>) {
  return std::tuple(Field{"created_utc", &TriedExercise::created_utc}, Field{"chapter", &TriedExercise::chapter},
                    Field{"answer", &TriedExercise::answer}, Field{"figure", &TriedExercise::figure},
                    Field{"right", &TriedExercise::right});
}

inline constexpr auto fields(Of<CourseRecord>) {
  return std::tuple(Field{"schema", &CourseRecord::schema}, Field{"predictions", &CourseRecord::predictions},
                    Field{"runs", &CourseRecord::runs}, Field{"exercises", &CourseRecord::exercises});
}

namespace {

namespace fs = std::filesystem;

template <typename T, typename Fits>
const T* last_that(const std::vector<T>& all, Fits fits) {
  const auto found = std::find_if(all.rbegin(), all.rend(), fits);
  return found == all.rend() ? nullptr : &*found;
}

std::optional<fs::path> folder_in(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value == '/' ? std::optional<fs::path>(value) : std::nullopt;
}

}  // namespace

std::string to_text(const CourseRecord& record) { return to_text(write_json(record)); }

CourseRecord parse_course_record(const std::string& text) {
  CourseRecord record;
  read_json(parse_document(text, kCourseRecordSchema), record);
  return record;
}

CourseRecord read_course_record(const fs::path& file) {
  if (!fs::exists(file)) return {};
  try {
    return parse_course_record(read_document(file));
  } catch (const JsonError& error) {
    throw JsonError("not a record of the course; give another with --record, or move it away: " +
                    std::string(error.what()))
        .in(file);
  }
}

void write_course_record(const fs::path& file, const CourseRecord& record) {
  if (file.has_parent_path()) fs::create_directories(file.parent_path());
  fs::path beside = file;
  beside += "." + std::to_string(getpid());
  write_output(beside, to_text(record));
  fs::rename(beside, file);
}

fs::path default_record_file() {
  const fs::path inside = "wirelab/course.json";
  if (const auto data = folder_in("XDG_DATA_HOME")) return *data / inside;
  if (const auto home = folder_in("HOME")) return *home / ".local/share" / inside;
  throw std::invalid_argument(
      "neither XDG_DATA_HOME nor HOME names a folder: say where to keep answers, --record FILE");
}

const PredictedAnswer* prediction_of(const CourseRecord& record, std::uint64_t chapter, std::uint64_t question) {
  return last_that(record.predictions,
                   [=](const PredictedAnswer& said) { return said.chapter == chapter && said.question == question; });
}

const ChapterRun* run_of(const CourseRecord& record, std::uint64_t chapter) {
  return last_that(record.runs, [=](const ChapterRun& run) { return run.chapter == chapter; });
}

const TriedExercise* exercise_of(const CourseRecord& record, std::uint64_t chapter) {
  return last_that(record.exercises, [=](const TriedExercise& tried) { return tried.chapter == chapter; });
}

std::vector<std::uint64_t> open_questions(const CourseRecord& record, const Chapter& chapter) {
  std::vector<std::uint64_t> open;
  for (std::uint64_t question = 1; question <= chapter.questions.size(); ++question)
    if (prediction_of(record, chapter.number, question) == nullptr) open.push_back(question);
  return open;
}

}  // namespace wirelab::lab
