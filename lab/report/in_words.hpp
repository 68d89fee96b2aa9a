#pragma once
// What a result means, in sentences that its figures make: who is fresh and what it costs, where that can be told
// apart, and what the run cannot show.
#include <string>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

/// One a paragraph, shortest reading first: age, server, wire, connections, limits. Transports that are not VALID are
/// named as such and compared with nobody.
std::vector<std::string> in_words(const Result& result);

}  // namespace wirelab::lab
