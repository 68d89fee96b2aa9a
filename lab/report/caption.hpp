#pragma once
// What surrounds every table: what was asked for, where and when, so that it can be measured again.
#include <optional>
#include <string>

#include "lab/host/provenance.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

/// What varied, in the place of the one value of it: {"subscribers", "1 to 5,000 subscribers"}.
struct Varied {
  std::string key;  ///< of Configuration
  std::string words;
};

std::string caption(const Configuration& configuration, const Provenance& provenance,
                    const std::optional<Varied>& varied = std::nullopt);

/// What to bear in mind of the machine, as the doctor found it before the first run: in full what makes figures
/// worthless, by its subject what one may live with. Empty if nothing.
std::string reservations(const Provenance& provenance);

}  // namespace wirelab::lab
