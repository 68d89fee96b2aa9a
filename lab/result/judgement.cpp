#include "lab/result/judgement.hpp"

#include <algorithm>
#include <array>

namespace wirelab::lab {
namespace {

constexpr std::array kVerdicts = {Verdict::valid,     Verdict::noisy,        Verdict::client_saturated,
                                  Verdict::link_late, Verdict::rate_not_met, Verdict::witnesses_disagree,
                                  Verdict::lossy};

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid: return "VALID";
    case Verdict::noisy: return "NOISY";
    case Verdict::client_saturated: return "CLIENT-SATURATED";
    case Verdict::link_late: return "LINK-LATE";
    case Verdict::rate_not_met: return "RATE-NOT-MET";
    case Verdict::witnesses_disagree: return "WITNESSES-DISAGREE";
    case Verdict::lossy: return "LOSSY";
  }
  return {};
}

Json write_json(Verdict verdict) { return std::string(name(verdict)); }

void read_json(const Json& json, Verdict& verdict) {
  const auto* const known =
      std::find_if(kVerdicts.begin(), kVerdicts.end(), [&](Verdict each) { return json == write_json(each); });
  if (known == kVerdicts.end()) throw JsonError("no verdict that this wirelab knows");
  verdict = *known;
}

}  // namespace wirelab::lab
