#pragma once
// The emulated link as it is asked for: the flags --rtt, --jitter and their like.
#include <filesystem>
#include <optional>
#include <string>

#include "lab/result/result.hpp"
#include "link/impairment.hpp"

namespace wirelab::lab {

struct LinkSettings {
  std::optional<link::Nanos> round_trip;  ///< none: no link; server and clients meet on loopback
  link::Impairments impairments;          ///< the rest; round trip and seed are put in for each run
  std::string pcap_file;                  ///< empty: none

  bool on() const { return round_trip.has_value(); }
  /// Of one run. Precondition: on().
  link::Impairments of_run(std::uint64_t seed) const;
  /// The same with a capture of its own: "out.pcap" and "websocket-2" make "out-websocket-2.pcap".
  LinkSettings with_capture_of(const std::string& run) const;
};

/// Throws std::invalid_argument that names the flag for what cannot be a link.
void check(const LinkSettings& settings);

/// Makes this process one that may make links, if one is asked for; call it while there is one thread. Throws
/// link::MissingRights.
void gain_rights_for(const LinkSettings& settings);

/// What a result says of it; null without a link.
std::optional<LinkConfiguration> describe(const LinkSettings& settings);

/// "round trip 50 ms, jitter 5 ms, loss 1%, 10mbit with a queue of 64KiB". What is swept is given in words: "20ms to
/// 300ms".
std::string link_words(const LinkConfiguration& link, const std::string& round_trips = "",
                       const std::string& losses = "");

}  // namespace wirelab::lab
