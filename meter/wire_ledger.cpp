#include "meter/wire_ledger.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace wirelab::meter {

WireCounts& WireCounts::operator+=(const WireCounts& other) {
  bytes_out += other.bytes_out;
  bytes_in += other.bytes_in;
  segments_out += other.segments_out;
  segments_in += other.segments_in;
  data_segments_out += other.data_segments_out;
  data_segments_in += other.data_segments_in;
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
          bytes_retransmitted - other.bytes_retransmitted,
          connections - other.connections};
}

WireCounts read_tcp_info(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  WireCounts counts;
  counts.bytes_out = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
  counts.bytes_in = info.tcpi_bytes_received;
  counts.segments_out = info.tcpi_segs_out;
  counts.segments_in = info.tcpi_segs_in;
  counts.data_segments_out = info.tcpi_data_segs_out;
  counts.data_segments_in = info.tcpi_data_segs_in;
  counts.bytes_retransmitted = info.tcpi_bytes_retrans;
  return counts;
}

void WireLedger::opened(int fd) {
  baselines_[fd] = {};
  ++closed_.connections;
}

void WireLedger::closing(int fd) {
  const auto found = baselines_.find(fd);
  if (found == baselines_.end()) return;
  closed_ += read_tcp_info(fd) - found->second;
  baselines_.erase(found);
}

void WireLedger::begin() {
  closed_ = {};
  for (auto& [fd, baseline] : baselines_) baseline = read_tcp_info(fd);
}

WireCounts WireLedger::total() const {
  WireCounts sum = closed_;
  for (const auto& [fd, baseline] : baselines_) sum += read_tcp_info(fd) - baseline;
  return sum;
}

}  // namespace wirelab::meter
