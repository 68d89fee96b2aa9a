#pragma once
// One packet on its way from one end to the other: what a ladder is drawn from. A link that delays packets knows both
// moments; a capture knows one, from which ladder/capture.hpp works out both.
#include <chrono>
#include <optional>
#include <string>

namespace wirelab::ladder {

using Nanos = std::chrono::nanoseconds;

struct Passage {
  Nanos sent{};                  ///< it left its sender; any clock, the same for all
  std::optional<Nanos> arrives;  ///< null: it was lost on the way
  std::string packet;            ///< from the IPv4 header on
};

}  // namespace wirelab::ladder
