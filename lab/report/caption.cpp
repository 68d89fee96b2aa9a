#include "lab/report/caption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lab/result/doctor_findings.hpp"
#include "lab/result/link_settings.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/wrapped_text.hpp"

namespace wirelab::lab {
namespace {

/// 250 ms, 25 s
std::string short_duration(double milliseconds) {
  return milliseconds < 1000 ? fmt::format("{:.4g} ms", milliseconds) : fmt::format("{:.4g} s", milliseconds / 1000);
}

std::string published(const Configuration& c, const std::string& rate, const std::string& payload) {
  const std::string via = c.publish_via == "native" ? "over the transport itself" : "by POST";
  if (c.replay)
    return fmt::format("{} of {} replayed at speed {}, {}", plural(c.replay->messages, "message"),
                       std::filesystem::path(c.replay->file).filename().string(), c.replay->speed, via);
  if (c.rate_per_second == 0) return "nothing published";
  return fmt::format("{} in all ({} arrivals) of {}, {}", rate, c.arrivals, payload, via);
}

std::string machine(const Configuration& c, const HostFacts& host) {
  std::string text = fmt::format("{}, {}{}, {}", host.cpu_model.value_or(host.architecture), plural(host.cores, "core"),
                                 host.virtual_machine ? " (virtual machine)" : "", host.kernel);
  if (host.tcp_congestion_control) text += ", TCP " + *host.tcp_congestion_control;
  if (c.server_cpu) text += fmt::format("; server on CPU {}", *c.server_cpu);
  if (c.generator_cpu) text += fmt::format("; load from CPU {}", *c.generator_cpu);
  return text;
}

}  // namespace

std::string caption(const Configuration& c, const Provenance& provenance, const std::optional<Varied>& varied) {
  const auto words = [&](const char* key, std::string one) {
    return varied && varied->key == key ? varied->words : one;
  };
  const auto build = provenance.versions.find("build");
  const std::string rate = words("rate_per_second", fmt::format("{} messages/s", c.rate_per_second));
  const std::string payload = words("payload_bytes", fmt::format("{} B", c.payload_bytes));
  std::string out = fmt::format("{} on {}, {}, {}\n", words("subscribers", plural(c.subscribers, "subscriber")),
                                plural(c.channels, "channel"), published(c, rate, payload), plural(c.rounds, "round"));
  out += fmt::format("polls every {} ({}), long polls held {}{}; {} warm-up, {} measured; seed {}\n",
                     words("poll_interval_ms", short_duration(c.poll_interval_ms)), c.poll_timer,
                     short_duration(c.hold_s * 1000), c.long_poll_reconnects ? ", each on a new connection" : "",
                     short_duration(c.warm_up_ms), short_duration(c.duration_ms), c.seed);
  if (c.link)
    out += fmt::format("emulated link: {}\n", link_words(*c.link, words("rtt_ms", ""), words("loss_share", "")));
  if (c.url) out += fmt::format("server: {}\n", *c.url);
  if (c.server_program) out += fmt::format("server: {}\n", *c.server_program);
  out += machine(c, provenance.host) + '\n';
  out += fmt::format("{}; git {}{}; {} headers{}\n", provenance.created_utc, provenance.git_revision,
                     build == provenance.versions.end() ? "" : "; " + build->second, c.headers, c.tls ? "; TLS" : "");
  return out;
}

std::string reservations(const Provenance& provenance) {
  if (!provenance.doctor) return "";
  std::string out, subjects;
  for (const Finding& finding : findings(provenance.host, *provenance.doctor)) {
    constexpr std::string_view kBad = "machine, bad: ";
    if (finding.grade == Grade::bad) out += fmt::format("{}{}\n", kBad, wrap(finding.sentence, kBad.size()));
    if (finding.grade == Grade::warn) subjects += (subjects.empty() ? "" : ", ") + finding.subject;
  }
  std::replace(subjects.begin(), subjects.end(), '_', ' ');
  return subjects.empty() ? out : out + fmt::format("machine, warn: {} (`wirelab doctor` explains)\n", subjects);
}

}  // namespace wirelab::lab
