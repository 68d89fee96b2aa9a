#pragma once
// What a process has cost so far, read from the kernel (getrusage(2), clock_gettime(2), /proc/self): subtract two
// readings to get what a phase cost.
#include <sys/types.h>
#include <chrono>
#include <cstdint>

namespace wirelab::meter {

struct ProcessLoad {
  std::chrono::nanoseconds cpu_total{};  ///< CLOCK_PROCESS_CPUTIME_ID: exact
  std::chrono::nanoseconds cpu_user{};   ///< as the kernel divides it (by sampled ticks)
  std::chrono::nanoseconds cpu_system{};
  std::uint64_t resident_bytes = 0;       ///< now
  std::uint64_t peak_resident_bytes = 0;  ///< since the process began
  std::uint64_t voluntary_context_switches = 0;
  std::uint64_t involuntary_context_switches = 0;
  std::uint64_t open_descriptors = 0;
};

/// This process, now. The CPU times are read first: what the rest of the reading costs comes after them.
ProcessLoad read_own_load();

/// ProcessLoad::cpu_total alone.
std::chrono::nanoseconds read_own_cpu();

/// What the calling thread has used of it.
std::chrono::nanoseconds read_thread_cpu();

}  // namespace wirelab::meter
