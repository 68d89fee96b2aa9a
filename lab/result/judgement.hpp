#pragma once
// Whether figures may be believed, as it stands in a result: lab/result/verdict.hpp finds it.
#include <string>
#include <string_view>
#include <vector>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

/// In order of gravity: of several that hold the last is the verdict, and every reason is given.
enum class Verdict { valid, noisy, client_saturated, link_late, rate_not_met, witnesses_disagree, lossy };

std::string_view name(Verdict verdict);  ///< "VALID", "CLIENT-SATURATED" …

struct Judgement {
  Verdict verdict = Verdict::valid;
  std::vector<std::string> reasons;  ///< empty for VALID
};

Json write_json(Verdict verdict);
void read_json(const Json& json, Verdict& verdict);

}  // namespace wirelab::lab
