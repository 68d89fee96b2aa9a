#include "lab/host/doctor.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "lab/cli/cli.hpp"
#include "lab/host/loopback_echo.hpp"
#include "lab/process/affinity.hpp"
#include "lab/process/cpu_ticks.hpp"
#include "lab/report/report_doctor.hpp"
#include "lab/result/doctor_findings.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// -- what is measured ------------------------------------------------------------------------------------------------

TEST(LoopbackEcho, TimesEveryMessageThereAndBack) {
  const EchoTimes times = echo_over_loopback({.messages = 50, .gap = 0ns, .give_up = 60s});
  EXPECT_EQ(times.round_trip.count(), 50U);
  EXPECT_EQ(times.one_way.count(), 100U);
  EXPECT_GT(times.one_way.min(), 0ns);
  EXPECT_EQ(times.one_way.clamped(), 0U);
  // There and back are all that a round trip is.
  EXPECT_NEAR(times.round_trip.mean_ns(), 2 * times.one_way.mean_ns(), 1);
}

TEST(LoopbackEcho, AGapIsNotPartOfTheRoundTrip) {
  const EchoTimes times = echo_over_loopback({.messages = 3, .gap = 200ms, .give_up = 60s});
  EXPECT_EQ(times.round_trip.count(), 3U);
  EXPECT_LT(times.round_trip.min(), 200ms);
}

TEST(LoopbackEcho, GivesUpInTime) {
  const EchoTimes times = echo_over_loopback({.messages = 100'000'000, .gap = 0ns, .give_up = 20ms});
  EXPECT_GE(times.round_trip.count(), 1U);
  EXPECT_LT(times.round_trip.count(), 100'000'000U);
}

TEST(LoopbackEcho, PinsItsOwnThreadsOnly) {
  const auto before = allowed_cpus();
  echo_over_loopback({.messages = 1, .give_up = 60s, .client_cpu = before.front(), .server_cpu = before.back()});
  EXPECT_EQ(allowed_cpus(), before);
}

TEST(LoopbackEcho, RefusesAProcessorThatIsNotThere) {
  EXPECT_THROW(echo_over_loopback({.messages = 1, .client_cpu = 1'000}), std::invalid_argument);
}

/// While it lives, nothing can be opened.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(LoopbackEcho, NamesTheCallThatFailed) {
  try {
    const NoDescriptors none;
    echo_over_loopback({});
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_STREQ(error.what(), "loopback echo: socket: Too many open files");
  }
}

TEST(Spread, LeavesOutAPercentileThatTheSamplesDoNotCarry) {
  meter::Histogram histogram;
  for (int i = 1; i <= 999; ++i) histogram.record(1us * i);
  Spread spread = to_spread(histogram);
  EXPECT_EQ(spread.count, 999U);
  EXPECT_NEAR(spread.p50, 500, 1);
  EXPECT_FALSE(spread.p99);
  EXPECT_EQ(spread.max, 999);
  histogram.record(1ms);
  spread = to_spread(histogram);
  ASSERT_TRUE(spread.p99);
  EXPECT_NEAR(*spread.p99, 990, 1);
}

TEST(QuickCheck, MeasuresALittleOfEverythingButWhatTakesSeconds) {
  const DoctorFacts facts = quick_check();
  EXPECT_GT(facts.clock_read_ns, 0);
  ASSERT_TRUE(facts.timerfd_late_us);
  EXPECT_EQ(facts.timerfd_late_us->count, 100U);
  ASSERT_TRUE(facts.echo) << *facts.echo_error;
  EXPECT_GE(facts.echo->busy_round_trip_us.count, 1U);
  EXPECT_LE(facts.echo->busy_round_trip_us.count, 1'000U);
  EXPECT_EQ(facts.echo->busy_one_way_us.count, 2 * facts.echo->busy_round_trip_us.count);
  EXPECT_GE(facts.echo->paced_round_trip_us.count, 1U);
  EXPECT_LE(facts.echo->paced_round_trip_us.count, 100U);
  EXPECT_EQ(facts.echo->paced_gap_ms, 1);
  EXPECT_FALSE(facts.nanosleep_late_us);
  EXPECT_FALSE(facts.steal_share);
  EXPECT_GT(facts.took_ms, 50);  // a hundred wake-ups half a millisecond apart
}

// -- what the kernel tells -------------------------------------------------------------------------------------------

class DoctorRoot : public testing::Test {
 protected:
  // Of this process alone: CTest runs these tests side by side.
  DoctorRoot() : root_(fs::path(testing::TempDir()) / ("wirelab_doctor_" + std::to_string(getpid()))) {
    fs::remove_all(root_);
  }
  ~DoctorRoot() override { fs::remove_all(root_); }

  void file(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  /// Of the processors that a comparison would use; false when there is one only.
  bool siblings(const std::string& first, const std::string& second) {
    const auto cpus = allowed_cpus();
    if (cpus.size() < 2) return false;
    const auto list_of = [](int cpu) {
      return "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list";
    };
    file(list_of(cpus[0]), first + "\n");
    file(list_of(cpus[1]), second + "\n");
    return true;
  }

  fs::path root_;
};

TEST_F(DoctorRoot, WhatTheSystemDoesNotTellIsNull) {
  const DoctorFacts facts = read_doctor_facts(root_);
  EXPECT_FALSE(facts.pair_shares_core);
  EXPECT_FALSE(facts.cpu_quota_cores);
  EXPECT_FALSE(facts.tcp_tw_reuse);
  EXPECT_FALSE(facts.echo);
  EXPECT_EQ(facts.cpus_allowed, allowed_cpus());
  EXPECT_GT(facts.open_descriptors_hard_max, 0U);
  EXPECT_GT(facts.timer_slack_us, 0);
  EXPECT_EQ(facts.build_warning, build_warning());
}

TEST_F(DoctorRoot, TellsHyperthreadsFromCores) {
  if (!siblings("0-1", "0-1")) GTEST_SKIP() << "one processor has nothing to share a core with";
  EXPECT_EQ(read_doctor_facts(root_).pair_shares_core, true);
  siblings("0,4", "1,5");
  EXPECT_EQ(read_doctor_facts(root_).pair_shares_core, false);
}

TEST_F(DoctorRoot, ReadsAContainersQuota) {
  file("proc/self/cgroup", "0::/\n");
  file("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(read_doctor_facts(root_).cpu_quota_cores, 1.5);
  file("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_FALSE(read_doctor_facts(root_).cpu_quota_cores);
}

TEST_F(DoctorRoot, ReadsTheLeastQuotaOfTheGroupsAbove) {
  file("proc/self/cgroup", "1:cpu:/elsewhere\n0::/user.slice/session\n");
  file("sys/fs/cgroup/user.slice/session/cpu.max", "300000 100000\n");
  EXPECT_EQ(read_doctor_facts(root_).cpu_quota_cores, 3);
  file("sys/fs/cgroup/user.slice/cpu.max", "50000 100000\n");
  EXPECT_EQ(read_doctor_facts(root_).cpu_quota_cores, 0.5);
}

TEST_F(DoctorRoot, ReadsWhetherPortsAreReused) {
  file("proc/sys/net/ipv4/tcp_tw_reuse", "2\n");
  EXPECT_EQ(read_doctor_facts(root_).tcp_tw_reuse, 2U);
}

TEST_F(DoctorRoot, CpuTicksAreOfAllProcessorsTogether) {
  EXPECT_FALSE(read_cpu_ticks(root_));
  file("proc/stat", "cpu  100 20 30 400 50 6 7 80 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  const auto ticks = read_cpu_ticks(root_);
  ASSERT_TRUE(ticks);
  EXPECT_EQ(ticks->busy, 163U);
  EXPECT_EQ(ticks->steal, 80U);
  EXPECT_EQ(ticks->total, 693U);  // a guest's time is in its user's already
  file("proc/stat", "intr 5\n");
  EXPECT_FALSE(read_cpu_ticks(root_));
}

TEST(CpuShares, AreOfTheTimeBetween) {
  const auto tick = 1'000'000'000ns / sysconf(_SC_CLK_TCK);
  const auto shares = shares_between({1000, 300, 10}, {1800, 500, 50}, 40 * tick);
  ASSERT_TRUE(shares);
  EXPECT_DOUBLE_EQ(shares->others, 0.2);
  EXPECT_DOUBLE_EQ(shares->steal, 0.05);
}

TEST(CpuShares, OwnWorkThatTheKernelsSamplesMissedDoesNotGoBelowNothing) {
  const auto shares = shares_between({1000, 300, 10}, {1800, 301, 10}, 10s);
  ASSERT_TRUE(shares);
  EXPECT_EQ(shares->others, 0);
}

TEST(CpuShares, OfNoTimeAreNone) { EXPECT_FALSE(shares_between({1000, 300, 10}, {1000, 300, 10}, 0ns)); }

// -- what it means ---------------------------------------------------------------------------------------------------

struct Facts {
  HostFacts host;
  DoctorFacts doctor;
};

/// A machine with nothing wrong.
Facts fit() {
  Facts facts;
  HostFacts& host = facts.host;
  host.cores = 4;
  host.cpu_model = "Abacus 9000";
  host.architecture = "x86_64";
  host.kernel = "Linux 6.1";
  host.frequency_governor = "performance";
  host.clock_source = "tsc";
  host.load_average_1_5_15_min = {0.1, 0.2, 0.3};
  host.open_descriptors_max = 1'024;
  host.tcp_congestion_control = "cubic";
  host.somaxconn_connections = 4'096;
  host.ip_local_port_range = {32'768, 60'999};
  DoctorFacts& doctor = facts.doctor;
  doctor.cpus_allowed = {0, 1, 2, 3};
  doctor.pair_shares_core = false;
  doctor.open_descriptors_hard_max = 20'000;
  doctor.tcp_tw_reuse = 2;
  doctor.clock_read_ns = 23.3;
  doctor.timerfd_late_us = Spread{1'000, 6, 40, 90};
  doctor.nanosleep_late_us = Spread{1'000, 56, 90, 120};
  EchoFacts echo;
  echo.client_cpu = 1;
  echo.server_cpu = 0;
  echo.paced_gap_ms = 1;
  echo.busy_round_trip_us = Spread{20'000, 30, 50, 200};
  echo.busy_one_way_us = Spread{40'000, 15, 25, 100};
  echo.paced_round_trip_us = Spread{2'000, 40, 137, 400};
  echo.paced_one_way_us = Spread{4'000, 20, 70, 300};
  doctor.echo = echo;
  doctor.other_work_share = 0.01;
  doctor.steal_share = 0;
  doctor.took_ms = 4'321;
  return facts;
}

/// "ok: sentence", or "-" if there is nothing to say.
std::string found(const Facts& facts, const std::string& subject) {
  std::string all;
  for (const Finding& finding : findings(facts.host, facts.doctor))
    if (finding.subject == subject) all += std::string(name(finding.grade)) + ": " + finding.sentence;
  return all.empty() ? "-" : all;
}

TEST(Findings, OfAFitMachineAreAllOk) {
  const Facts facts = fit();
  const auto all = findings(facts.host, facts.doctor);
  EXPECT_GE(all.size(), 9U);
  for (const Finding& finding : all) EXPECT_EQ(finding.grade, Grade::ok) << finding.sentence;
  EXPECT_EQ(conclusion(all), "Fit to measure.");
}

TEST(Findings, AddUpToAConclusion) {
  const Finding ok{"a", Grade::ok, ""}, warn{"b", Grade::warn, ""}, bad{"c", Grade::bad, ""};
  EXPECT_EQ(conclusion({ok, warn}), "Fit to measure, with 1 reservation.");
  EXPECT_EQ(conclusion({warn, ok, warn}), "Fit to measure, with 2 reservations.");
  EXPECT_EQ(conclusion({warn, bad, ok}), "Not fit to compare transports: see what is bad (1 of 3).");
}

TEST(Findings, OnTheBuild) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "build"), "-");
  facts.doctor.build_warning = "built without optimisation";
  EXPECT_THAT(found(facts, "build"), testing::StartsWith("bad: This wirelab was built without optimisation: "));
}

TEST(Findings, OnCores) {
  Facts facts = fit();
  EXPECT_THAT(found(facts, "cores"),
              AllOf(HasSubstr("ok: Server and generator have a core each"), HasSubstr("more for")));
  facts.doctor.cpus_allowed = {2, 3};
  EXPECT_THAT(found(facts, "cores"),
              AllOf(HasSubstr("ok: Server and generator have a core each"), HasSubstr("from them")));
  facts.doctor.pair_shares_core = true;
  EXPECT_THAT(found(facts, "cores"), HasSubstr("warn: Server and generator run on processors 2 and 3, hyperthreads"));
  facts.doctor.pair_shares_core = std::nullopt;
  facts.doctor.cpus_allowed = {3};
  EXPECT_EQ(found(facts, "cores"),
            "bad: One core: server cost and age disturb each other; do not rank transports here.");
}

TEST(Findings, OnAQuota) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "quota"), "-");
  facts.doctor.cpu_quota_cores = 2;
  EXPECT_EQ(found(facts, "quota"), "-");
  facts.doctor.cpu_quota_cores = 1.5;
  EXPECT_THAT(found(facts, "quota"),
              HasSubstr("bad: A control group allows 1.50 cores of time, server and generator want 2"));
  facts.doctor.cpus_allowed = {0};
  EXPECT_EQ(found(facts, "quota"), "-");
}

TEST(Findings, OnOtherWork) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "other_work"), "ok: Other programs used 1.0% of the processors: next to nothing.");
  facts.doctor.other_work_share = 0.12;
  EXPECT_THAT(found(facts, "other_work"), HasSubstr("warn: Other programs used 12.0% of the processors"));
  facts.doctor.other_work_share = 0.466;
  EXPECT_THAT(found(facts, "other_work"), HasSubstr("bad: Other programs used 46.6% of the processors"));
}

TEST(Findings, OnTheLoadAverageWhereOtherWorkWasNotMeasured) {
  Facts facts = fit();
  facts.doctor.other_work_share = std::nullopt;
  EXPECT_EQ(found(facts, "other_work"), "ok: The load average was 0.10 on 4 cores before the run: next to nothing.");
  facts.host.load_average_1_5_15_min = {2.5, 0, 0};
  EXPECT_THAT(found(facts, "other_work"), HasSubstr("warn: The load average was 2.50 on 4 cores"));
  facts.host.load_average_1_5_15_min = {4.5, 0, 0};
  EXPECT_THAT(found(facts, "other_work"), HasSubstr("bad: The load average was 4.50 on 4 cores"));
  facts.host.load_average_1_5_15_min = {};
  EXPECT_EQ(found(facts, "other_work"), "-");
}

TEST(Findings, OnAVirtualMachine) {
  Facts facts = fit();
  EXPECT_THAT(found(facts, "virtual_machine"), HasSubstr("ok: No sign of a virtual machine"));
  facts.doctor.hypervisor_vendor = "KVMKVMKVM";
  EXPECT_THAT(found(facts, "virtual_machine"), HasSubstr("ok: A virtual machine, whose host took 0.0% of the time"));
  facts.doctor.steal_share = 0.004;
  EXPECT_THAT(
      found(facts, "virtual_machine"),
      HasSubstr(
          "warn: A virtual machine, whose host took 0.4% of the time away during the check: p99 and max may show"));
  facts.doctor.steal_share = 0.03;
  EXPECT_THAT(found(facts, "virtual_machine"), HasSubstr("bad: A virtual machine, whose host took 3.0% of the time"));
  facts.doctor.steal_share = std::nullopt;
  EXPECT_THAT(found(facts, "virtual_machine"), HasSubstr("warn: A virtual machine: its host may take a core away"));
  facts.doctor.hypervisor_vendor = std::nullopt;
  facts.host.virtual_machine = "xen";
  EXPECT_THAT(found(facts, "virtual_machine"), HasSubstr("warn: A virtual machine"));
}

TEST(Findings, OnTheFrequencyGovernor) {
  Facts facts = fit();
  EXPECT_THAT(found(facts, "governor"), HasSubstr("ok: The frequency governor is performance"));
  facts.host.frequency_governor = "powersave";
  EXPECT_THAT(found(facts, "governor"),
              AllOf(HasSubstr("warn: "), HasSubstr("powersave"), HasSubstr("Set it to performance")));
  facts.host.frequency_governor = std::nullopt;
  EXPECT_EQ(found(facts, "governor"), "-");
}

TEST(Findings, OnTheClock) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "clock"), "ok: Reading the clock (tsc) takes 23.3 ns: stamps cost nothing that shows.");
  facts.doctor.clock_read_ns = 300;
  EXPECT_THAT(found(facts, "clock"), HasSubstr("warn: Reading the clock (tsc) takes 300 ns"));
  facts.doctor.clock_read_ns = 1'200;
  facts.host.clock_source = "hpet";
  EXPECT_THAT(found(facts, "clock"),
              HasSubstr("bad: Reading the clock (hpet) takes 1,200 ns: server and generator pay"));
}

TEST(Findings, OnClocksThatDisagree) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "clock_agreement"), "-");
  facts.doctor.echo->backward_stamps = 7;
  EXPECT_THAT(found(facts, "clock_agreement"), HasSubstr("bad: Messages arrived before they were sent (7 of them)"));
}

TEST(Findings, OnTimers) {
  Facts facts = fit();
  EXPECT_THAT(found(facts, "timers"), HasSubstr("ok: Timers wake late (p50 0.00600 ms, p99 0.0400 ms, max 0.0900 ms"));
  facts.doctor.timerfd_late_us->p99 = 600;
  EXPECT_THAT(found(facts, "timers"), AllOf(HasSubstr("warn: "), HasSubstr("p99 0.600 ms")));
  facts.doctor.timerfd_late_us->p99 = 1'001;
  EXPECT_THAT(found(facts, "timers"), AllOf(HasSubstr("bad: "), HasSubstr("p99 must stay within 1 ms")));
  // Without a p99, the greatest decides.
  facts.doctor.timerfd_late_us = Spread{100, 6, std::nullopt, 90};
  EXPECT_THAT(found(facts, "timers"), AllOf(HasSubstr("ok: "), HasSubstr("(p50 0.00600 ms, max 0.0900 ms of 100)")));
  facts.doctor.timerfd_late_us = std::nullopt;
  EXPECT_EQ(found(facts, "timers"), "-");
}

TEST(Findings, OnNoise) {
  Facts facts = fit();
  EXPECT_EQ(
      found(facts, "noise"),
      "ok: Latency differences below 0.2 ms are noise here: so long takes the paced loopback round trip alone (p50 "
      "0.0400 ms, p99 0.137 ms, max 0.400 ms of 2,000).");
  facts.doctor.echo->paced_round_trip_us.p99 = 1'890;
  EXPECT_THAT(found(facts, "noise"), HasSubstr("warn: Latency differences below 2 ms are noise here"));
  facts.doctor.echo->paced_round_trip_us.p99 = 4'140;
  EXPECT_THAT(found(facts, "noise"), HasSubstr("bad: Latency differences below 5 ms are noise here"));
  facts.doctor.echo = std::nullopt;
  facts.doctor.echo_error = "loopback echo: connect to 127.0.0.1: Network is unreachable";
  EXPECT_EQ(found(facts, "noise"),
            "bad: Loopback TCP does not work here, so nothing can be measured: loopback echo: connect to 127.0.0.1: "
            "Network is unreachable.");
}

TEST(Findings, NoiseIsRoundedUp) {
  const auto floor_of = [](double p99_us) {
    EchoFacts echo;
    echo.paced_round_trip_us.p99 = p99_us;
    return noise_floor_ms(echo);
  };
  EXPECT_DOUBLE_EQ(floor_of(99), 0.1);
  EXPECT_DOUBLE_EQ(floor_of(100), 0.1);
  EXPECT_DOUBLE_EQ(floor_of(101), 0.2);
  EXPECT_DOUBLE_EQ(floor_of(201), 0.5);
  EXPECT_DOUBLE_EQ(floor_of(501), 1);
  EXPECT_DOUBLE_EQ(floor_of(4'140), 5);
  EXPECT_DOUBLE_EQ(floor_of(0), 0);
}

TEST(Findings, OnSleepingCores) {
  Facts facts = fit();
  EXPECT_THAT(found(facts, "sleeping_cores"), HasSubstr("ok: An idle core answers about as fast"));
  facts.doctor.echo->paced_round_trip_us.p50 = 75;
  EXPECT_THAT(
      found(facts, "sleeping_cores"),
      HasSubstr("warn: An idle core answers 2.5 times slower than a busy one (round trip p50 0.0750 ms after 1 ms "
                "of silence, 0.0300 ms without)"));
  facts.doctor.echo = std::nullopt;
  EXPECT_EQ(found(facts, "sleeping_cores"), "-");
}

TEST(Findings, OnDescriptors) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "descriptors"), "ok: At most 19,744 subscribers a run: ulimit -Hn is 20,000.");
  facts.doctor.open_descriptors_hard_max = 4'096;
  EXPECT_EQ(found(facts, "descriptors"),
            "warn: At most 3,840 subscribers a run: ulimit -Hn is 4,096. Raise it for more.");
  facts.doctor.open_descriptors_hard_max = 256;
  EXPECT_THAT(found(facts, "descriptors"), HasSubstr("bad: At most 0 subscribers"));
  facts.doctor.open_descriptors_hard_max = RLIM_INFINITY;
  EXPECT_THAT(found(facts, "descriptors"), HasSubstr("ok: Open descriptors are unlimited"));
}

TEST(Findings, OnPorts) {
  Facts facts = fit();
  EXPECT_THAT(found(facts, "ports"), AllOf(HasSubstr("ok: At most 28,232 short-polling requests/s sustained"),
                                           HasSubstr("470 against another host")));
  facts.doctor.tcp_tw_reuse = 1;
  EXPECT_THAT(found(facts, "ports"), AllOf(HasSubstr("ok: At most 28,232 "), Not(HasSubstr("470"))));
  for (const std::optional<std::uint64_t> none : {std::optional<std::uint64_t>(0), std::optional<std::uint64_t>()}) {
    facts.doctor.tcp_tw_reuse = none;
    EXPECT_THAT(
        found(facts, "ports"),
        HasSubstr("warn: At most 470 short-polling requests/s sustained from one source address: each port rests "
                  "60 s in TIME_WAIT."));
  }
  facts.host.ip_local_port_range = {};
  EXPECT_EQ(found(facts, "ports"), "-");
}

TEST(Findings, OnTheBacklog) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "backlog"), "-");
  facts.host.somaxconn_connections = 128;
  EXPECT_THAT(found(facts, "backlog"), HasSubstr("warn: At most 128 connections wait to be accepted"));
}

TEST(Findings, OnCongestionControl) {
  Facts facts = fit();
  EXPECT_EQ(found(facts, "congestion_control"), "-");
  facts.host.tcp_congestion_control = "bbr";
  EXPECT_THAT(found(facts, "congestion_control"), HasSubstr("ok: TCP congestion control is bbr, not cubic"));
}

// -- the record and the page -----------------------------------------------------------------------------------------

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

/// The words of the first line that starts with this label.
std::vector<std::string> after(const std::string& label, const std::string& text) {
  for (const std::string& line : lines(text)) {
    if (!line.starts_with("  " + label + " ")) continue;
    std::istringstream in(line.substr(label.size() + 2));
    return {std::istream_iterator<std::string>(in), {}};
  }
  return {};
}

Diagnosis diagnosis_of(const Facts& facts) {
  Diagnosis diagnosis;
  diagnosis.created_utc = "2026-01-31T12:00:00Z";
  diagnosis.host = facts.host;
  diagnosis.versions = versions();
  diagnosis.git_revision = "0123456789ab";
  diagnosis.doctor = facts.doctor;
  diagnosis.findings = findings(facts.host, facts.doctor);
  diagnosis.conclusion = conclusion(diagnosis.findings);
  return diagnosis;
}

TEST(DoctorJson, IsReadBackAsItWasWritten) {
  Facts facts = fit();
  facts.doctor.echo->paced_round_trip_us.p99 = std::nullopt;
  facts.doctor.clock_read_ns = 300;  // so that not every grade is the same
  const Diagnosis diagnosis = diagnosis_of(facts);
  const std::string text = to_text(diagnosis);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["schema"], "wirelab.doctor/1");
  EXPECT_EQ(json["doctor"]["echo"]["busy_round_trip_us"]["p99"], 50);
  EXPECT_TRUE(json["doctor"]["echo"]["paced_round_trip_us"]["p99"].is_null());
  Diagnosis again;
  read_json(json, again);
  EXPECT_EQ(to_text(again), text);
}

TEST(DoctorJson, AGradeIsOneOfThree) {
  Grade grade{};
  for (const Grade known : {Grade::ok, Grade::warn, Grade::bad}) {
    read_json(write_json(known), grade);
    EXPECT_EQ(grade, known);
  }
  EXPECT_THROW(read_json(Json("fine"), grade), JsonError);
}

TEST(DoctorPage, ShowsWhatWasFound) {
  Facts facts = fit();
  facts.host.virtual_machine = "hypervisor";
  facts.doctor.hypervisor_vendor = "KVMKVMKVM";
  const Diagnosis diagnosis = diagnosis_of(facts);
  const std::string page = report_text(diagnosis);
  EXPECT_THAT(after("loopback round trip, busy", page), ElementsAre("0.0300", "0.0500", "0.200", "20,000"));
  EXPECT_THAT(after("loopback one way, busy", page), ElementsAre("0.0150", "0.0250", "0.100", "40,000"));
  EXPECT_THAT(after("loopback round trip, paced at 1 ms", page), ElementsAre("0.0400", "0.137", "0.400", "2,000"));
  EXPECT_THAT(after("loopback one way, paced at 1 ms", page), ElementsAre("0.0200", "0.0700", "0.300", "4,000"));
  EXPECT_THAT(after("timerfd wakes late by", page), ElementsAre("0.00600", "0.0400", "0.0900", "1,000"));
  EXPECT_THAT(after("clock_nanosleep wakes late by", page), ElementsAre("0.0560", "0.0900", "0.120", "1,000"));
  EXPECT_THAT(page, HasSubstr("the kernel sees a hypervisor, CPUID names KVMKVMKVM"));
  EXPECT_THAT(page, HasSubstr("1,024 soft, 20,000 hard"));
  EXPECT_THAT(page, HasSubstr("32768 to 60999: 28,232 of them"));
  EXPECT_THAT(page, HasSubstr("other programs 1.0%, taken by the host (steal) 0.0%"));
  EXPECT_THAT(page, HasSubstr("64 B over TCP, between CPUs 1 and 0"));
  EXPECT_THAT(page, testing::EndsWith("\nFit to measure.\n"));
}

/// Sentences are broken into lines, and no word of one is lost.
TEST(DoctorPage, FitsAScreen) {
  Facts facts = fit();
  facts.doctor.cpu_quota_cores = 0.5;
  facts.doctor.other_work_share = 0.5;
  const Diagnosis diagnosis = diagnosis_of(facts);
  const std::string page = report_text(diagnosis);
  for (const std::string& line : lines(page)) {
    EXPECT_LE(line.size(), 100U) << line;
    EXPECT_THAT(line, Not(testing::EndsWith(" ")));
  }
  std::string unbroken;
  std::istringstream in(page);
  for (std::string word; in >> word;) unbroken += word + " ";
  for (const Finding& finding : diagnosis.findings) EXPECT_THAT(unbroken, HasSubstr(finding.sentence));
}

TEST(DoctorPage, SaysWhatIsNotKnown) {
  Diagnosis diagnosis;
  const std::string page = report_text(diagnosis);
  EXPECT_THAT(page, HasSubstr("frequency governor      not exposed"));
  EXPECT_THAT(page, HasSubstr("virtual machine         no sign of one"));
  EXPECT_THAT(page, HasSubstr("ephemeral ports         not exposed"));
  EXPECT_THAT(page, HasSubstr("other programs ?, taken by the host (steal) ?"));
  EXPECT_THAT(page, Not(HasSubstr("loopback round trip")));
}

// -- the command -----------------------------------------------------------------------------------------------------

struct Outcome {
  int exit_code;
  std::string out;
};

Outcome wirelab(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "wirelab");
  testing::internal::CaptureStdout();
  const int exit_code = run_cli(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(stdout);
  return {exit_code, testing::internal::GetCapturedStdout()};
}

TEST(DoctorCommand, ChecksEverythingAndSaysWhatItMeans) {
  const Outcome outcome = wirelab({"doctor", "--json", "-"});
  EXPECT_EQ(outcome.exit_code, 0);
  Diagnosis diagnosis;
  read_json(Json::parse(outcome.out), diagnosis);
  const DoctorFacts& facts = diagnosis.doctor;
  ASSERT_TRUE(facts.echo) << *facts.echo_error;
  EXPECT_GE(facts.echo->busy_round_trip_us.count, 1U);
  EXPECT_GE(facts.echo->paced_round_trip_us.count, 1U);
  EXPECT_EQ(facts.timerfd_late_us.value().count, 1'000U);
  EXPECT_EQ(facts.nanosleep_late_us.value().count, 1'000U);
  EXPECT_TRUE(facts.steal_share);
  EXPECT_TRUE(facts.other_work_share);
  EXPECT_EQ(to_text(write_json(diagnosis.findings)), to_text(write_json(findings(diagnosis.host, facts))));
  EXPECT_EQ(diagnosis.conclusion, conclusion(diagnosis.findings));
}

TEST(NumberText, IsGroupedAndNoMoreExactThanItIsMeasured) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(28'232), "28,232");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(0.066812), "0.0668");
  EXPECT_EQ(significant(1.5), "1.50");
  EXPECT_EQ(significant(1'204.7), "1,205");
}

}  // namespace
}  // namespace wirelab::lab
