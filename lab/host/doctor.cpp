#include "lab/host/doctor.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <system_error>

#include "lab/host/loopback_echo.hpp"
#include "lab/process/affinity.hpp"
#include "lab/process/cpu_ticks.hpp"
#include "lab/process/placement.hpp"
#include "lab/text/units.hpp"
#include "meter/process_load.hpp"
#include "net/loop.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

double to_ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

// -- what the kernel tells -------------------------------------------------------------------------------------------

/// The processors that are hyperthreads of one core with `cpu`, itself among them, as the kernel writes them.
std::optional<std::string> siblings(const fs::path& root, int cpu) {
  std::ifstream file(root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) / "topology/thread_siblings_list");
  std::string list;
  if (!std::getline(file, list)) return std::nullopt;
  return list;
}

std::optional<bool> pair_shares_core(const fs::path& root, const Placement& pair) {
  if (!pair.server_cpu || !pair.generator_cpu) return std::nullopt;
  const auto server = siblings(root, *pair.server_cpu), generator = siblings(root, *pair.generator_cpu);
  if (!server || !generator) return std::nullopt;
  return *server == *generator;
}

/// Where this process stands in the tree of control groups (version 2): "/user.slice/…", in a container mostly "/".
fs::path control_group(const fs::path& root) {
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::/")) return line.substr(4);
  return {};
}

std::optional<double> quota_of(const fs::path& group) {
  std::ifstream file(group / "cpu.max");  // "<quota> <period>", or "max <period>"
  double quota_us = 0, period_us = 0;
  if (!(file >> quota_us >> period_us) || period_us <= 0) return std::nullopt;
  return quota_us / period_us;
}

/// The least on the way up: each group is bound by those above it.
std::optional<double> cpu_quota_cores(const fs::path& root) {
  const fs::path top = root / "sys/fs/cgroup";
  std::optional<double> least = quota_of(top);
  for (fs::path group = control_group(root); !group.empty(); group = group.parent_path())
    if (const auto quota = quota_of(top / group); quota && (!least || *quota < *least)) least = quota;
  return least;
}

std::optional<std::string> hypervisor_vendor() {
#if defined(__x86_64__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kHypervisorPresent = 1U << 31;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kHypervisorPresent) == 0) return std::nullopt;
  std::array<unsigned, 3> name{};
  __cpuid(0x40000000, eax, name[0], name[1], name[2]);
  std::array<char, sizeof name + 1> text{};
  std::memcpy(text.data(), name.data(), sizeof name);
  if (text[0] != '\0') return std::string(text.data());
#endif
  return std::nullopt;
}

std::optional<std::uint64_t> number(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (!(file >> value)) return std::nullopt;
  return value;
}

// -- what is measured ------------------------------------------------------------------------------------------------

/// The median of some batches: an interrupt falls into one of them.
double clock_read_ns() {
  constexpr std::size_t kReadings = 5'000;
  std::array<double, 11> batches{};
  for (double& batch : batches) {
    const Nanos began = net::monotonic_now();
    Nanos last{};
    for (std::size_t i = 0; i < kReadings; ++i) last = net::monotonic_now();
    batch = static_cast<double>((last - began).count()) / kReadings;
  }
  constexpr std::size_t kMiddle = batches.size() / 2;
  std::nth_element(batches.begin(), batches.begin() + kMiddle, batches.end());
  return batches[kMiddle];
}

timespec to_timespec(Nanos at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((at - seconds).count())};
}

class TimerDescriptor {
 public:
  TimerDescriptor() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) { check(fd_, "timerfd_create"); }
  ~TimerDescriptor() { ::close(fd_); }
  TimerDescriptor(const TimerDescriptor&) = delete;
  TimerDescriptor& operator=(const TimerDescriptor&) = delete;

  void sleep_until(Nanos due) const {
    const itimerspec once{{}, to_timespec(due)};
    check(timerfd_settime(fd_, TFD_TIMER_ABSTIME, &once, nullptr), "timerfd_settime");
    std::uint64_t expirations = 0;
    check(::read(fd_, &expirations, sizeof expirations), "read a timerfd");
  }

 private:
  static void check(ssize_t result, const char* call) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), call);
  }

  int fd_;
};

void nanosleep_until(Nanos due) {
  const timespec at = to_timespec(due);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

/// On an absolute schedule, so that a stall counts for every wake-up it delays, as it does for what a publisher sends.
template <typename SleepUntil>
Spread lateness(std::size_t wakes, const SleepUntil& sleep_until) {
  constexpr Nanos kInterval = 500us;
  meter::Histogram late;
  Nanos due = net::monotonic_now();
  for (std::size_t i = 0; i < wakes; ++i) {
    due += kInterval;
    sleep_until(due);
    late.record(net::monotonic_now() - due);
  }
  return to_spread(late);
}

struct EchoEffort {
  std::size_t busy_messages, paced_messages;
  Nanos busy_max, paced_max;
};

EchoFacts measure_echo(const EchoEffort& effort) {
  constexpr Nanos kGap = 1ms;
  const Placement pair = place();
  const EchoTimes busy =
      echo_over_loopback({effort.busy_messages, 0ns, effort.busy_max, pair.generator_cpu, pair.server_cpu});
  const EchoTimes paced =
      echo_over_loopback({effort.paced_messages, kGap, effort.paced_max, pair.generator_cpu, pair.server_cpu});
  EchoFacts facts;
  facts.client_cpu = pair.generator_cpu;
  facts.server_cpu = pair.server_cpu;
  facts.paced_gap_ms = to_ms(kGap);
  facts.busy_round_trip_us = to_spread(busy.round_trip);
  facts.busy_one_way_us = to_spread(busy.one_way);
  facts.paced_round_trip_us = to_spread(paced.round_trip);
  facts.paced_one_way_us = to_spread(paced.one_way);
  facts.backward_stamps = busy.one_way.clamped() + paced.one_way.clamped();
  return facts;
}

/// A machine without loopback is a finding, not a reason to say nothing.
void add_echo(const EchoEffort& effort, DoctorFacts& facts) {
  try {
    facts.echo = measure_echo(effort);
  } catch (const std::system_error& error) {
    facts.echo_error = error.what();
  }
}

}  // namespace

Spread to_spread(const meter::Histogram& histogram) {
  Spread spread;
  spread.count = histogram.count();
  spread.p50 = to_us(histogram.percentile(50));
  if (histogram.supports(99)) spread.p99 = to_us(histogram.percentile(99));
  spread.max = to_us(histogram.max());
  return spread;
}

DoctorFacts read_doctor_facts(const fs::path& root) {
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  DoctorFacts facts;
  facts.cpus_allowed = allowed_cpus();
  facts.pair_shares_core = pair_shares_core(root, place());
  facts.cpu_quota_cores = cpu_quota_cores(root);
  facts.hypervisor_vendor = hypervisor_vendor();
  facts.open_descriptors_hard_max = descriptors.rlim_max;
  facts.tcp_tw_reuse = number(root / "proc/sys/net/ipv4/tcp_tw_reuse");
  facts.timer_slack_us = to_us(Nanos(prctl(PR_GET_TIMERSLACK)));
  facts.build_warning = build_warning();
  return facts;
}

DoctorFacts full_check() {
  const Nanos began = net::monotonic_now();
  const auto ticks_before = read_cpu_ticks();
  const Nanos own_before = meter::read_own_load().cpu_total;

  DoctorFacts facts = read_doctor_facts();
  facts.clock_read_ns = clock_read_ns();
  facts.timerfd_late_us = lateness(1'000, [timer = TimerDescriptor()](Nanos due) { timer.sleep_until(due); });
  facts.nanosleep_late_us = lateness(1'000, nanosleep_until);
  add_echo({20'000, 2'000, 1s, 2400ms}, facts);

  const auto ticks_after = read_cpu_ticks();
  if (ticks_before && ticks_after)
    if (const auto shares =
            shares_between(*ticks_before, *ticks_after, meter::read_own_load().cpu_total - own_before)) {
      facts.other_work_share = shares->others;
      facts.steal_share = shares->steal;
    }
  facts.took_ms = to_ms(net::monotonic_now() - began);
  return facts;
}

DoctorFacts quick_check() {
  const Nanos began = net::monotonic_now();
  DoctorFacts facts = read_doctor_facts();
  facts.clock_read_ns = clock_read_ns();
  facts.timerfd_late_us = lateness(100, [timer = TimerDescriptor()](Nanos due) { timer.sleep_until(due); });
  add_echo({1'000, 100, 40ms, 100ms}, facts);
  facts.took_ms = to_ms(net::monotonic_now() - began);
  return facts;
}

}  // namespace wirelab::lab
