#pragma once
// What the kernel says went over the wire: TCP_INFO of every socket (tcp(7)), added up over a phase. The witness that
// knows nothing of HTTP; the other one is what the dialers parsed.
//
// One thread. Descriptors are added when connected and removed before they are closed; a socket that lives through the
// phase's start counts from its reading then.
#include <cstdint>
#include <unordered_map>

namespace wirelab::meter {

struct WireCounts {
  std::uint64_t bytes_out = 0;     ///< TCP payload sent, each byte once (tcpi_bytes_sent less tcpi_bytes_retrans)
  std::uint64_t bytes_in = 0;      ///< TCP payload received (tcpi_bytes_received): one more once the peer's FIN came
  std::uint64_t segments_out = 0;  ///< with and without data, SYN and FIN included
  std::uint64_t segments_in = 0;
  std::uint64_t data_segments_out = 0;
  std::uint64_t data_segments_in = 0;
  std::uint64_t bytes_retransmitted = 0;
  std::uint64_t connections = 0;  ///< opened during the phase

  WireCounts& operator+=(const WireCounts& other);
  WireCounts operator-(const WireCounts& other) const;
};

/// One socket's counters since it was opened; zeros when `fd` is not a TCP socket.
WireCounts read_tcp_info(int fd);

class WireLedger {
 public:
  void opened(int fd);
  void closing(int fd);

  /// The phase starts: what was counted before is forgotten.
  void begin();
  /// The phase's counts so far, open sockets included.
  WireCounts total() const;
  std::size_t open() const { return baselines_.size(); }

 private:
  std::unordered_map<int, WireCounts> baselines_;  ///< by descriptor: its reading when the phase began, or zeros
  WireCounts closed_;
};

}  // namespace wirelab::meter
