#pragma once
// What all processors together did, as the kernel counts it (/proc/stat, in ticks of 10 ms or so): subtract two
// readings to see who else was at work meanwhile. Over less than a second it says little.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace wirelab::lab {

struct CpuTicks {
  std::uint64_t total = 0;
  std::uint64_t busy = 0;   ///< user, nice, system and interrupts, of every process on this system
  std::uint64_t steal = 0;  ///< wanted, but the host ran somebody else
};

/// Nullopt where the kernel does not tell. `root` is where /proc is.
std::optional<CpuTicks> read_cpu_ticks(const std::filesystem::path& root = "/");

/// Of the time of all processors, 0 to 1.
struct CpuShares {
  double others = 0;  ///< busy, less what this process used
  double steal = 0;
};

/// Nullopt when no tick passed between the two. `own` is what this process used meanwhile.
std::optional<CpuShares> shares_between(const CpuTicks& before, const CpuTicks& after, std::chrono::nanoseconds own);

}  // namespace wirelab::lab
