#include "lab/result/doctor_findings.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <algorithm>
#include <array>
#include <cmath>

#include "lab/result/verdict.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

constexpr std::array kGrades = {Grade::ok, Grade::warn, Grade::bad};

struct Opinion {
  Grade grade;
  std::string sentence;
};
using Maybe = std::optional<Opinion>;

/// Ok up to `good`, a warning up to `usable`, bad beyond.
Grade grade_of(double value, double good, double usable) {
  if (value <= good) return Grade::ok;
  return value <= usable ? Grade::warn : Grade::bad;
}

std::string ms(double us) { return significant(us / 1000); }
std::string percent(double share) { return fmt::format("{:.1f}%", share * 100); }

/// The p99 where the samples carry one, else the greatest: never less.
double tail_us(const Spread& spread) { return spread.p99.value_or(spread.max); }

/// "p50 0.0771 ms, p99 1.89 ms, max 7.45 ms", as far as the samples carry it.
std::string describe(const Spread& spread) {
  const std::string p99 = spread.p99 ? fmt::format(", p99 {} ms", ms(*spread.p99)) : "";
  return fmt::format("p50 {} ms{}, max {} ms of {}", ms(spread.p50), p99, ms(spread.max), grouped(spread.count));
}

// -- who else is at work ---------------------------------------------------------------------------------------------

Maybe build(const HostFacts&, const DoctorFacts& facts) {
  if (!facts.build_warning) return std::nullopt;
  return Opinion{Grade::bad,
                 fmt::format("This wirelab was {}: compare its figures with no others, use the release build.",
                             *facts.build_warning)};
}

Maybe cores(const HostFacts&, const DoctorFacts& facts) {
  const auto cpus = facts.cpus_allowed.size();
  if (cpus < 2)
    return Opinion{Grade::bad, "One core: server cost and age disturb each other; do not rank transports here."};
  if (facts.pair_shares_core == true)
    return Opinion{Grade::warn,
                   fmt::format("Server and generator run on processors {} and {}, hyperthreads of one core: "
                               "each slows the other; do not rank by server cost.",
                               facts.cpus_allowed[0], facts.cpus_allowed[1])};
  if (cpus == 2)
    return Opinion{Grade::ok, "Server and generator have a core each; whatever else runs takes its time from them."};
  return Opinion{Grade::ok, "Server and generator have a core each, and there are more for whatever else runs."};
}

/// Server and generator want a core each.
Maybe quota(const HostFacts&, const DoctorFacts& facts) {
  const double wanted = std::min<double>(2, static_cast<double>(facts.cpus_allowed.size()));
  if (!facts.cpu_quota_cores || *facts.cpu_quota_cores >= wanted) return std::nullopt;
  return Opinion{
      Grade::bad,
      fmt::format("A control group allows {} cores of time, server and generator want {:g}: once it is used up "
                  "both stop for some tens of milliseconds, and p99 shows those stops.",
                  significant(*facts.cpu_quota_cores), wanted)};
}

Maybe measured_work(double share) {
  const Grade grade = grade_of(share, 0.05, 0.2);
  if (grade == Grade::ok)
    return Opinion{grade, fmt::format("Other programs used {} of the processors: next to nothing.", percent(share))};
  return Opinion{grade,
                 fmt::format("Other programs used {} of the processors during the check: their turns are in every "
                             "age. Close them, or wait.",
                             percent(share))};
}

/// Only a hint: it is an average over a minute and more, and this program's own work before is in it.
Maybe load_average(const HostFacts& host) {
  if (host.load_average_1_5_15_min.empty() || host.cores == 0) return std::nullopt;
  const double last_minute = host.load_average_1_5_15_min.front();
  const Grade grade = grade_of(last_minute / static_cast<double>(host.cores), 0.25, 1);
  return Opinion{grade,
                 fmt::format("The load average was {:.2f} on {} cores before the run: {}.", last_minute, host.cores,
                             grade == Grade::ok ? "next to nothing" : "other programs' turns are in every age")};
}

Maybe other_work(const HostFacts& host, const DoctorFacts& facts) {
  return facts.other_work_share ? measured_work(*facts.other_work_share) : load_average(host);
}

Maybe virtual_machine(const HostFacts& host, const DoctorFacts& facts) {
  if (!host.virtual_machine && !facts.hypervisor_vendor)
    return Opinion{Grade::ok, "No sign of a virtual machine: nobody takes a core away unseen."};
  if (!facts.steal_share)
    return Opinion{Grade::warn, "A virtual machine: its host may take a core away at any time, and p99 shows it."};
  const Grade grade = grade_of(*facts.steal_share, 0.001, 0.01);
  if (grade == Grade::ok)
    return Opinion{grade, fmt::format("A virtual machine, whose host took {} of the time away during the check. It may "
                                      "take more later: compare within one result, or repeat.",
                                      percent(*facts.steal_share))};
  return Opinion{grade,
                 fmt::format("A virtual machine, whose host took {} of the time away during the check: p99 and max "
                             "{} the host, not the protocol.",
                             percent(*facts.steal_share), grade == Grade::warn ? "may show" : "show")};
}

Maybe governor(const HostFacts& host, const DoctorFacts&) {
  if (!host.frequency_governor) return std::nullopt;
  if (*host.frequency_governor == "performance")
    return Opinion{Grade::ok,
                   "The frequency governor is performance: cores do not slow down when there is little to do."};
  return Opinion{
      Grade::warn,
      fmt::format("The frequency governor is {}: cores may slow down when there is little to do, and CPU cost "
                  "per message then falls as the rate grows. Set it to performance.",
                  *host.frequency_governor)};
}

// -- clocks and timers -----------------------------------------------------------------------------------------------

/// A message is stamped a few times: that must vanish beside the microseconds that handling it takes.
Maybe clock(const HostFacts& host, const DoctorFacts& facts) {
  const Grade grade = grade_of(facts.clock_read_ns, 100, 500);
  return Opinion{grade, fmt::format("Reading the clock ({}) takes {} ns: {}.",
                                    host.clock_source.value_or("unknown source"), significant(facts.clock_read_ns),
                                    grade == Grade::ok ? "stamps cost nothing that shows"
                                                       : "server and generator pay for being measured")};
}

Maybe clock_agreement(const HostFacts&, const DoctorFacts& facts) {
  if (!facts.echo || facts.echo->backward_stamps == 0) return std::nullopt;
  return Opinion{Grade::bad, fmt::format("Messages arrived before they were sent ({} of them): the processors' clocks "
                                         "disagree, and no age between two processes is true here.",
                                         grouped(facts.echo->backward_stamps))};
}

/// Up to a fifth of what makes a run invalid, lateness stays out of the way.
Maybe timers(const HostFacts&, const DoctorFacts& facts) {
  if (!facts.timerfd_late_us) return std::nullopt;
  const Spread& late = *facts.timerfd_late_us;
  const Grade grade = grade_of(tail_us(late), kScheduleLagMaxUs / 5, kScheduleLagMaxUs);
  const std::string lateness = fmt::format("Timers wake late ({})", describe(late));
  if (grade == Grade::ok) return Opinion{grade, lateness + ", but not so late that a publisher's schedule suffers."};
  if (grade == Grade::warn)
    return Opinion{grade, lateness + ": that much of an age from the intended time is the generator's own."};
  return Opinion{grade, fmt::format("{}: too late for a publisher's schedule, whose p99 must stay within {:g} ms.",
                                    lateness, kScheduleLagMaxUs / 1000)};
}

// -- loopback --------------------------------------------------------------------------------------------------------

/// From its publisher over the server to a subscriber a message crosses loopback twice, like a round trip. Transports
/// that push differ by parts of a millisecond: a tail of 2 ms hides that, one of 0.5 ms does not.
Maybe noise(const HostFacts&, const DoctorFacts& facts) {
  if (!facts.echo)
    return Opinion{Grade::bad, fmt::format("Loopback TCP does not work here, so nothing can be measured: {}.",
                                           facts.echo_error.value_or("it was not tried"))};
  const Spread& paced = facts.echo->paced_round_trip_us;
  return Opinion{grade_of(tail_us(paced), 500, 2000),
                 fmt::format("Latency differences below {:g} ms are noise here: so long takes the paced loopback round "
                             "trip alone ({}).",
                             noise_floor_ms(*facts.echo), describe(paced))};
}

Maybe sleeping_cores(const HostFacts&, const DoctorFacts& facts) {
  if (!facts.echo || facts.echo->busy_round_trip_us.p50 <= 0) return std::nullopt;
  const double busy = facts.echo->busy_round_trip_us.p50, paced = facts.echo->paced_round_trip_us.p50;
  const auto medians = fmt::format("round trip p50 {} ms after {:g} ms of silence, {} ms without", ms(paced),
                                   facts.echo->paced_gap_ms, ms(busy));
  if (paced < 1.5 * busy)
    return Opinion{Grade::ok, fmt::format("An idle core answers about as fast as a busy one ({}).", medians)};
  return Opinion{Grade::warn,
                 fmt::format("An idle core answers {:.1f} times slower than a busy one ({}): ages at low rates "
                             "include waking up, and fall as the rate grows. Compare at one rate.",
                             paced / busy, medians)};
}

// -- limits ----------------------------------------------------------------------------------------------------------

/// 5,000 is what the idle scenario parks.
Maybe descriptors(const HostFacts&, const DoctorFacts& facts) {
  const std::uint64_t limit = facts.open_descriptors_hard_max;
  if (limit == static_cast<std::uint64_t>(RLIM_INFINITY))
    return Opinion{Grade::ok, "Open descriptors are unlimited: memory decides how many subscribers fit."};
  constexpr std::uint64_t kOtherDescriptors = 256;  // the publisher's, the loops', the libraries'
  const std::uint64_t subscribers = limit > kOtherDescriptors ? limit - kOtherDescriptors : 0;
  const Grade grade = grade_of(-static_cast<double>(subscribers), -5'000, -500);
  return Opinion{grade, fmt::format("At most {} subscribers a run: ulimit -Hn is {}.{}", grouped(subscribers),
                                    grouped(limit), grade == Grade::ok ? "" : " Raise it for more.")};
}

/// TCP_TIMEWAIT_LEN is a constant of the kernel. Where tcp_tw_reuse ends the wait early (1: everywhere; 2, the default:
/// on loopback), a port is free again after a second.
constexpr double kTimeWaitSeconds = 60, kReusedSeconds = 1;

Maybe ports(const HostFacts& host, const DoctorFacts& facts) {
  if (host.ip_local_port_range.size() != 2) return std::nullopt;
  const auto rate = [&](double rest_s) {
    return grouped(static_cast<std::uint64_t>(connections_per_second_max(host, rest_s)));
  };
  const std::string polls = "short-polling requests/s sustained from one source address";
  if (facts.tcp_tw_reuse == 1)
    return Opinion{Grade::ok,
                   fmt::format("At most {} {}: tcp_tw_reuse ends TIME_WAIT early.", rate(kReusedSeconds), polls)};
  if (facts.tcp_tw_reuse == 2)
    return Opinion{Grade::ok,
                   fmt::format("At most {} {} on loopback, where tcp_tw_reuse ends TIME_WAIT early; {} against "
                               "another host.",
                               rate(kReusedSeconds), polls, rate(kTimeWaitSeconds))};
  return Opinion{Grade::warn,
                 fmt::format("At most {} {}: each port rests {:g} s in TIME_WAIT. Spread more over several "
                             "with --source.",
                             rate(kTimeWaitSeconds), polls, kTimeWaitSeconds)};
}

/// Twice the subscribers that the generator dials at once (clients::LoadPlan::dials_under_way_max).
Maybe backlog(const HostFacts& host, const DoctorFacts&) {
  if (!host.somaxconn_connections || *host.somaxconn_connections >= 1'000) return std::nullopt;
  return Opinion{Grade::warn,
                 fmt::format("At most {} connections wait to be accepted (somaxconn): of a burst of more, the "
                             "rest tries again after 1 s, which looks like a slow server.",
                             grouped(*host.somaxconn_connections))};
}

Maybe congestion_control(const HostFacts& host, const DoctorFacts&) {
  if (!host.tcp_congestion_control || *host.tcp_congestion_control == "cubic") return std::nullopt;
  return Opinion{Grade::ok,
                 fmt::format("TCP congestion control is {}, not cubic as on most hosts: on loopback that does "
                             "not show, under loss it does.",
                             *host.tcp_congestion_control)};
}

struct Subject {
  const char* name;
  Maybe (*opinion)(const HostFacts&, const DoctorFacts&);
};

constexpr std::array kSubjects = {
    Subject{"build", build},                      //
    Subject{"cores", cores},                      //
    Subject{"quota", quota},                      //
    Subject{"other_work", other_work},            //
    Subject{"virtual_machine", virtual_machine},  //
    Subject{"governor", governor},                //
    Subject{"clock", clock},                      //
    Subject{"clock_agreement", clock_agreement},  //
    Subject{"timers", timers},                    //
    Subject{"noise", noise},                      //
    Subject{"sleeping_cores", sleeping_cores},    //
    Subject{"descriptors", descriptors},          //
    Subject{"ports", ports},                      //
    Subject{"backlog", backlog},                  //
    Subject{"congestion_control", congestion_control},
};

}  // namespace

std::string_view name(Grade grade) {
  constexpr std::array<std::string_view, kGrades.size()> kNames = {"ok", "warn", "bad"};
  return kNames.at(static_cast<std::size_t>(grade));
}

std::vector<Finding> findings(const HostFacts& host, const DoctorFacts& facts) {
  std::vector<Finding> all;
  for (const Subject& subject : kSubjects)
    if (auto opinion = subject.opinion(host, facts))
      all.push_back({subject.name, opinion->grade, std::move(opinion->sentence)});
  return all;
}

std::string conclusion(const std::vector<Finding>& findings) {
  const auto count = [&](Grade grade) {
    return std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.grade == grade; });
  };
  const auto bad = count(Grade::bad), warnings = count(Grade::warn);
  if (bad > 0) return fmt::format("Not fit to compare transports: see what is bad ({} of {}).", bad, findings.size());
  if (warnings > 0) return fmt::format("Fit to measure, with {} reservation{}.", warnings, warnings == 1 ? "" : "s");
  return "Fit to measure.";
}

double noise_floor_ms(const EchoFacts& echo) {
  const double tail_ms = tail_us(echo.paced_round_trip_us) / 1000;
  if (tail_ms <= 0) return 0;
  const double power = std::pow(10, std::floor(std::log10(tail_ms)));
  for (const double step : {1, 2, 5})
    if (tail_ms <= step * power) return step * power;
  return 10 * power;
}

double connections_per_second_max(const HostFacts& host, double rest_s) {
  const auto& range = host.ip_local_port_range;
  return range.size() == 2 && range[1] >= range[0] ? static_cast<double>(range[1] - range[0] + 1) / rest_s : 0;
}

Json write_json(Grade grade) { return std::string(name(grade)); }

void read_json(const Json& json, Grade& grade) {
  for (const Grade known : kGrades)
    if (json == write_json(known)) {
      grade = known;
      return;
    }
  throw JsonError("not ok, warn or bad");
}

}  // namespace wirelab::lab
