#pragma once
// A ConnectionObserver that checks the rules (opened once, closing once, the descriptor alive both times) and adds up
// what the kernel's TCP_INFO says was sent and received.
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <set>

#include "net/dialer.hpp"

namespace wirelab::tests {

class KernelObserver final : public net::ConnectionObserver {
 public:
  void on_opened(int fd) override {
    ++opened;
    EXPECT_TRUE(open_.insert(fd).second) << "opened twice: " << fd;
    read(fd);
  }
  void on_closing(int fd, const net::ParsedBytes& parsed) override {
    ++closed;
    EXPECT_EQ(open_.erase(fd), 1u) << "not open: " << fd;
    add(fd);
    parsed_out += parsed.out;
    parsed_in += parsed.in;
    tls += parsed.tls;
  }
  /// Adds what the sockets open now have sent and received so far.
  void read_open_sockets() {
    for (const int fd : open_) add(fd);
  }

  std::size_t opened = 0, closed = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;  ///< each byte once
  std::uint64_t parsed_out = 0, parsed_in = 0;       ///< of the connections that were closed
  net::TlsBytes tls;                                 ///< of these too

 private:
  static tcp_info read(int fd) {
    tcp_info info{};
    socklen_t length = sizeof info;
    EXPECT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0) << "descriptor " << fd << " is no socket";
    return info;
  }
  void add(int fd) {
    const tcp_info info = read(fd);
    bytes_sent += info.tcpi_bytes_sent - info.tcpi_bytes_retrans;  // on a busy machine, loopback retransmits, too
    bytes_received += info.tcpi_bytes_received;
  }

  std::set<int> open_;
};

}  // namespace wirelab::tests
