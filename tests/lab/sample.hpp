#pragma once
// Hand-made figures whose every derived value can be worked out on paper.
#include "clients/generator.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab::test {

/// 100 deliveries with ages 1 ms, 2 ms … 100 ms, in a window of 2 s, of a server and a generator that used 0.5 s and
/// 0.2 s.
clients::LoadReport sample_report();

/// Two rounds of short-poll and websocket. The first has one empty answer for each with a message.
Result sample_result();

}  // namespace wirelab::lab::test
