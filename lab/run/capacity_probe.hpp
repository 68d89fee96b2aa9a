#pragma once
// What one run says of an objective: whether it was held and, if not, who stood in the way. Ages are taken where the
// load generator hears of a message, so its own slowness is in them. An age that is low enough all the same speaks for
// the server, whatever state the generator was in. One that is too high speaks against the server only if the generator
// was not at its limit: neither over the whole run, nor in sending, nor in the burst of copies that one message makes.
#include <optional>
#include <string>

#include "clients/generator.hpp"
#include "lab/result/gates.hpp"
#include "lab/result/result.hpp"
#include "lab/run/search.hpp"

namespace wirelab::lab {

struct ProbeJudgement {
  Probe said = Probe::not_carried_out;
  std::optional<double> measured;  ///< the objective's figure; null: too few deliveries to have it
  bool at_least = false;           ///< the figure falls among what was lost: it is known from below
  std::string reason;              ///< empty if it passed
};

/// It passes when it holds the objective and is VALID or, where the objective is an age, CLIENT-SATURATED. `plan` is
/// what was asked for.
ProbeJudgement judge_probe(const Run& run, const Gate& objective, const clients::LoadPlan& plan);

/// Deliveries below which a run cannot show the figure; 0: it always can.
double deliveries_needed(const Gate& objective);

/// "age p99 = 12.3 ms"
std::string figure_words(const Gate& objective, double value, bool at_least);

}  // namespace wirelab::lab
