#pragma once
// What `wirelab course` says, as text of 100 columns at most.
#include <string>
#include <vector>

#include "lab/course/chapter.hpp"
#include "lab/course/course_record.hpp"

namespace wirelab::lab {

std::string list_text(const std::vector<Chapter>& chapters);

/// The page's beginning, what to predict, and where the rest is.
std::string start_text(const Chapter& chapter);

/// "1. How old is it on average? (ms)", in lines.
std::string question_text(std::uint64_t number, const Question& question);

/// How a run's figures and the predictions compare.
struct ChapterGrade {
  std::size_t predicted_right = 0;
  std::size_t measured = 0, agreeing = 0;  ///< figures, and of these those within the tolerance of theory
};

/// Preconditions: every question has a prediction, and the run has a figure for each.
ChapterGrade grade_of(const Chapter& chapter, const CourseRecord& record, const ChapterRun& run);

/// Every prediction beside theory and measurement. Same preconditions.
std::string check_text(const Chapter& chapter, const CourseRecord& record, const ChapterRun& run);

std::string exercise_text(const Exercise& exercise, const TriedExercise& tried);

std::string progress_text(const std::vector<Chapter>& chapters, const CourseRecord& record);

}  // namespace wirelab::lab
