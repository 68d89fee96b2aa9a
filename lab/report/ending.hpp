#pragma once
// How a measuring command ends: its verdicts and gates, said on standard error, and the exit code they come to.
#include <string>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

/// Throws std::invalid_argument for a gate that is none: before a minute of measuring, not after it.
void check_gates(const std::vector<std::string>& gates);

/// `aloud`: says so on standard error. kNotValid if a transport's verdict is not VALID, else kGateMissed if a gate does
/// not hold, else kOk.
int judge_and_say(const Result& result, const std::vector<std::string>& gates, bool aloud = true);

}  // namespace wirelab::lab
