// The link with real sockets at both ends. What is checked is counted, never timed; where the rights for a link are
// missing it is skipped, and says so.
#include "link/link.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "link/pcap_writer.hpp"
#include "link/rights.hpp"
#include "link/tcp_segment.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::link {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 9'000;

/// A TCP socket of the thread's namespace; patient, but not for ever.
int tcp_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

sockaddr_in server_address() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  inet_pton(AF_INET, kServerAddress, &address.sin_addr);
  return address;
}

/// How many bytes come before the end.
std::size_t read_to_end(int fd) {
  std::vector<char> buffer(1 << 16);
  std::size_t total = 0;
  for (ssize_t got; (got = recv(fd, buffer.data(), buffer.size(), 0)) > 0;) total += static_cast<std::size_t>(got);
  return total;
}

/// One connection over the link: the server sends so much, the client reads it, both close. What the client got.
std::size_t download(const Link& link, std::size_t bytes) {
  int listener = -1;
  visit_network_namespace(link.server_namespace(), [&] {
    listener = tcp_socket();
    const sockaddr_in address = server_address();
    EXPECT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener, 4), 0);
  });
  std::thread server([&] {
    const int connection = accept(listener, nullptr, nullptr);
    const std::string text(bytes, 'x');
    for (std::size_t sent = 0; sent < bytes;) {
      const ssize_t some = send(connection, text.data() + sent, bytes - sent, MSG_NOSIGNAL);
      if (some <= 0) break;
      sent += static_cast<std::size_t>(some);
    }
    shutdown(connection, SHUT_WR);
    read_to_end(connection);
    close(connection);
  });
  std::size_t got = 0;
  visit_network_namespace(link.clients_namespace(), [&] {
    const int client = tcp_socket();
    const sockaddr_in address = server_address();
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    got = read_to_end(client);
    close(client);
  });
  server.join();
  close(listener);
  return got;
}

/// Lets a test wait for packets, which no call tells of.
class Watch final : public PacketObserver {
 public:
  void on_entered(const Packet& packet) override {
    const auto segment = parse_tcp_segment(packet.bytes);
    fins_ += segment && segment->fin ? 1 : 0;
    ++under_way_;
    ++entered_;
  }
  void on_left(const Packet&) override { --under_way_; }

  /// Both ends have said goodbye and heard it.
  void wait_for_goodbyes() const {
    wait([&] { return fins_ >= 2; });
    for (int entered = -1; entered != entered_;) {  // and the acknowledgement of the last one
      entered = entered_;
      std::this_thread::sleep_for(200ms);
      wait([&] { return under_way_ == 0; });
    }
  }
  void wait_for_a_packet() const {
    wait([&] { return entered_ > 0; });
  }

 private:
  template <typename Done>
  static void wait(Done done) {
    for (int i = 0; i < 3'000 && !done(); ++i) std::this_thread::sleep_for(10ms);
  }
  std::atomic<int> fins_{0}, under_way_{0}, entered_{0};
};

class LinkTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      gain_rights();
    } catch (const MissingRights& missing) {
      GTEST_SKIP() << missing.what();
    }
  }
};

TEST_F(LinkTest, CarriesAConnectionAndCountsItsPackets) {
  Watch watch;
  Link link({{}, {}, {&watch}});
  EXPECT_EQ(download(link, 100'000), 100'000U);
  watch.wait_for_goodbyes();
  link.stop();
  const PacketCounts &up = link.counts(Direction::up), &down = link.counts(Direction::down);
  EXPECT_EQ(up.syns, 1U);
  EXPECT_EQ(down.syns, 1U);
  EXPECT_EQ(up.fins, 1U);
  EXPECT_EQ(down.fins, 1U);
  EXPECT_EQ(up.rsts + down.rsts, 0U);
  EXPECT_EQ(up.data_segments, 0U);
  EXPECT_GE(down.data_segments, 100'000U / 1'448) << "packets larger than the MTU";
  EXPECT_EQ(down.delivered, down.packets);
  EXPECT_EQ(up.delivered, up.packets);
  // With time stamps a header is 52 bytes, a SYN 60 (RFC 7323); 1,500 bytes is the longest.
  EXPECT_GE(down.bytes, 100'000 + 52 * down.packets);
  EXPECT_EQ(link.not_taken(), 0U);
  EXPECT_GT(link.relay_cpu_time(), 0ns);
}

TEST_F(LinkTest, ADroppedSegmentIsSentAgainByTheKernel) {
  Impairments impairments;
  impairments.drop_segments = {1, 5};
  Link link({impairments, {}, {}});
  EXPECT_EQ(download(link, 20'000), 20'000U);
  link.stop();
  const PacketCounts& down = link.counts(Direction::down);
  EXPECT_EQ(down.drop_segment, 2U);
  EXPECT_GE(down.retransmissions, 2U);
  EXPECT_GT(down.retransmitted_bytes, 0U);
}

TEST_F(LinkTest, TcpGetsThroughLossJitterAndANarrowLine) {
  Impairments impairments;
  impairments.round_trip = 4ms, impairments.jitter = 1ms, impairments.reorder = true;
  impairments.loss = 0.02, impairments.bandwidth_bits_per_second = 20'000'000, impairments.queue_bytes = 20'000;
  Link link({impairments, {}, {}});
  EXPECT_EQ(download(link, 300'000), 300'000U);
  link.stop();
  EXPECT_GT(link.counts(Direction::down).lost, 0U);
  EXPECT_GT(link.counts(Direction::down).retransmissions, 0U);
}

TEST_F(LinkTest, ACutLinkCarriesNothingMore) {
  Impairments impairments;
  impairments.cut_at = 0ns;
  Watch watch;
  Link link({impairments, {}, {&watch}});
  visit_network_namespace(link.clients_namespace(), [&] {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const sockaddr_in address = server_address();
    connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    watch.wait_for_a_packet();
    close(client);
  });
  link.stop();
  EXPECT_GE(link.counts(Direction::up).cut, 1U);
  EXPECT_EQ(link.counts(Direction::up).delivered, 0U);
}

TEST_F(LinkTest, ThePcapHasEveryPacketThatTheClientSaw) {
  const std::string file = tests::own_temp("link.pcap");
  PcapWriter pcap(file);
  Link link({{}, {}, {&pcap}});
  download(link, 10'000);
  link.stop();
  pcap.finish();
  EXPECT_EQ(pcap.packets(), link.counts(Direction::up).packets + link.counts(Direction::down).delivered);
}

TEST_F(LinkTest, ALinkIsAlone) {
  Link link({{}, {}, {}});
  const auto devices_in = [](int network) {
    std::vector<std::string> names;
    visit_network_namespace(network, [&] {
      std::ifstream devices("/proc/thread-self/net/dev");
      for (std::string line; std::getline(devices, line);)
        if (const auto colon = line.find(':'); colon != std::string::npos && line.find("link0") != std::string::npos)
          names.push_back(line.substr(line.find('l'), colon - line.find('l')));
    });
    return names;
  };
  EXPECT_EQ(devices_in(link.server_namespace()), std::vector<std::string>{"link0"});
  EXPECT_EQ(devices_in(link.clients_namespace()), std::vector<std::string>{"link0"});
  std::ifstream here("/proc/self/net/dev");
  for (std::string line; std::getline(here, line);) EXPECT_EQ(line.find("link0"), std::string::npos);
}

TEST_F(LinkTest, RefusesWhatIsNoLink) {
  Impairments impairments;
  impairments.loss = 2;
  EXPECT_THROW(Link({impairments, {}, {}}), std::invalid_argument);
}

}  // namespace
}  // namespace wirelab::link
