#pragma once
// The figures that a result is judged by: each has a name (in --expect, in intervals, in diff), a unit, and a way to
// get it from a Summary. Tables show more; what is ranked, gated or compared is here.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

enum class FigureKind { time_us, share, count, bytes, cpu };

struct Figure {
  std::string_view name;   ///< "p99", "server_cpu": as in --expect 'websocket.p99<5ms'
  std::string_view key;    ///< in files, unit last: "age_p99_us"
  std::string_view title;  ///< for people, with its unit: "age p99, ms"
  FigureKind kind;
  double shown_per_unit;  ///< what a value is divided by to be shown in the title's unit
  /// Null when the runs do not have it. Lower is better for every one of them but `delivered`.
  std::optional<double> (*value)(const Summary&);
  bool (*among_lost)(const Summary&) = nullptr;

  /// The value is known from below only: more than it, nobody knows how much.
  bool at_least(const Summary& summary) const { return among_lost && among_lost(summary); }
};

const std::vector<Figure>& figures();

/// Those that a choice of transport is made by: the report ranks by them. A run that published nothing has others than
/// one that did.
std::vector<const Figure*> ranked_figures();

/// Whether one of the transports has the figure.
bool is_known(const Figure& figure, const std::map<std::string, Summary>& summaries);

/// Null for a name that is none.
const Figure* find_figure(std::string_view name);

}  // namespace wirelab::lab
