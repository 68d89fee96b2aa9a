#pragma once
// `wirelab doctor`: is this machine fit to measure? What HostFacts does not tell (who may use what, how good clocks and
// timers are, how fast loopback is at best), as one record; lab/result/doctor_findings.hpp says what it means.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lab/host/host_facts.hpp"
#include "lab/text/json_fields.hpp"
#include "meter/histogram.hpp"

namespace wirelab::lab {

/// A distribution in short; microseconds.
struct Spread {
  std::uint64_t count = 0;
  double p50 = 0;
  std::optional<double> p99;  ///< null with fewer than ten samples beyond it
  double max = 0;
};

Spread to_spread(const meter::Histogram& histogram);

/// A 64-byte message over loopback TCP and back (lab/host/loopback_echo.hpp). Busy: the next one at once. Paced: after
/// a silence, in which the cores may fall asleep.
struct EchoFacts {
  std::optional<int> client_cpu, server_cpu;  ///< where a comparison runs generator and server; null: not pinned
  double paced_gap_ms = 0;
  Spread busy_round_trip_us, busy_one_way_us;
  Spread paced_round_trip_us, paced_one_way_us;
  std::uint64_t backward_stamps = 0;  ///< messages that arrived before they were sent, by the two processors' clocks
};

struct DoctorFacts {
  // What the kernel tells. Null: it does not.
  std::vector<int> cpus_allowed;                 ///< to this process
  std::optional<bool> pair_shares_core;          ///< the processors of server and generator are one core's hyperthreads
  std::optional<double> cpu_quota_cores;         ///< a control group's limit; null: none
  std::optional<std::string> hypervisor_vendor;  ///< as CPUID has it: "KVMKVMKVM"
  std::uint64_t open_descriptors_hard_max = 0;   ///< ulimit -Hn: as far as wirelab raises it by itself
  std::optional<std::uint64_t> tcp_tw_reuse;  ///< 1: ports in TIME_WAIT are used again after a second; 2: on loopback
  double timer_slack_us = 0;                  ///< by which the kernel may delay a sleep, to save wake-ups
  std::optional<std::string> build_warning;   ///< why this binary's figures should not be compared

  // What was measured. Null: a quick check leaves it out.
  double clock_read_ns = 0;                                  ///< one reading of CLOCK_MONOTONIC
  std::optional<Spread> timerfd_late_us, nanosleep_late_us;  ///< wake-ups after the time that was asked for
  std::optional<EchoFacts> echo;                             ///< null only with echo_error
  std::optional<std::string> echo_error;                     ///< why loopback TCP does not work here
  std::optional<double> other_work_share, steal_share;       ///< of all processors, during the check; 0 to 1
  double took_ms = 0;
};

/// The first half: measures nothing. `root` is where /proc and /sys are: the tests have their own.
DoctorFacts read_doctor_facts(const std::filesystem::path& root = "/");

/// Everything, in less than five seconds.
DoctorFacts full_check();

/// What a result can afford to carry: 300 ms at most, so with few samples, and nothing that takes seconds to show.
DoctorFacts quick_check();

inline constexpr auto fields(Of<Spread>) {
  return std::tuple(Field{"count", &Spread::count},  //
                    Field{"p50", &Spread::p50},      //
                    Field{"p99", &Spread::p99},      //
                    Field{"max", &Spread::max});
}

inline constexpr auto fields(Of<EchoFacts>) {
  using E = EchoFacts;
  return std::tuple(Field{"client_cpu", &E::client_cpu},                    //
                    Field{"server_cpu", &E::server_cpu},                    //
                    Field{"paced_gap_ms", &E::paced_gap_ms},                //
                    Field{"busy_round_trip_us", &E::busy_round_trip_us},    //
                    Field{"busy_one_way_us", &E::busy_one_way_us},          //
                    Field{"paced_round_trip_us", &E::paced_round_trip_us},  //
                    Field{"paced_one_way_us", &E::paced_one_way_us},        //
                    Field{"backward_stamps", &E::backward_stamps});
}

inline constexpr auto fields(Of<DoctorFacts>) {
  using D = DoctorFacts;
  return std::tuple(Field{"cpus_allowed", &D::cpus_allowed},                            //
                    Field{"pair_shares_core", &D::pair_shares_core},                    //
                    Field{"cpu_quota_cores", &D::cpu_quota_cores},                      //
                    Field{"hypervisor_vendor", &D::hypervisor_vendor},                  //
                    Field{"open_descriptors_hard_max", &D::open_descriptors_hard_max},  //
                    Field{"tcp_tw_reuse", &D::tcp_tw_reuse},                            //
                    Field{"timer_slack_us", &D::timer_slack_us},                        //
                    Field{"build_warning", &D::build_warning},                          //
                    Field{"clock_read_ns", &D::clock_read_ns},                          //
                    Field{"timerfd_late_us", &D::timerfd_late_us},                      //
                    Field{"nanosleep_late_us", &D::nanosleep_late_us},                  //
                    Field{"echo", &D::echo},                                            //
                    Field{"echo_error", &D::echo_error},                                //
                    Field{"other_work_share", &D::other_work_share},                    //
                    Field{"steal_share", &D::steal_share},                              //
                    Field{"took_ms", &D::took_ms});
}

}  // namespace wirelab::lab
