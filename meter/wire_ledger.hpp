#pragma once
// What the kernel says went over the wire: TCP_INFO of every socket (tcp(7)), added up over a phase and over the whole
// run. The witness that knows nothing of HTTP; the other one is what the dialers parsed, and the two are held against
// each other, connection by connection.
//
// One thread. Descriptors are added when connected and removed before they are closed; a socket that lives through the
// phase's start counts from its reading then.
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include "meter/histogram.hpp"

namespace wirelab::meter {

struct WireCounts {
  std::uint64_t bytes_out = 0;     ///< TCP payload sent, each byte once (tcpi_bytes_sent less tcpi_bytes_retrans)
  std::uint64_t bytes_in = 0;      ///< TCP payload received (tcpi_bytes_received, less the one that a FIN counts as)
  std::uint64_t segments_out = 0;  ///< with and without data, SYN and FIN included
  std::uint64_t segments_in = 0;
  std::uint64_t data_segments_out = 0;
  std::uint64_t data_segments_in = 0;
  std::uint64_t header_bytes_out = 0;  ///< TCP and IP headers of the segments: 52 bytes each with IPv4, 60 of a SYN
  std::uint64_t header_bytes_in = 0;
  std::uint64_t bytes_retransmitted = 0;
  std::uint64_t connections = 0;  ///< opened during the phase

  WireCounts& operator+=(const WireCounts& other);
  WireCounts operator-(const WireCounts& other) const;
};

/// One socket's counters since it was opened; zeros when `fd` is not a TCP socket. Headers are counted with the options
/// that were agreed on; selective acknowledgements (RFC 2018) are not: without loss there are none.
WireCounts read_tcp_info(int fd);

/// All that was parsed on one connection, both directions.
struct ParsedBytes {
  std::uint64_t out = 0, in = 0;
  /// A WebSocket: the answer to its upgrade is not in `in` (its library hands it out in parts only), and neither are
  /// pings and pongs (RFC 6455 §5.5), which it answers by itself.
  bool upgraded = false;
  std::uint64_t tls_out = 0, tls_in = 0;  ///< what TLS added to it: all that is in records, less the text in them
};

/// The two witnesses, over connections that have ended. Of a WebSocket the kernel must have counted more by its
/// upgrade's answer, which is the same length on each, and by whole pairs of ping and pong.
struct WitnessCheck {
  std::uint64_t connections = 0;  ///< held against each other
  std::uint64_t disagreeing = 0;
  std::uint64_t bytes_off = 0;             ///< of those, the differences added up, whatever their sign
  std::uint64_t upgrade_answer_bytes = 0;  ///< of each WebSocket; 0: there were none

  WitnessCheck& operator+=(const WitnessCheck& other);
};

class WireLedger {
 public:
  ~WireLedger();

  void opened(int fd);
  /// Its last moment: `fd` may be closed afterwards. Says goodbye in its place (a FIN), and keeps a descriptor of its
  /// own until the peer's FIN has come too, so that the segments that close it are counted.
  void closing(int fd, const ParsedBytes& parsed);

  /// The phase starts: what was counted before is forgotten.
  void begin();
  /// The phase's counts so far, open sockets included.
  WireCounts total() const;
  std::size_t open() const { return open_.size(); }

  /// Waits until all that were closing are closed, or so long. What has been opened since the ledger was made is then
  /// complete in run_total() and checked, but for those still open.
  void finish(std::chrono::milliseconds give_up);
  /// From the ledger's beginning to its finish(): counts of all connections that have ended.
  const WireCounts& run_total() const { return run_; }
  /// The same as parsed, without upgrade answers.
  const ParsedBytes& run_parsed() const { return run_parsed_; }
  WitnessCheck check() const;
  /// Of each connection that has ended, the least round trip that its kernel measured (tcpi_min_rtt): what the way
  /// takes, without the delays by which the peer puts off acknowledgements. To the microsecond.
  const Histogram& least_round_trips() const { return round_trips_; }

 private:
  struct Closing {
    int fd;  ///< ours, a duplicate
    WireCounts baseline;
    ParsedBytes parsed;
  };
  /// What the kernel counted on a WebSocket beyond what was parsed: out and in.
  using Excess = std::pair<std::int64_t, std::int64_t>;

  void settle(int fd, const WireCounts& baseline, const ParsedBytes& parsed);
  void settle_closed(std::size_t looked_at);

  std::unordered_map<int, WireCounts> open_;  ///< by descriptor: its reading when the phase began, or zeros
  std::deque<Closing> closing_;               ///< oldest first
  WireCounts closed_;                         ///< in the phase
  WireCounts run_;
  Histogram round_trips_;
  ParsedBytes run_parsed_;
  WitnessCheck plain_;                        ///< of connections that stayed HTTP
  std::map<Excess, std::uint64_t> upgraded_;  ///< how many WebSockets
};

}  // namespace wirelab::meter
