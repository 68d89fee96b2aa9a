#pragma once
// From the load generator's raw figures to the record of a run.
#include "clients/generator.hpp"
#include "lab/result/result.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

/// `processors`: that the threads of subscribers had.
Run make_run(const clients::LoadReport& report, messages::Transport transport, std::size_t processors = 1);

/// What a record of many runs keeps of each: all figures, and no histogram to merge with others.
void drop_buckets(Run& run);

}  // namespace wirelab::lab
