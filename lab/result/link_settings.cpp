#include "lab/result/link_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>

#include "lab/text/units.hpp"
#include "link/rights.hpp"

namespace wirelab::lab {
namespace {

double in_ms(Nanos time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// Of a figure that was made of one.
Nanos from_ms(double time_ms) { return Nanos(std::llround(time_ms * 1e6)); }

}  // namespace

link::Impairments LinkSettings::of_run(std::uint64_t seed) const {
  link::Impairments all = impairments;
  all.round_trip = *round_trip;
  all.seed = seed;
  return all;
}

LinkSettings LinkSettings::with_capture_of(const std::string& run) const {
  LinkSettings named = *this;
  if (pcap_file.empty()) return named;
  const std::filesystem::path file(pcap_file);
  named.pcap_file =
      (file.parent_path() / fmt::format("{}-{}{}", file.stem().string(), run, file.extension().string())).string();
  return named;
}

void check(const LinkSettings& settings) {
  if (settings.on()) link::check(settings.of_run(1));
}

void gain_rights_for(const LinkSettings& settings) {
  if (settings.on()) link::gain_rights();
}

std::optional<LinkConfiguration> describe(const LinkSettings& settings) {
  if (!settings.on()) return std::nullopt;
  const link::Impairments& i = settings.impairments;
  LinkConfiguration link;
  link.rtt_ms = in_ms(*settings.round_trip);
  link.jitter_ms = in_ms(i.jitter);
  link.reorder = i.reorder;
  link.loss_share = i.loss;
  link.bandwidth_bits_per_second = i.bandwidth_bits_per_second;
  if (i.bandwidth_bits_per_second) link.queue_bytes = i.queue_bytes;
  link.drop_segments = i.drop_segments;
  if (i.cut_at) link.cut_at_ms = in_ms(*i.cut_at);
  return link;
}

std::string link_words(const LinkConfiguration& link, const std::string& round_trips, const std::string& losses) {
  std::string out = "round trip " + (round_trips.empty() ? to_duration(from_ms(link.rtt_ms)) : round_trips);
  if (link.jitter_ms > 0)
    out += fmt::format(", jitter {}{}", to_duration(from_ms(link.jitter_ms)), link.reorder ? " with reordering" : "");
  if (!losses.empty())
    out += ", loss " + losses;
  else if (link.loss_share > 0)
    out += fmt::format(", loss {:.4g}%", link.loss_share * 100);
  if (link.bandwidth_bits_per_second)
    out += fmt::format(", {} with a queue of {}", to_bandwidth(*link.bandwidth_bits_per_second),
                       to_bytes(link.queue_bytes.value_or(0)));
  if (!link.drop_segments.empty())
    out += fmt::format(", dropped: data segment {}", fmt::join(link.drop_segments, ", "));
  if (link.cut_at_ms) out += fmt::format(", cut after {}", to_duration(from_ms(*link.cut_at_ms)));
  return out;
}

}  // namespace wirelab::lab
