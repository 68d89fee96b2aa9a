#pragma once
// From the load generator's raw figures to the record of a run.
#include "clients/generator.hpp"
#include "lab/result/result.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

Run make_run(const clients::LoadReport& report, messages::Transport transport);

/// What a record of many runs keeps of each: all figures, and no histogram to merge with others.
void drop_buckets(Run& run);

}  // namespace wirelab::lab
