#pragma once
// What `load` and `compare` are asked for, from the flags to the plan that the generator runs, to the configuration
// that a result repeats, and back to the flags of a child process.
#include <optional>
#include <string>
#include <vector>

#include "clients/generator.hpp"
#include "lab/result/link_settings.hpp"
#include "lab/result/result.hpp"
#include "lab/text/units.hpp"
#include "messages/header_set.hpp"

namespace wirelab::lab {

struct LoadSettings {
  clients::LoadPlan plan;
  std::string replay_file;        ///< empty: synthetic messages
  std::optional<Nanos> duration;  ///< not given: 3 s, or what the messages or the replay take
  LinkSettings link;
  bool tls = false;  ///< of a server that is started for the run: it speaks TLS, and its clients verify it
  /// Where a run leaves its series (lab/result/series_file.hpp); empty: nowhere.
  std::string series_file;
  std::optional<Nanos> series_step;  ///< not given: default_series_step()
  std::optional<int> cpu;            ///< where the generator's threads start
  /// What requests carry besides what they need; in a comparison, answers too. One of messages::header_sets().
  const messages::HeaderSet* headers = &messages::header_sets().front();
};

/// Reads the replay, if any, and settles the duration. Throws std::invalid_argument that names the flag and what is
/// wrong.
void complete(LoadSettings& settings);

/// Throws std::invalid_argument for a URL or a source address that cannot be used; looks a host's name up.
void check_addresses(const std::string& url, const std::vector<std::string>& sources);

/// Throws std::invalid_argument for --tls-ca without https://.
void check_tls_ca(const clients::LoadPlan& plan);

/// Throws std::invalid_argument when there is no port for each subscriber's connection: one address has so many towards
/// one server as `port_range` (HostFacts::ip_local_port_range) holds. Empty, it is not known, and nothing is refused.
void check_ports(const clients::LoadPlan& plan, const std::vector<std::uint64_t>& port_range);

/// How long the window will be. After complete().
Nanos measured_duration(const LoadSettings& settings);

/// After complete(). Transports, rounds, url and processors are the caller's.
Configuration describe(const LoadSettings& settings);

/// The flags that make `wirelab load` run these settings (all but transport, url and processors).
std::vector<std::string> to_flags(const LoadSettings& settings);

// The names that flags and files use.
std::string_view name(clients::Arrivals arrivals);
std::string_view name(clients::PollTimer timer);
std::string_view name(clients::PublishVia via);

}  // namespace wirelab::lab
