#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "meter/process_load.hpp"
#include "meter/tally.hpp"
#include "meter/wire_ledger.hpp"

namespace wirelab::meter {
namespace {

TEST(ProcessLoad, SeesWorkMemoryAndDescriptors) {
  const ProcessLoad before = read_own_load();
  std::vector<char> memory(64 << 20, 'x');
  volatile std::uint64_t work = 0;
  for (std::uint64_t i = 0; i < 50'000'000; ++i) work = work + i;
  const int fd = dup(1);
  const ProcessLoad after = read_own_load();
  close(fd);
  EXPECT_GT(after.cpu_total, before.cpu_total);
  EXPECT_GE(after.resident_bytes, before.resident_bytes + (60u << 20));
  EXPECT_GE(after.peak_resident_bytes, after.resident_bytes);
  EXPECT_EQ(after.open_descriptors, before.open_descriptors + 1);
  EXPECT_EQ(memory.back(), 'x');
}

TEST(ProcessLoad, TheCpuIsReadBeforeTheRest) {
  const auto before = read_own_cpu();
  const ProcessLoad load = read_own_load();
  EXPECT_GE(load.cpu_total, before);
  EXPECT_GT(read_own_cpu(), load.cpu_total);
}

/// Two ends of one TCP connection over loopback.
struct Connection {
  Connection() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener, 1);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, reinterpret_cast<sockaddr*>(&address), size);
    server = accept(listener, nullptr, nullptr);
    close(listener);
  }
  ~Connection() {
    close(client);
    close(server);
  }
  void talk(std::size_t up, std::size_t down) const {
    transfer(client, server, up);
    transfer(server, client, down);
  }
  static void transfer(int from, int to, std::size_t bytes) {
    std::string data(bytes, 'x');
    if (bytes == 0) return;
    ASSERT_EQ(send(from, data.data(), bytes, 0), static_cast<ssize_t>(bytes));
    ASSERT_EQ(recv(to, data.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
  }
  int client, server;
};

TEST(WireLedger, CountsToTheByte) {
  Connection connection;
  WireLedger ledger;
  ledger.opened(connection.client);
  connection.talk(100, 2000);
  const WireCounts total = ledger.total();
  EXPECT_EQ(total.bytes_out, 100u);
  EXPECT_EQ(total.bytes_in, 2000u);
  EXPECT_EQ(total.data_segments_out, 1u);
  EXPECT_EQ(total.connections, 1u);
  EXPECT_GE(total.segments_in, 2u);
}

TEST(WireLedger, APhaseCountsOnlyItself) {
  Connection early, late;
  WireLedger ledger;
  ledger.opened(early.client);
  early.talk(100, 100);
  ledger.begin();
  EXPECT_EQ(ledger.total().bytes_out, 0u);
  early.talk(7, 0);
  ledger.opened(late.client);
  late.talk(30, 5);
  ledger.closing(late.client);
  const WireCounts total = ledger.total();
  EXPECT_EQ(total.bytes_out, 37u);
  EXPECT_EQ(total.bytes_in, 5u);
  EXPECT_EQ(total.connections, 1u) << "the early one was opened before the phase";
  EXPECT_EQ(ledger.open(), 1u);
}

TEST(Tally, AddsUpEverything) {
  Tally a, b;
  // Every counter a different number: one that is forgotten, or added to its neighbour, shows.
  std::uint64_t n = 0;
  for (auto* counter :
       {&b.delivered, &b.duplicated, &b.out_of_order, &b.gaps, &b.foreign, &b.window_delivered, &b.requests,
        &b.empty_answers, &b.frames, &b.connections, &b.failures, &b.payload_bytes, &b.envelope_bytes,
        &b.request_header_bytes, &b.response_header_bytes, &b.frame_header_bytes, &b.empty_answer_bytes})
    *counter = ++n;
  b.failure_reasons["x"] = 3;
  a += b;
  a += b;
  n = 0;
  for (auto* counter :
       {&a.delivered, &a.duplicated, &a.out_of_order, &a.gaps, &a.foreign, &a.window_delivered, &a.requests,
        &a.empty_answers, &a.frames, &a.connections, &a.failures, &a.payload_bytes, &a.envelope_bytes,
        &a.request_header_bytes, &a.response_header_bytes, &a.frame_header_bytes, &a.empty_answer_bytes})
    EXPECT_EQ(*counter, 2 * ++n);
  EXPECT_EQ(a.failure_reasons["x"], 6u);
}

}  // namespace
}  // namespace wirelab::meter
