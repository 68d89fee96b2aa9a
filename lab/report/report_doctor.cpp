#include "lab/report/report_doctor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <string_view>

#include "lab/host/loopback_echo.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/wrapped_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kFactLabelWidth = 24;
constexpr int kSpreadLabelWidth = 40;
constexpr int kSpreadColumnWidth = 12;

// -- one fact --------------------------------------------------------------------------------------------------------

std::string line(std::string_view label, std::string_view value) {
  return fmt::format("  {:<{}}{}\n", label, kFactLabelWidth, value);
}

std::string limit(std::uint64_t number) {
  return number == static_cast<std::uint64_t>(RLIM_INFINITY) ? "unlimited" : grouped(number);
}

std::string cores(const Diagnosis& d) {
  std::string text = fmt::format("{} online, this process may use {}", d.host.cores, d.doctor.cpus_allowed.size());
  if (d.doctor.pair_shares_core == true) text += "; the first two are hyperthreads of one core";
  if (d.doctor.cpu_quota_cores) text += fmt::format("; quota of {} cores", significant(*d.doctor.cpu_quota_cores));
  return text;
}

/// With how it is known.
std::string virtual_machine(const Diagnosis& d) {
  if (!d.host.virtual_machine && !d.doctor.hypervisor_vendor) return "no sign of one";
  std::string text = "yes:";
  if (d.host.virtual_machine) text += fmt::format(" the kernel sees a {}", *d.host.virtual_machine);
  if (d.doctor.hypervisor_vendor)
    text += fmt::format("{} CPUID names {}", d.host.virtual_machine ? "," : "", *d.doctor.hypervisor_vendor);
  return text;
}

std::string shares(const DoctorFacts& facts) {
  const auto percent = [](std::optional<double> share) { return share ? fmt::format("{:.1f}%", *share * 100) : "?"; };
  return fmt::format("other programs {}, taken by the host (steal) {}", percent(facts.other_work_share),
                     percent(facts.steal_share));
}

std::string ports(const HostFacts& host) {
  if (host.ip_local_port_range.size() != 2) return "not exposed";
  return fmt::format("{} to {}: {} of them", host.ip_local_port_range[0], host.ip_local_port_range[1],
                     grouped(static_cast<std::uint64_t>(connections_per_second_max(host, 1))));
}

std::string number(std::optional<std::uint64_t> value) { return value ? grouped(*value) : "not exposed"; }

// -- sections --------------------------------------------------------------------------------------------------------

std::string machine(const Diagnosis& d) {
  const HostFacts& host = d.host;
  std::string out = "Machine\n";
  out += line("processor", fmt::format("{}, {}", host.cpu_model.value_or("model not exposed"), host.architecture));
  out += line("cores", cores(d));
  out += line("frequency governor", host.frequency_governor.value_or("not exposed"));
  out += line("virtual machine", virtual_machine(d));
  out += line("container", host.container.value_or("no sign of one"));
  out += line("memory", fmt::format("{:.1f} GiB", static_cast<double>(host.memory_bytes) / 1073741824));
  out += line("system", fmt::format("{}; {}", host.operating_system.value_or("unknown"), host.kernel));
  out += line("load average",
              fmt::format("{:.2f} (1, 5, 15 min, before the check)", fmt::join(host.load_average_1_5_15_min, ", ")));
  return out + line("during the check", shares(d.doctor));
}

std::string spread_row(std::string_view label, const std::optional<Spread>& spread) {
  if (!spread) return "";
  const auto ms = [](double us) { return significant(us / 1000); };
  return fmt::format("  {:<{}}{:>{}}{:>{}}{:>{}}{:>{}}\n", label, kSpreadLabelWidth, ms(spread->p50),
                     kSpreadColumnWidth, spread->p99 ? ms(*spread->p99) : "-", kSpreadColumnWidth, ms(spread->max),
                     kSpreadColumnWidth, grouped(spread->count), kSpreadColumnWidth);
}

std::string echo_place(const EchoFacts& echo) {
  if (!echo.client_cpu || !echo.server_cpu) return "on one processor";
  return fmt::format("between CPUs {} and {}", *echo.client_cpu, *echo.server_cpu);
}

std::string clocks(const Diagnosis& d) {
  const DoctorFacts& facts = d.doctor;
  std::string out = "Clock, timers, loopback\n";
  out +=
      line("clock source", fmt::format("{}; reading CLOCK_MONOTONIC takes {} ns",
                                       d.host.clock_source.value_or("not exposed"), significant(facts.clock_read_ns)));
  out += line("timer slack",
              fmt::format("{:g} us: how much the kernel may delay a sleep, but not a timerfd", facts.timer_slack_us));
  if (facts.echo) out += line("echo", fmt::format("{} B over TCP, {}", kEchoMessageBytes, echo_place(*facts.echo)));
  out += fmt::format("\n  {:<{}}{:>{}}{:>{}}{:>{}}{:>{}}\n", "ms", kSpreadLabelWidth, "p50", kSpreadColumnWidth, "p99",
                     kSpreadColumnWidth, "max", kSpreadColumnWidth, "samples", kSpreadColumnWidth);
  out += spread_row("timerfd wakes late by", facts.timerfd_late_us);
  out += spread_row("clock_nanosleep wakes late by", facts.nanosleep_late_us);
  if (!facts.echo) return out;
  const EchoFacts& echo = *facts.echo;
  const std::string paced = fmt::format("paced at {:g} ms", echo.paced_gap_ms);
  out += spread_row("loopback round trip, busy", echo.busy_round_trip_us);
  out += spread_row("loopback one way, busy", echo.busy_one_way_us);
  out += spread_row("loopback round trip, " + paced, echo.paced_round_trip_us);
  return out + spread_row("loopback one way, " + paced, echo.paced_one_way_us);
}

std::string limits(const Diagnosis& d) {
  const HostFacts& host = d.host;
  std::string out = "Limits\n";
  out += line("ulimit -n", fmt::format("{} soft, {} hard", limit(host.open_descriptors_max),
                                       limit(d.doctor.open_descriptors_hard_max)));
  out += line("ephemeral ports", ports(host));
  out += line("tcp_tw_reuse", number(d.doctor.tcp_tw_reuse));
  out += line("somaxconn", number(host.somaxconn_connections));
  return out + line("TCP congestion control", host.tcp_congestion_control.value_or("not exposed"));
}

std::string versions(const Diagnosis& d) {
  std::vector<std::string> list;
  for (const auto& [name, version] : d.versions) {
    if (!list.empty()) list.back() += ',';
    list.push_back(fmt::format("{} {}", name, version));
  }
  constexpr std::size_t kIndent = kFactLabelWidth + 2;
  return "Versions\n" + line("git revision", d.git_revision) + line("libraries", wrap(list, kIndent));
}

std::string meaning(const Diagnosis& d) {
  constexpr std::size_t kIndent = 8;
  std::string out = "What this machine can and cannot measure\n";
  for (const Finding& finding : d.findings)
    out += fmt::format("  {:<{}}{}\n", name(finding.grade), kIndent - 2, wrap(finding.sentence, kIndent));
  return out + "\n" + d.conclusion + "\n";
}

}  // namespace

std::string report_text(const Diagnosis& d) {
  const std::string headline = fmt::format("wirelab doctor, {}, {:.1f} s\n", d.created_utc, d.doctor.took_ms / 1000);
  return headline + '\n' + machine(d) + '\n' + clocks(d) + '\n' + limits(d) + '\n' + versions(d) + '\n' + meaning(d);
}

std::string to_text(const Diagnosis& diagnosis) { return to_text(write_json(diagnosis)); }

}  // namespace wirelab::lab
