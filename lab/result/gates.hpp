#pragma once
// Gates: what must hold of a result, as a team's CI would ask it: --expect 'websocket.p99<5ms'. One that is missed
// makes exit code 3.
#include <string>
#include <string_view>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

struct Gate {
  std::string text;       ///< as it was written
  std::string transport;  ///< or "*": each one measured
  std::string figure;     ///< of figures()
  enum class Relation { less, less_or_equal, greater, greater_or_equal, equal } relation;
  double bound;  ///< in the figure's own unit: us, bytes, share, count
};

/// "<transport>.<figure><relation><value>", the value with a unit where the figure has one (5ms, 2KiB, 99.9%). Throws
/// std::invalid_argument that names what is wrong and what there is to choose from.
Gate parse_gate(std::string_view text);

/// "<figure><relation><value>": a gate for whichever transport ("*").
Gate parse_objective(std::string_view text);

/// Whether the summary's figure is what it asks for. One that was not measured is not, nor is one known from below that
/// should be low.
bool holds(const Gate& gate, const Summary& summary);

struct GateOutcome {
  bool held = false;
  std::string sentence;  ///< "websocket.p99<5ms: held, 1.23 ms"
};

/// One outcome a transport that the gate speaks of. A figure that was not measured does not hold.
std::vector<GateOutcome> check(const Gate& gate, const Result& result);

}  // namespace wirelab::lab
