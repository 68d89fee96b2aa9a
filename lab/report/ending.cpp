#include "lab/report/ending.hpp"

#include <fmt/format.h>

#include "lab/process/exit_code.hpp"
#include "lab/result/gates.hpp"

namespace wirelab::lab {

void check_gates(const std::vector<std::string>& gates) {
  for (const std::string& gate : gates) parse_gate(gate);
}

int judge_and_say(const Result& result, const std::vector<std::string>& gates, bool aloud) {
  bool valid = true, held = true;
  for (const auto& [transport, summary] : result.summary) valid &= summary.verdict == Verdict::valid;
  for (const std::string& gate : gates)
    for (const GateOutcome& outcome : check(parse_gate(gate), result)) {
      held &= outcome.held;
      if (aloud) fmt::print(stderr, "wirelab: --expect {}\n", outcome.sentence);
    }
  if (!valid && aloud)
    fmt::print(stderr, "wirelab: not every run is VALID, and the report says why (exit code {})\n", int{kNotValid});
  return !valid ? kNotValid : !held ? kGateMissed : kOk;
}

}  // namespace wirelab::lab
