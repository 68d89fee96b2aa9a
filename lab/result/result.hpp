#pragma once
// The record of a `wirelab load` or `wirelab compare`: everything that was measured, and everything one must know to
// measure it again. Text, CSV and charts are functions of it. Members are named as the keys of the file, units last;
// docs/03-result-format.md explains every one.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/host/provenance.hpp"
#include "lab/result/interval.hpp"
#include "lab/result/judgement.hpp"
#include "lab/text/json_fields.hpp"
#include "link/packet_counter.hpp"
#include "meter/wire_ledger.hpp"

namespace wirelab::lab {

inline constexpr const char* kSchema = "wirelab.result/2";

// -- what was asked for ------------------------------------------------------------------------------------------

struct Replay {
  std::string file;
  std::uint64_t messages = 0;
  double speed = 1;
};

/// The emulated link that server and subscribers were joined by (link/link.hpp); both directions alike.
struct LinkConfiguration {
  double rtt_ms = 0, jitter_ms = 0;
  bool reorder = false;
  double loss_share = 0;
  std::optional<std::uint64_t> bandwidth_bits_per_second, queue_bytes;  ///< null: unlimited
  std::vector<std::uint64_t> drop_segments;
  std::optional<double> cut_at_ms;
  std::optional<int> relay_cpu;  ///< null: not pinned
};

struct Configuration {
  std::vector<std::string> transports;  ///< in the order they are shown in
  std::uint64_t rounds = 1;
  std::optional<std::string> url;  ///< of the server that `load` was pointed at; null: compare starts its own
  std::optional<std::string> server_program;  ///< that compare started instead of its own server
  std::uint64_t subscribers = 0;
  std::uint64_t channels = 1;
  std::uint64_t threads = 1;
  double rate_per_second = 0;
  std::string arrivals;
  std::uint64_t payload_bytes = 0;
  std::uint64_t messages_max = 0;  ///< 0: as many as the duration holds
  std::optional<Replay> replay;    ///< then rate, arrivals and payload were not used
  std::string publish_via;
  std::uint64_t lanes_max = 0;  ///< POSTs under way at once
  bool tls = false;             ///< https and wss
  std::string headers;          ///< the set of header fields that requests and answers carried
  double poll_interval_ms = 0;
  std::string poll_timer;
  double hold_s = 0;
  bool long_poll_reconnects = false;  ///< each on a new connection
  double warm_up_ms = 0;
  double duration_ms = 0;
  std::vector<std::string> sources;
  std::uint64_t seed = 1;
  std::optional<int> server_cpu;          ///< null: not pinned
  std::optional<int> generator_cpu;       ///< the first of as many as it has threads
  std::optional<LinkConfiguration> link;  ///< null: none; they met on loopback
};

// -- what one run measured ---------------------------------------------------------------------------------------

struct MessageCounts {
  std::uint64_t planned = 0, published = 0;
  std::uint64_t expected = 0, delivered = 0, lost = 0, duplicated = 0, out_of_order = 0;
  std::uint64_t gaps = 0, foreign = 0, publish_failures = 0;
};

/// In microseconds. A percentile is here whatever the count; draw it only if supports() says so.
struct Percentiles {
  std::uint64_t count = 0;
  double min = 0, mean = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
  std::uint64_t clamped = 0;

  /// Whether ten samples at least lie beyond this percentile (50, 90, 99, 99.9).
  bool supports(double percentile) const;
};

struct Distribution : Percentiles {
  std::vector<std::pair<double, std::uint64_t>> buckets;  ///< highest value in it, and how many
};

/// What never came by the time the run stopped waiting.
struct Censored {
  std::uint64_t count = 0;
  double age_min_us = 0, age_from_send_min_us = 0;  ///< so old each of them was by then, at least
};

/// As Percentiles, over what was expected: the lost rank behind all that came. Null: it falls among them.
struct ExpectedPercentiles {
  std::uint64_t count = 0;  ///< delivered and lost
  std::optional<double> p50, p90, p99, p999;

  bool supports(double percentile) const;
};

struct Window {
  double duration_s = 0;
  std::uint64_t delivered = 0;
  std::uint64_t requests = 0, empty_answers = 0, frames = 0;
  std::uint64_t connections_opened = 0, failures = 0;
  std::map<std::string, std::uint64_t> failure_reasons;
};

/// Bytes, or bytes per delivered message, in one direction or both. The first five are what was said above TCP; they
/// sum to application_total. With the next four they sum to wire_total, which is the kernel's own count.
template <typename Number>
struct ByteParts {
  Number payload{}, envelope{}, http_headers{}, websocket_framing{}, handshakes{};
  Number application_total{};
  Number tls{};            ///< all that is in its records, less the text in them; handshakes are in it
  Number window_edges{};   ///< counted by the kernel in the window and parsed outside it, less the opposite; can be < 0
  Number retransmitted{};  ///< out only: the peer's cannot be seen from here
  Number tcp_ip_headers{};
  Number wire_total{};
  Number empty_answers{};  ///< of application_total: exchanges that brought no message
  Number segments{};
};

/// The kernel's count and what was parsed, held against each other on every connection of the run, from its SYN to its
/// last FIN.
struct Witnesses {
  std::uint64_t connections = 0;  ///< that ended, and so could be compared
  std::uint64_t disagreeing = 0;
  std::uint64_t bytes_off = 0;
  std::uint64_t upgrade_answer_bytes = 0;  ///< of a WebSocket: what the kernel must have counted more
  meter::WireCounts kernel;
  std::uint64_t parsed_out = 0, parsed_in = 0;  ///< without the answers to upgrades
  std::uint64_t tls_out = 0, tls_in = 0;        ///< what TLS added to these
};

struct Bytes {
  ByteParts<std::int64_t> out, in;  ///< from the subscribers' side: out is to the server
  meter::WireCounts wire, publisher_wire;
  Witnesses witnesses;
};

/// Of the subscribers' connections, the whole run. Bytes are of records that carry no text: the handshakes themselves,
/// tickets, alerts.
struct TlsRecord {
  std::string version, cipher;   ///< "TLSv1.3", "TLS_AES_256_GCM_SHA384"
  std::uint64_t handshakes = 0;  ///< that ended in something being said
  std::uint64_t resumed = 0;     ///< of these, by a ticket of one before (RFC 8446 §2.2)
  std::uint64_t handshake_bytes_out = 0, handshake_bytes_in = 0;
};

/// What the server had more of when every subscriber was connected, and nothing published yet, than before the first
/// one came.
struct IdleSubscribers {
  std::uint64_t count = 0;  ///< of subscribers
  std::int64_t connections = 0, resident_bytes = 0;
  std::optional<std::int64_t> socket_buffer_bytes;
  std::optional<std::int64_t> kernel_bytes;  ///< the buffers, and what the connections are made of
};

/// Null in it: only a server of ours can tell (GET /load); another's processes are looked at from outside.
struct ServerCost {
  double cpu_total_us = 0, cpu_user_us = 0, cpu_system_us = 0;
  double cpu_share_of_core = 0;
  std::uint64_t peak_resident_bytes = 0, resident_bytes = 0;
  std::optional<std::uint64_t> idle_resident_bytes;
  std::optional<IdleSubscribers> idle_subscribers;
  std::optional<std::uint64_t> socket_buffer_bytes;
  std::uint64_t voluntary_context_switches = 0, involuntary_context_switches = 0;
  std::uint64_t open_descriptors = 0;
  std::optional<std::uint64_t> requests, connections_accepted;
  std::optional<std::uint64_t> pings, timeouts;
  std::optional<std::uint64_t> bytes_in, bytes_out;
};

/// The kernel divides processor time into user's and its own by looking what is running at each tick of its clock (100
/// to 1,000 a second). With less than this, 50 ticks of the usual 250, its division is a guess: ±14 points at best.
inline constexpr double kDividedCpuMinUs = 200'000;

/// Null in it: the file is older than the key.
struct GeneratorCost {
  double cpu_total_us = 0;
  double cpu_share_of_core = 0;             ///< of one, however many it had
  std::optional<std::uint64_t> processors;  ///< that its subscribers' threads had
  std::optional<double> busiest_thread_share_of_core;
  std::optional<Percentiles> lag_us;  ///< how late its loops came to what was due in them
};

/// From the first dial until the last subscriber had its first envelope.
struct Connecting {
  double duration_s = 0;
  double subscribers_per_second = 0;
  double generator_cpu_us = 0;
  std::optional<double> server_cpu_us;  ///< null: nobody can tell
};

/// What went over the link in a run, from its first packet to its last.
struct LinkRecord {
  link::PacketCounts up, down;          ///< to the server, to the subscribers; as sent
  Percentiles relay_added_us;           ///< how much later packets left than they were to
  double relay_cpu_us = 0;              ///< of the relay's thread: neither the server's nor the generator's
  bool relay_realtime = false;          ///< whether it went before all programs that are not real time
  std::uint64_t packets_not_taken = 0;  ///< that the kernel dropped because the relay was late
};

struct Run {
  std::string transport;
  std::uint64_t round = 1;
  std::uint64_t order = 1;  ///< the how-manieth run of its round it was
  bool interrupted = false;
  Verdict verdict = Verdict::valid;
  std::vector<std::string> reasons;  ///< why it is not VALID
  std::uint64_t subscribers = 0;     ///< that were connected
  MessageCounts messages;
  std::optional<Censored> censored;  ///< null: nothing was lost
  Distribution age_us, age_from_send_us, service_time_us, publish_time_us, schedule_lag_us;
  std::optional<Distribution>
      first_message_us;                  ///< from dialling to a subscriber's first envelope; null: there was none
  std::optional<Connecting> connecting;  ///< null: not all came, or the file is older than the key
  Window window;
  Bytes bytes;
  std::optional<TlsRecord> tls;               ///< null: none was spoken
  std::optional<Percentiles> tcp_min_rtt_us;  ///< each connection's least, over the run; null: there was none
  std::optional<LinkRecord> link;             ///< null: no link
  std::optional<ServerCost> server;           ///< null: the server has no /load of ours, and no process was named
  GeneratorCost generator;
};

// -- what a transport's runs come to -----------------------------------------------------------------------------

struct BytesPerDelivered {
  ByteParts<double> out, in, both;
};

/// Of the windows, all their time together: what an idle run has, where nothing can be divided by what was delivered.
struct PerSecond {
  double requests = 0, empty_answers = 0, connections_opened = 0;
  ByteParts<double> out, in, both;
};

struct ServerPerSecond {
  std::optional<double> requests, connections_accepted, pings, timeouts;  ///< null as in ServerCost
  double voluntary_context_switches = 0, involuntary_context_switches = 0;
};

/// IdleSubscribers divided by their count.
struct IdleSubscriber {
  double connections = 0, resident_bytes = 0;
  std::optional<double> socket_buffer_bytes, kernel_bytes;
};

/// What theory says of the same figures (lab/result/theory.hpp). Bytes are both directions'.
struct Predicted {
  double round_trip_us = 0;  ///< that it holds for
  double age_mean_us = 0, age_p50_us = 0, age_p99_us = 0, age_max_us = 0;
  /// The whole distribution: the transit, and, of so large a share, from the least wait up to the wait more, uniformly.
  double age_transit_us = 0, age_wait_min_us = 0, age_wait_us = 0, age_waiting_share = 0;
  double requests_per_delivered = 0, connections_per_delivered = 0;
  std::optional<double> empty_share;  ///< null: nothing is asked
  double application_total_bytes_both_per_delivered = 0, wire_total_bytes_both_per_delivered = 0;
};

struct Summary {
  std::uint64_t runs = 0;
  Verdict verdict = Verdict::valid;  ///< the worst of the runs', or NOISY by what they are together
  std::vector<std::string> reasons;
  std::uint64_t subscribers = 0;  ///< in a run; the most, if they differ
  std::uint64_t published = 0;
  Percentiles age_us, age_from_send_us, service_time_us, schedule_lag_us;
  std::optional<Percentiles> first_message_us;  ///< null as in Run
  std::optional<Censored> censored;
  ExpectedPercentiles age_of_expected_us, age_from_send_of_expected_us;
  std::uint64_t delivered = 0, expected = 0, lost = 0, duplicated = 0, out_of_order = 0;
  // Null where they would be a division by zero.
  std::optional<double> requests_per_delivered, connections_per_delivered;
  std::optional<double> connections_per_request, empty_share;
  std::optional<BytesPerDelivered> bytes_per_delivered;
  std::optional<PerSecond> per_second;
  std::optional<double> server_cpu_ms_per_1000_delivered;
  /// Null also when there was too little of it to be divided (kDividedCpuMinUs).
  std::optional<double> server_cpu_user_ms_per_1000_delivered, server_cpu_system_ms_per_1000_delivered;
  /// The share of it that taking the messages in costs, by Result::publishing_alone.
  std::optional<double> publishing_alone_cpu_ms_per_1000_delivered;
  std::optional<double> server_cpu_share_of_core;
  std::optional<ServerPerSecond> server_per_second;
  std::optional<std::uint64_t> server_peak_resident_bytes, server_open_descriptors;
  std::optional<IdleSubscriber> server_idle_subscriber;
  std::uint64_t witnesses_disagreeing = 0;  ///< connections
  double generator_cpu_share_of_core = 0;
  /// 95%, over whole runs; by Figure::key. Null: one run only, or none that has the figure.
  std::map<std::string, std::optional<Interval>> intervals;
  std::optional<Predicted> predicted;  ///< null: no closed form covers the configuration
};

/// What messages cost the server that nobody listens to. Of all that it spends, the rest is the cost of delivering.
struct PublishingAlone {
  double duration_s = 0;
  std::uint64_t published = 0;  ///< in it
  double cpu_us_per_published = 0;
  std::optional<double> cpu_user_us_per_published, cpu_system_us_per_published;  ///< null as in Summary
  Percentiles publish_time_us, schedule_lag_us;
  ServerCost server;
};

struct Result : Provenance {
  std::string schema = kSchema;
  Configuration configuration;
  std::vector<Run> runs;
  std::optional<PublishingAlone> publishing_alone;  ///< null: not measured
  std::map<std::string, Summary> summary;           ///< by transport
};

std::string to_text(const Result& result);

// The JSON of the parts that other records have too; what their fields are is known in result.cpp alone.
extern template Json write_json(const Configuration&);
extern template Json write_json(const Run&);
extern template Json write_json(const Summary&);
extern template void read_json(const Json&, Configuration&);
extern template void read_json(const Json&, Run&);
extern template void read_json(const Json&, Summary&);

/// Throws JsonError that says what is wrong and where.
Result parse_result(const std::string& text);

/// The same; the error names the file.
Result read_result(const std::filesystem::path& file);

}  // namespace wirelab::lab
