#pragma once
// A number of a chapter's: one that its commands found out, or that theory has. It is written as a sum without
// brackets, worked out from the left, of plain numbers, JSON pointers (RFC 6901) and {answer}, what the student said:
//
//   "/0/cells/0/simulated/age_mean_ms over /0/cells/1/simulated/age_mean_ms"       of the first command's JSON
//   "0.99 times {answer} plus 25"
#include <optional>
#include <string>
#include <vector>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

/// Throws JsonError that names what cannot be read.
void check_figure(const std::string& figure);

/// `results` is what each of the commands found out, as an array. Throws JsonError where there is no such number.
double figure_value(const std::string& figure, const Json& results, std::optional<double> answer = std::nullopt);

/// How far from it still counts: "5%" of the number, or "0.15" of its unit.
struct Tolerance {
  double share = 0, fixed = 0;
};

/// Throws JsonError.
Tolerance parse_tolerance(const std::string& text);
bool within(double value, double expected, const Tolerance& tolerance);

/// Which answers a hint is for: "50", give or take a hundredth, or "45..55".
struct AnswerRange {
  double from = 0, to = 0;
};

/// Throws JsonError.
AnswerRange parse_answer_range(const std::string& text);

/// A whole text that is a number. Throws std::invalid_argument that names it and says what would have been right.
double parse_number(const std::string& text);

}  // namespace wirelab::lab
