#pragma once
// `wirelab course`: predict, run, compare, for one student at a terminal. Each function prints on standard output and
// returns the exit code. All throw std::invalid_argument for what is asked out of order, with what to do first;
// JsonError for a chapter or a record that cannot be read; std::system_error where the record cannot be written.
#include <filesystem>
#include <optional>
#include <string>

#include "lab/course/chapter_run.hpp"
#include "lab/course/course_record.hpp"

namespace wirelab::lab {

/// docs/course of the tree this program lies in, or of the one it was built from.
std::filesystem::path default_chapters();

struct CourseCommand {
  std::filesystem::path chapters;   ///< the folder
  std::filesystem::path record{};   ///< the student's file
  std::filesystem::path wirelab{};  ///< the program that chapters run
  std::uint64_t chapter = 0;
  std::chrono::nanoseconds give_up_after = std::chrono::minutes(2);  ///< of one of a chapter's commands
  bool quiet = false;                                                ///< not what a chapter's commands print
};

struct PredictionGiven {
  std::optional<std::uint64_t> question;       ///< from 1; none: each that is open
  std::optional<std::string> answer, because;  ///< none: asked for on standard input
  bool again = false;                          ///< also after the run
};

int list_course(const CourseCommand& command);
int start_chapter(const CourseCommand& command);
int predict_chapter(const CourseCommand& command, const PredictionGiven& given);
int run_chapter(const CourseCommand& command);
/// kGateMissed where a figure is not as theory has it.
int check_chapter(const CourseCommand& command);
/// kGateMissed where the answer is not right.
int check_exercise(const CourseCommand& command, const std::string& answer);
int show_progress(const CourseCommand& command);

}  // namespace wirelab::lab
