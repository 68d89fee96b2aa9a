#include "lab/process/affinity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace wirelab::lab {

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

void pin_to_cpus(int first, std::size_t count) {
  const std::vector<int> allowed = allowed_cpus();
  const auto begin = std::find(allowed.begin(), allowed.end(), first);
  if (begin == allowed.end())
    throw std::invalid_argument(
        fmt::format("--cpu {}: this process may run on processor {} only", first, fmt::join(allowed, ", ")));
  cpu_set_t set;
  CPU_ZERO(&set);
  for (auto cpu = begin; cpu != allowed.end() && count > 0; ++cpu, --count) CPU_SET(*cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
}

}  // namespace wirelab::lab
