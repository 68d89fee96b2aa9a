#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/course/course_commands.hpp"

namespace wirelab::lab {
namespace {

struct CourseArguments {
  CourseCommand command{.chapters = default_chapters()};
  std::string chapters, record;
  PredictionGiven given;
  std::optional<std::string> exercise_answer;
};

CourseCommand chosen_course(const CourseArguments& arguments) {
  CourseCommand chosen = arguments.command;
  if (!arguments.chapters.empty()) chosen.chapters = arguments.chapters;
  chosen.record = arguments.record.empty() ? default_record_file() : std::filesystem::path(arguments.record);
  chosen.wirelab = std::filesystem::read_symlink("/proc/self/exe");
  return chosen;
}

using CourseAction = std::function<int(const CourseArguments&)>;

struct CoursePart {
  CLI::App* app;
  CourseAction action;
};

/// A part of the course that is about one chapter.
CLI::App& add_part(CLI::App& course, const char* name, const char* help, CourseArguments& arguments) {
  CLI::App& app = *course.add_subcommand(name, help);
  app.add_option("N", arguments.command.chapter, "The chapter's number")->required()->type_name("");
  return app;
}

void add_prediction_flags(CLI::App& app, PredictionGiven& given) {
  app.add_option("--question", given.question, "Which one; else each that is open")->type_name("K");
  app.add_option("--answer", given.answer, "Your number; else it is asked for")->type_name("NUMBER");
  app.add_option("--because", given.because, "Why; else it is asked for")->type_name("TEXT");
  app.add_flag("--again", given.again, "Also after the run; such predictions are marked");
}

void add_course_flags(CLI::App& app, CourseArguments& arguments) {
  app.add_option("--chapters", arguments.chapters, "The course's folder [" + arguments.command.chapters.string() + "]")
      ->type_name("DIR");
  app.add_option("--record", arguments.record, "Where answers are kept [$XDG_DATA_HOME/wirelab/course.json]")
      ->type_name("FILE");
}

/// Every part, in the order in which a chapter takes them.
std::vector<CoursePart> add_parts(CLI::App& app, CourseArguments& arguments) {
  const auto on = [](int (*work)(const CourseCommand&)) {
    return [work](const CourseArguments& chosen) { return work(chosen_course(chosen)); };
  };
  std::vector<CoursePart> parts = {{app.add_subcommand("list", "Which chapters there are"), on(list_course)},
                                   {&add_part(app, "start", "What a chapter asks", arguments), on(start_chapter)}};
  CLI::App& predict = add_part(app, "predict", "Keep a number and a reason, before anything is shown", arguments);
  add_prediction_flags(predict, arguments.given);
  parts.push_back(
      {&predict, [](const CourseArguments& chosen) { return predict_chapter(chosen_course(chosen), chosen.given); }});
  CLI::App& run = add_part(app, "run", "Run the chapter's commands", arguments);
  add_duration(run, "--give-up-after", arguments.command.give_up_after, "Of one command");
  run.add_flag("--quiet", arguments.command.quiet, "Not what they print");
  parts.push_back({&run, on(run_chapter)});
  CLI::App& check = add_part(app, "check", "Predictions beside theory and measurement; or an exercise", arguments);
  check.add_option("--answer", arguments.exercise_answer, "To the exercise; wrong: exit code 3")->type_name("NUMBER");
  parts.push_back({&check, [](const CourseArguments& chosen) {
                     return chosen.exercise_answer ? check_exercise(chosen_course(chosen), *chosen.exercise_answer)
                                                   : check_chapter(chosen_course(chosen));
                   }});
  parts.push_back({app.add_subcommand("progress", "What is done"), on(show_progress)});
  return parts;
}

}  // namespace

Subcommand add_course(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("course", "Predict, run, compare: the course, a chapter at a time");
  const auto arguments = std::make_shared<CourseArguments>();
  add_course_flags(app, *arguments);
  app.footer(
      "Examples:\n"
      "  wirelab course list\n"
      "  wirelab course start 3\n"
      "  wirelab course predict 3\n"
      "  wirelab course predict 3 --question 1 --answer 500 --because 'half the interval'\n"
      "  wirelab course run 3\n"
      "  wirelab course check 3\n"
      "  wirelab course check 3 --answer 278");
  const std::vector<CoursePart> parts = add_parts(app, *arguments);  // which take the footer over
  add_help_flag(app);
  return {&app, [arguments, parts] {
            for (const CoursePart& part : parts)
              if (part.app->parsed()) return part.action(*arguments);
            throw std::invalid_argument(
                "course: list, start, predict, run, check or progress is missing; begin with: wirelab course list");
          }};
}

}  // namespace wirelab::lab
