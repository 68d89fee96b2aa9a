#pragma once
// One run: N subscribers of one transport and one publisher against one server, measured. The story:
//
//   connect     the server's load is read; every subscriber asks for the first time and waits for its cursor; the
//               server's load is read again: the difference is what waiting subscribers cost it
//   warm up     the publisher starts; nothing is counted
//   measure     the window: messages due in it are the measured ones; bytes and loads are read at its two ends
//   drain       no more is published; until everything expected has come, or the deadline
//
// Subscribers live in worker threads, one event loop each; the publisher has a thread and a loop of its own, so that a
// burst of arrivals does not delay what is due next. Nothing is shared but a few atomics.
#include <sys/types.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/client.hpp"
#include "clients/dialect.hpp"
#include "clients/replay.hpp"
#include "messages/transport.hpp"
#include "meter/histogram.hpp"
#include "meter/process_load.hpp"
#include "meter/series.hpp"
#include "meter/tally.hpp"
#include "meter/wire_ledger.hpp"

namespace wirelab::clients {

/// When messages come, at the same mean rate: every 1/rate; with exponential gaps; or kBurstMessages at once and then
/// none for as long as they would have taken.
enum class Arrivals { constant, poisson, burst };
/// Enough to queue behind each other at every hop, few enough for a burst a second at the default rate.
inline constexpr std::uint64_t kBurstMessages = 20;

/// post: HTTP on a kept-alive connection, whatever the transport, so that only delivery differs. native: WebSocket
/// frames where the transport is WebSocket (the publisher's socket is then one more subscriber to the server), POST
/// elsewhere.
enum class PublishVia { post, native };

struct PublishPlan {
  double rate_per_second = 20;  ///< over all channels; 0: nothing is published (idle)
  Arrivals arrivals = Arrivals::constant;
  std::size_t payload_bytes = 128;  ///< at least kStampBytes
  std::uint64_t messages_max = 0;   ///< stop after so many; 0: when the window ends
  std::vector<Recorded> replay;     ///< if not empty: these instead, each with a stamp before it; rate is ignored
  double speed = 1;                 ///< of the replay
  PublishVia via = PublishVia::post;
  /// POSTs under way at once, each on a connection of its own; more that are due wait in line, and age.
  std::size_t lanes_max = 64;
};

struct LoadPlan {
  std::string url;     ///< "http://127.0.0.1:9000", "https://localhost:9000"
  std::string tls_ca;  ///< net::DialerOptions::tls_ca
  messages::Transport transport = messages::Transport::websocket;
  std::shared_ptr<const Dialect> dialect;  ///< null: wirelab_dialect()
  std::size_t subscribers = 100;           ///< 0: what publishing costs when nobody listens
  std::size_t channels = 1;       ///< subscriber i is on channel i % channels; so is message i, or by chance (Schedule)
  std::string channel = "bench";  ///< with "-<i>" after it when there are several: channel_of()
  std::size_t threads = 1;
  ClientOptions client;  ///< `channel` and `seed` are filled in for each
  PublishPlan publish;
  std::chrono::nanoseconds warm_up = std::chrono::milliseconds(500);
  /// Of the window. 0 with a replay: as long as that.
  std::chrono::nanoseconds duration = std::chrono::seconds(3);
  std::chrono::nanoseconds connect_deadline = std::chrono::seconds(30);
  std::chrono::nanoseconds drain_deadline = std::chrono::seconds(5);
  /// Of the report's series; 0: none. With more than Series::kIntervalsMax of them in the window, the plan cannot be
  /// run.
  std::chrono::nanoseconds series_step{};
  std::size_t dials_under_way_max = 500;  ///< subscribers connecting at once: the listener's backlog is finite
  std::vector<std::string> sources;       ///< net::DialerOptions::sources
  net::Headers request_headers;           ///< net::DialerOptions::request_headers
  net::Headers subscriber_headers, publisher_headers;  ///< besides these, of the one and the other: their tokens
  /// The server's first process on this machine: its cost is read from the kernel, with that of all it started, instead
  /// of from GET /load.
  std::optional<pid_t> server_pid;
  /// An open descriptor of the network namespace that the publisher publishes from, and asks the server for its load;
  /// none: the subscribers' own. A message is published where the server is, so that its age is the way to subscribers
  /// and nothing else, and what is not theirs is not on their link.
  std::optional<int> publisher_namespace;
  std::uint64_t seed = 1;
};

/// What each thread records its part of the report's series in; one that records nothing if there is to be none.
meter::Series empty_series(const LoadPlan& plan);

/// The one that its server understands.
const Dialect& dialect_of(const LoadPlan& plan);

/// The name of a channel, by number; all of a plan are equally long, so that every subscriber's requests are.
std::string channel_of(const LoadPlan& plan, std::size_t channel);
/// How many listen on it.
std::uint64_t subscribers_on(const LoadPlan& plan, std::size_t channel);

/// What happened, in raw figures; the floor above makes a Result of it.
struct LoadReport {
  std::size_t subscribers = 0;  ///< that were connected
  meter::Tally tally;
  std::uint64_t planned = 0;           ///< messages due in the window
  std::uint64_t published = 0;         ///< of those, accepted by the server
  std::uint64_t publish_failures = 0;  ///< attempts that failed and were repeated under the same idempotency key
  std::uint64_t expected = 0;          ///< deliveries owed: for each published message, its channel's subscribers

  meter::Histogram age;            ///< received - due, of measured messages: the one latency
  meter::Histogram age_from_send;  ///< received - sent: what a tool that forgives its own lateness would say
  meter::Histogram service_time;   ///< of HTTP exchanges in the window, request to answer; holds included
  meter::Histogram first_message;  ///< of each subscriber, from dialling to its first envelope
  meter::Histogram publish_time;   ///< of POSTs in the window
  meter::Histogram schedule_lag;   ///< sent - due, of measured messages
  meter::Series series;            ///< the window by itself, interval by interval

  meter::WireCounts subscribers_wire;  ///< the kernel's count, subscribers' connections, window
  meter::WireCounts publisher_wire;
  meter::WireCounts run_wire;     ///< subscribers' connections again, the whole run, from the first SYN to the last FIN
  meter::Histogram tcp_min_rtt;   ///< of each of these: meter::WireLedger::least_round_trips()
  meter::ParsedBytes run_parsed;  ///< the same as parsed, without the answers to upgrades
  std::optional<net::TlsTotals> tls;  ///< of these, the whole run; null: no TLS was spoken
  meter::WitnessCheck witnesses;      ///< the two held against each other
  /// How late the workers' loops came to what was due in them, in the window (clients/lag_probe.hpp).
  meter::Histogram generator_lag;
  meter::ProcessLoad load_begin, load_end;  ///< of the generator process, at the window's ends
  /// Of the one thread of it that took most in the window: a worker, or the publisher.
  std::chrono::nanoseconds busiest_thread_cpu{};
  /// From the first dial until the last subscriber had its first envelope, and what that took of this process's
  /// processor time. 0: not everyone came.
  std::chrono::nanoseconds connecting{}, connecting_cpu{};
  std::string server_load_idle;  ///< the body of GET /load before the first subscriber connected; empty if it has none
  std::string server_load_connected;  ///< when all were, and nothing was published yet
  std::string server_load_begin;      ///< at the window's ends
  std::string server_load_end;
  /// The same four with LoadPlan::server_pid, instead; null from when the process is gone.
  std::optional<meter::ProcessLoad> server_process_idle, server_process_connected;
  std::optional<meter::ProcessLoad> server_process_begin, server_process_end;

  /// When the run stopped waiting, the last measured message had been due, and had been sent, for so long at least:
  /// what never came was that old, and older.
  std::chrono::nanoseconds waited_since_due{}, waited_since_sent{};

  std::chrono::nanoseconds window{};  ///< as it was: between the two readings of the server's load
  bool interrupted = false;
  std::string failure;  ///< not empty: the run could not be carried out, and why
};

enum class Phase { connect, warm_up, measure, drain, done };

struct Progress {
  Phase phase;
  std::size_t established;           ///< subscribers with a cursor
  std::uint64_t delivered;           ///< messages received in all
  std::chrono::nanoseconds elapsed;  ///< in this phase
};

/// Runs the plan; blocks until it is over. `interrupt` may be set from a signal handler: the run stops and reports what
/// was measured so far. `on_progress`, if any, is called about ten times a second on the calling thread. Throws
/// std::invalid_argument for a plan that cannot be run.
LoadReport generate(const LoadPlan& plan, const std::atomic<bool>& interrupt,
                    const std::function<void(const Progress&)>& on_progress = {});

}  // namespace wirelab::clients
