#include "lab/result/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "lab/result/figures.hpp"
#include "lab/text/units.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {
namespace {

using Relation = Gate::Relation;

std::string names_of_figures() {
  std::string names;
  for (const Figure& figure : figures()) names += (names.empty() ? "" : ", ") + std::string(figure.name);
  return names;
}

double parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    throw std::invalid_argument("'" + std::string(text) + "' is not a number");
  return number;
}

double parse_bound(std::string_view text, const Figure& figure) {
  switch (figure.kind) {
    case FigureKind::time_us: return static_cast<double>(parse_duration(text).count()) / 1000;
    case FigureKind::bytes: return static_cast<double>(parse_bytes(text));
    case FigureKind::share:
      return text.ends_with('%') ? parse_number(text.substr(0, text.size() - 1)) / 100 : parse_number(text);
    case FigureKind::count:
    case FigureKind::cpu: return parse_number(text);
  }
  return 0;
}

bool compares(double value, Relation relation, double bound) {
  switch (relation) {
    case Relation::less: return value < bound;
    case Relation::less_or_equal: return value <= bound;
    case Relation::greater: return value > bound;
    case Relation::greater_or_equal: return value >= bound;
    case Relation::equal: return std::abs(value - bound) <= 1e-9 * std::max(1.0, std::abs(bound));
  }
  return false;
}

/// Whether it asks for a value that is not too low: what is known from below can answer no other.
bool is_lower(Relation relation) { return relation == Relation::greater || relation == Relation::greater_or_equal; }

Relation parse_relation(std::string_view text) {
  if (text == "<") return Relation::less;
  if (text == "<=") return Relation::less_or_equal;
  if (text == ">") return Relation::greater;
  if (text == ">=") return Relation::greater_or_equal;
  if (text == "=" || text == "==") return Relation::equal;
  throw std::invalid_argument(fmt::format("'{}' is no relation; there are < <= > >= ==", text));
}

/// "p99<5ms", what all gates end with.
Gate parse_condition(std::string_view text) {
  const auto relation = std::min(text.find_first_of("<>="), text.size());
  const auto value = text.find_first_not_of("<>=", relation);
  if (value == std::string_view::npos) throw std::invalid_argument("no value to compare with");
  Gate gate;
  gate.transport = "*";
  gate.figure = text.substr(0, relation);
  const Figure* figure = find_figure(gate.figure);
  if (!figure)
    throw std::invalid_argument(fmt::format("'{}' is no figure; there are {}", gate.figure, names_of_figures()));
  gate.relation = parse_relation(text.substr(relation, value - relation));
  gate.bound = parse_bound(text.substr(value), *figure);
  return gate;
}

Gate parse_condition_of_transport(std::string_view text) {
  const auto dot = text.find('.');
  const auto relation = text.find_first_of("<>=");
  if (dot == std::string_view::npos || relation == std::string_view::npos || relation < dot)
    throw std::invalid_argument("not a gate");
  const std::string transport(text.substr(0, dot));
  if (transport != "*" && !messages::parse_transport(transport))
    throw std::invalid_argument(
        fmt::format("'{}' is no transport; there are short-poll, keep-alive, long-poll, websocket and *", transport));
  Gate gate = parse_condition(text.substr(dot + 1));
  gate.transport = transport;
  return gate;
}

/// What `parse` makes of the text; its error then names the flag, the text and how it should look.
Gate parse_flag(const char* flag, std::string_view text, const char* example, Gate (*parse)(std::string_view)) try {
  Gate gate = parse(text);
  gate.text = text;
  return gate;
} catch (const std::invalid_argument& error) {
  throw std::invalid_argument(fmt::format("{} '{}': {}; write it like {}", flag, text, error.what(), example));
}

GateOutcome check_one(const Gate& gate, const std::string& transport, const Summary& summary) {
  const Figure& figure = *find_figure(gate.figure);
  const auto value = figure.value(summary);
  const std::string what = gate.transport == "*" ? fmt::format("{} ({})", gate.text, transport) : gate.text;
  if (!value) return {false, fmt::format("{}: missed, {} was not measured", what, figure.title)};
  const bool at_least = figure.at_least(summary), held = holds(gate, summary);
  return {held, fmt::format("{}: {}, {} {} {:.4g}{}", what, held ? "held" : "missed", figure.title,
                            at_least ? ">=" : "=", *value / figure.shown_per_unit, at_least ? " (lost)" : "")};
}

}  // namespace

Gate parse_gate(std::string_view text) {
  return parse_flag("--expect", text, "websocket.p99<5ms", parse_condition_of_transport);
}

Gate parse_objective(std::string_view text) { return parse_flag("--objective", text, "p99<100ms", parse_condition); }

bool holds(const Gate& gate, const Summary& summary) {
  const Figure& figure = *find_figure(gate.figure);
  const auto value = figure.value(summary);
  if (!value || (figure.at_least(summary) && !is_lower(gate.relation))) return false;
  return compares(*value, gate.relation, gate.bound);
}

std::vector<GateOutcome> check(const Gate& gate, const Result& result) {
  std::vector<GateOutcome> outcomes;
  for (const auto& [transport, summary] : result.summary)
    if (gate.transport == "*" || gate.transport == transport) outcomes.push_back(check_one(gate, transport, summary));
  if (outcomes.empty()) outcomes.push_back({false, gate.text + ": missed, " + gate.transport + " was not measured"});
  return outcomes;
}

}  // namespace wirelab::lab
