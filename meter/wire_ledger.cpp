#include "meter/wire_ledger.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <thread>
#include <vector>

namespace wirelab::meter {
namespace {

/// TCP's states as tcpi_state has them (the kernel's include/net/tcp_states.h).
enum TcpState { kFinWait1 = 4, kFinWait2 = 5, kClose = 7, kCloseWait = 8, kLastAck = 9, kClosing = 11 };

constexpr std::uint64_t kTcpHeaderBytes = 20;   ///< RFC 9293 §3.1
constexpr std::uint64_t kTimestampsBytes = 12;  ///< RFC 7323 §3.2, with the two no-operations before it
constexpr std::uint64_t kSynOptionsBytes = 20;  ///< Linux: segment size, SACK permitted, timestamps, window scale
constexpr std::uint64_t kIpv4HeaderBytes = 20;  ///< RFC 791 §3.1
constexpr std::uint64_t kIpv6HeaderBytes = 40;  ///< RFC 8200 §3

/// What tcpi_min_rtt says when nothing was ever acknowledged.
constexpr std::uint32_t kNoRoundTrip = std::numeric_limits<std::uint32_t>::max();

/// Sockets that wait for their peer's FIN at once; more, and the oldest is read as it is. A server that has not closed
/// by then is not going to.
constexpr std::size_t kClosingMax = 8'192;

/// Of those waiting, how many are looked at when another comes: more than one, so that the line cannot grow for ever.
constexpr std::size_t kLookedAt = 2;

bool is_ipv6(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && address.ss_family == AF_INET6;
}

bool read(int fd, tcp_info& info) {
  socklen_t size = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
}

/// Whether the peer's FIN has come: the kernel counts it as a byte received.
bool fin_came(int fd, const tcp_info& info) {
  if (info.tcpi_state == kCloseWait || info.tcpi_state == kLastAck || info.tcpi_state == kClosing) return true;
  char byte = 0;
  // Closed for good: by two FINs, or by a reset, after which this is an error.
  return info.tcpi_state == kClose && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/// Whether there is more to come: we have said goodbye and the peer has not, or has not acknowledged ours.
bool is_closing(int fd) {
  tcp_info info{};
  if (!read(fd, info)) return false;
  return info.tcpi_state == kFinWait1 || info.tcpi_state == kFinWait2 || info.tcpi_state == kLastAck ||
         info.tcpi_state == kClosing;
}

/// How long the upgrade's answer can have been on a socket with so many bytes that were not parsed: `in`, less what the
/// pings among them take. Their pongs are all of `out`: a pong has its ping's payload, and a mask of 4 bytes more (RFC
/// 6455 §5.5.3), so it is 6 bytes at least. One length for each number of pings that this can be; none if it can be
/// none.
std::vector<std::int64_t> answer_lengths(std::int64_t out, std::int64_t in) {
  if (out == 0) return {in};
  std::vector<std::int64_t> lengths;
  for (std::int64_t pings = 1; 6 * pings <= out; ++pings) lengths.push_back(in - (out - 4 * pings));
  return lengths;
}

/// Received by the kernel, read by nobody.
std::uint64_t unread_bytes(int fd) {
  std::uint64_t sum = 0;
  char bytes[4096];
  for (ssize_t got = 0; (got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
    sum += static_cast<std::uint64_t>(got);
  return sum;
}

}  // namespace

WireCounts& WireCounts::operator+=(const WireCounts& other) {
  bytes_out += other.bytes_out;
  bytes_in += other.bytes_in;
  segments_out += other.segments_out;
  segments_in += other.segments_in;
  data_segments_out += other.data_segments_out;
  data_segments_in += other.data_segments_in;
  header_bytes_out += other.header_bytes_out;
  header_bytes_in += other.header_bytes_in;
  bytes_retransmitted += other.bytes_retransmitted;
  connections += other.connections;
  return *this;
}

WireCounts WireCounts::operator-(const WireCounts& other) const {
  return {bytes_out - other.bytes_out,
          bytes_in - other.bytes_in,
          segments_out - other.segments_out,
          segments_in - other.segments_in,
          data_segments_out - other.data_segments_out,
          data_segments_in - other.data_segments_in,
          header_bytes_out - other.header_bytes_out,
          header_bytes_in - other.header_bytes_in,
          bytes_retransmitted - other.bytes_retransmitted,
          connections - other.connections};
}

WireCounts read_tcp_info(int fd) {
  tcp_info info{};
  if (!read(fd, info)) return {};
  const std::uint64_t timestamps = info.tcpi_options & TCPI_OPT_TIMESTAMPS ? kTimestampsBytes : 0;
  const std::uint64_t header = (is_ipv6(fd) ? kIpv6HeaderBytes : kIpv4HeaderBytes) + kTcpHeaderBytes + timestamps;
  const std::uint64_t syn = kSynOptionsBytes - timestamps;  // what the first segment of each direction has more
  WireCounts counts;
  counts.bytes_out = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
  counts.bytes_in = info.tcpi_bytes_received - (fin_came(fd, info) && info.tcpi_bytes_received > 0 ? 1 : 0);
  counts.segments_out = info.tcpi_segs_out;
  counts.segments_in = info.tcpi_segs_in;
  counts.data_segments_out = info.tcpi_data_segs_out;
  counts.data_segments_in = info.tcpi_data_segs_in;
  counts.header_bytes_out = info.tcpi_segs_out > 0 ? info.tcpi_segs_out * header + syn : 0;
  counts.header_bytes_in = info.tcpi_segs_in > 0 ? info.tcpi_segs_in * header + syn : 0;
  counts.bytes_retransmitted = info.tcpi_bytes_retrans;
  return counts;
}

WitnessCheck& WitnessCheck::operator+=(const WitnessCheck& other) {
  connections += other.connections;
  disagreeing += other.disagreeing;
  bytes_off += other.bytes_off;
  upgrade_answer_bytes = std::max(upgrade_answer_bytes, other.upgrade_answer_bytes);
  return *this;
}

WireLedger::~WireLedger() {
  for (const Closing& closing : closing_) ::close(closing.fd);
}

void WireLedger::opened(int fd) {
  open_[fd] = {};
  ++closed_.connections;
  ++run_.connections;
}

void WireLedger::closing(int fd, const ParsedBytes& parsed) {
  const auto found = open_.find(fd);
  if (found == open_.end()) return;
  const WireCounts baseline = found->second;
  open_.erase(found);
  shutdown(fd, SHUT_WR);
  settle_closed(kLookedAt);
  const int ours = is_closing(fd) ? dup(fd) : -1;
  if (ours < 0) return settle(fd, baseline, parsed);
  closing_.push_back({ours, baseline, parsed});
  if (closing_.size() <= kClosingMax) return;
  settle(closing_.front().fd, closing_.front().baseline, closing_.front().parsed);
  ::close(closing_.front().fd);
  closing_.pop_front();
}

/// Looks at so many of those that wait, oldest first; one that is not closed yet goes to the end of the line.
void WireLedger::settle_closed(std::size_t looked_at) {
  for (std::size_t left = std::min(looked_at, closing_.size()); left > 0; --left) {
    const Closing oldest = closing_.front();
    closing_.pop_front();
    if (is_closing(oldest.fd)) {
      closing_.push_back(oldest);
      continue;
    }
    settle(oldest.fd, oldest.baseline, oldest.parsed);
    ::close(oldest.fd);
  }
}

void WireLedger::settle(int fd, const WireCounts& baseline, const ParsedBytes& parsed) {
  tcp_info info{};
  if (read(fd, info) && info.tcpi_min_rtt != kNoRoundTrip)
    round_trips_.record(std::chrono::microseconds(info.tcpi_min_rtt));
  const WireCounts counts = read_tcp_info(fd);
  closed_ += counts - baseline;
  run_ += counts;
  const std::uint64_t unread = unread_bytes(fd);
  const bool tls = parsed.tls_in > 0;  // then what nobody reads is the server's goodbye (close_notify)
  run_parsed_.out += parsed.out;
  run_parsed_.in += parsed.in + (tls ? 0 : unread);
  run_parsed_.tls_out += parsed.tls_out;
  run_parsed_.tls_in += parsed.tls_in + (tls ? unread : 0);
  const auto excess_out = static_cast<std::int64_t>(counts.bytes_out - parsed.out - parsed.tls_out);
  const auto excess_in = static_cast<std::int64_t>(counts.bytes_in - parsed.in - parsed.tls_in - unread);
  if (parsed.upgraded) {
    ++upgraded_[{excess_out, excess_in}];
    return;
  }
  ++plain_.connections;
  plain_.disagreeing += excess_out != 0 || excess_in != 0 ? 1 : 0;
  plain_.bytes_off += static_cast<std::uint64_t>(std::abs(excess_out) + std::abs(excess_in));
}

WitnessCheck WireLedger::check() const {
  WitnessCheck check = plain_;
  // It is the same on each socket: the length that most of them can have had, and of several the longest, which has the
  // shortest pings.
  std::map<std::int64_t, std::uint64_t> sockets_of;
  for (const auto& [excess, sockets] : upgraded_)
    for (const std::int64_t length : answer_lengths(excess.first, excess.second)) sockets_of[length] += sockets;
  std::int64_t answer = 0;
  std::uint64_t most = 0;
  for (const auto& [length, sockets] : sockets_of)
    if (sockets >= most) answer = length, most = sockets;
  check.upgrade_answer_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(answer, 0));
  for (const auto& [excess, sockets] : upgraded_) {
    const auto& [out, in] = excess;
    check.connections += sockets;
    const auto lengths = answer_lengths(out, in);
    if (std::find(lengths.begin(), lengths.end(), answer) != lengths.end()) continue;
    check.disagreeing += sockets;
    check.bytes_off += sockets * static_cast<std::uint64_t>(std::abs(out) + std::abs(in - answer));
  }
  return check;
}

void WireLedger::begin() {
  closed_ = {};
  for (auto& [fd, baseline] : open_) baseline = read_tcp_info(fd);
  for (Closing& closing : closing_) closing.baseline = read_tcp_info(closing.fd);
}

WireCounts WireLedger::total() const {
  WireCounts sum = closed_;
  for (const auto& [fd, baseline] : open_) sum += read_tcp_info(fd) - baseline;
  for (const Closing& closing : closing_) sum += read_tcp_info(closing.fd) - closing.baseline;
  return sum;
}

void WireLedger::finish(std::chrono::milliseconds give_up) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + give_up;
  for (settle_closed(closing_.size()); !closing_.empty() && Clock::now() < deadline; settle_closed(closing_.size()))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (const Closing& late : closing_) {
    settle(late.fd, late.baseline, late.parsed);
    ::close(late.fd);
  }
  closing_.clear();
}

}  // namespace wirelab::meter
