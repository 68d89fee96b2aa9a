#include "lab/course/figure.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace wirelab::lab {
namespace {

constexpr const char* kAnswer = "{answer}";
constexpr double kHintShare = 0.01;

/// The text's number, where all of it is one.
std::optional<double> whole_number_text(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const bool is_number = !text.empty() && *end == '\0' && std::isfinite(number);
  return is_number ? std::optional(number) : std::nullopt;
}

double number_in(const std::string& text) {
  const auto number = whole_number_text(text);
  if (!number) throw JsonError("'" + text + "' is not a number");
  return *number;
}

bool is_operator(const std::string& word) {
  return word == "over" || word == "times" || word == "less" || word == "plus";
}

double combined(double left, const std::string& how, double right) {
  if (how == "over") return left / right;
  if (how == "times") return left * right;
  return how == "less" ? left - right : left + right;
}

/// Number, operator, number …
std::vector<std::string> words_of(const std::string& figure) {
  std::istringstream in(figure);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  for (std::size_t i = 0; i < words.size(); ++i)
    if (is_operator(words[i]) != (i % 2 == 1))
      throw JsonError("'" + words[i] + "' is out of place in '" + figure +
                      "': numbers with over, times, less or plus between them");
  if (words.size() % 2 == 0) throw JsonError("'" + figure + "' ends too soon: a number is missing");
  return words;
}

double pointed_at(const std::string& pointer, const Json& results) {
  try {
    const Json& found = results.at(Json::json_pointer(pointer));
    if (!found.is_number()) throw JsonError("there is no number at " + pointer);
    return found.get<double>();
  } catch (const Json::exception&) {
    throw JsonError("there is nothing at " + pointer);
  }
}

double term_value(const std::string& term, const Json& results, std::optional<double> answer) {
  if (term.starts_with('/')) return pointed_at(term, results);
  if (term != kAnswer) return number_in(term);
  if (!answer) throw JsonError(std::string(kAnswer) + " is for exercises only");
  return *answer;
}

}  // namespace

void check_figure(const std::string& figure) {
  const auto words = words_of(figure);
  for (std::size_t i = 0; i < words.size(); i += 2)
    if (!words[i].starts_with('/') && words[i] != kAnswer) number_in(words[i]);
}

double figure_value(const std::string& figure, const Json& results, std::optional<double> answer) {
  const auto words = words_of(figure);
  double value = term_value(words[0], results, answer);
  for (std::size_t i = 1; i < words.size(); i += 2)
    value = combined(value, words[i], term_value(words[i + 1], results, answer));
  if (!std::isfinite(value)) throw JsonError("'" + figure + "' divides by 0");
  return value;
}

Tolerance parse_tolerance(const std::string& text) {
  const bool is_share = text.ends_with('%');
  const double number = number_in(is_share ? text.substr(0, text.size() - 1) : text);
  if (number < 0) throw JsonError("'" + text + "': a tolerance is 0 or more");
  return is_share ? Tolerance{.share = number / 100} : Tolerance{.fixed = number};
}

bool within(double value, double expected, const Tolerance& tolerance) {
  constexpr double kRounding = 1e-9;  // 2.15 is within 0.15 of 2
  return std::abs(value - expected) <= tolerance.fixed + tolerance.share * std::abs(expected) + kRounding;
}

AnswerRange parse_answer_range(const std::string& text) {
  const auto dots = text.find("..");
  if (dots == std::string::npos) {
    const double number = number_in(text), around = std::abs(number) * kHintShare;
    return {number - around, number + around};
  }
  const AnswerRange range{number_in(text.substr(0, dots)), number_in(text.substr(dots + 2))};
  if (range.from > range.to) throw JsonError("'" + text + "' ends before it begins");
  return range;
}

double parse_number(const std::string& text) {
  const auto number = whole_number_text(text);
  if (!number)
    throw std::invalid_argument(
        fmt::format("'{}' is not a number: give one like 525 or 0.5, in the unit that is asked for", text));
  return *number;
}

}  // namespace wirelab::lab
