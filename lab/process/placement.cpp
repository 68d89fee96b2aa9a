#include "lab/process/placement.hpp"

#include "lab/process/affinity.hpp"

namespace wirelab::lab {

Placement place() {
  const auto cpus = allowed_cpus();
  Placement placement;
  if (cpus.size() < 2) return placement;
  placement.server_cpu = cpus[0];
  placement.generator_cpu = cpus[1];
  placement.relay_cpu = cpus.back();
  return placement;
}

}  // namespace wirelab::lab
