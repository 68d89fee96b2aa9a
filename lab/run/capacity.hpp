#pragma once
// `wirelab capacity`: the most subscribers, or the highest rate, that each transport carries before it misses an
// objective such as p99<100ms. A probe is a run (lab/run/capacity_probe.hpp). Where the load generator reaches its own
// limit first, the answer is "at least so many", never a number that blames the server.
#include <cstddef>
#include <string>

#include "lab/result/axis.hpp"
#include "lab/run/compare.hpp"

namespace wirelab::lab {

struct CapacityCommand {
  CompareCommand each;  ///< how a probe is measured; without rounds and gates
  std::string objective;
  Axis axis = Axis::clients;
  std::string from, to;  ///< as typed; empty: 20 and 10,000 of either axis
  double resolution = 0.1;
  std::size_t agree = 2;
};

/// Runs it, prints the answer on standard output and leaves capacity.json, report.txt, report.csv and a chart in the
/// output folder; returns the exit code: kNotValid when of some transport nothing can be said. Throws
/// std::invalid_argument for what cannot be searched, std::runtime_error when not one run could be carried out.
int capacity(CapacityCommand command);

}  // namespace wirelab::lab
