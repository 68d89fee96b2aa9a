#include "lab/process/cpu_ticks.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace wirelab::lab {

std::optional<CpuTicks> read_cpu_ticks(const std::filesystem::path& root) {
  std::ifstream stat(root / "proc/stat");  // proc(5): "cpu" and then these, of all processors together
  std::string label;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  if (!stat || label != "cpu") return std::nullopt;
  const std::uint64_t busy = user + nice + system + irq + softirq;
  return CpuTicks{busy + idle + iowait + steal, busy, steal};
}

std::optional<CpuShares> shares_between(const CpuTicks& before, const CpuTicks& after, std::chrono::nanoseconds own) {
  if (after.total <= before.total) return std::nullopt;
  const auto total = static_cast<double>(after.total - before.total);
  const auto busy = static_cast<double>(after.busy) - static_cast<double>(before.busy);
  const auto steal = static_cast<double>(after.steal) - static_cast<double>(before.steal);
  const double own_ticks = std::chrono::duration<double>(own).count() * static_cast<double>(sysconf(_SC_CLK_TCK));
  // The kernel samples `busy` and counts `own` exactly, so that their difference may fall below nothing.
  return CpuShares{std::clamp((busy - own_ticks) / total, 0.0, 1.0), std::clamp(steal / total, 0.0, 1.0)};
}

}  // namespace wirelab::lab
