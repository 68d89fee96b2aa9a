#pragma once
// What one student has said and seen: a file of their own, to which every command only adds, so that what was predicted
// before an answer was shown stays what it was. docs/course/teaching.md explains every key.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lab/course/chapter.hpp"

namespace wirelab::lab {

inline constexpr const char* kCourseRecordSchema = "wirelab.course/1";

struct PredictedAnswer {
  std::string created_utc;
  std::uint64_t chapter = 0, question = 0;  ///< questions are counted from 1
  double answer = 0;
  std::string because{};
  bool after_run = false;  ///< the chapter had been run by then, and its answers may have been seen
};

struct ChapterRun {
  std::string created_utc;
  std::uint64_t chapter = 0;
  std::vector<double> theory{};  ///< of each question
  std::vector<std::optional<double>> measured{};
};

struct TriedExercise {
  std::string created_utc;
  std::uint64_t chapter = 0;
  double answer = 0, figure = 0;  ///< what was given, and what came of it
  bool right = false;
};

struct CourseRecord {
  std::string schema = kCourseRecordSchema;
  std::vector<PredictedAnswer> predictions;
  std::vector<ChapterRun> runs;
  std::vector<TriedExercise> exercises;
};

std::string to_text(const CourseRecord& record);

/// Throws JsonError.
CourseRecord parse_course_record(const std::string& text);

/// A file that is not there is an empty record. Throws JsonError that names the file.
CourseRecord read_course_record(const std::filesystem::path& file);

/// Whole or not at all; makes its folder. Throws std::system_error that names the file.
void write_course_record(const std::filesystem::path& file, const CourseRecord& record);

/// $XDG_DATA_HOME/wirelab/course.json, or ~/.local/share/wirelab/course.json (XDG Base Directory Specification). Throws
/// std::invalid_argument where neither variable is set.
std::filesystem::path default_record_file();

/// The last of its kind; nullptr where there is none. They live as long as the record stays as it is.
const PredictedAnswer* prediction_of(const CourseRecord& record, std::uint64_t chapter, std::uint64_t question);
const ChapterRun* run_of(const CourseRecord& record, std::uint64_t chapter);
const TriedExercise* exercise_of(const CourseRecord& record, std::uint64_t chapter);

/// The numbers, from 1, of the questions without a prediction.
std::vector<std::uint64_t> open_questions(const CourseRecord& record, const Chapter& chapter);

}  // namespace wirelab::lab
