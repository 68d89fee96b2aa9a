#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "meter/connection_memory.hpp"
#include "meter/process_load.hpp"
#include "meter/process_tree.hpp"
#include "meter/tally.hpp"
#include "meter/wire_ledger.hpp"
#include "tests/own_temp.hpp"

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

/// A child that has a child of its own; both have written to memory, and wait.
struct Family {
  Family() {
    if (pipe(said) != 0) throw std::runtime_error("no pipe");
    child = fork();
    if (child == 0) {
      if (fork() == 0) work();
      work();
    }
    for (pid_t& pid : at_work) EXPECT_EQ(read(said[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  }
  ~Family() {
    for (const pid_t pid : at_work) kill(pid, SIGKILL);
    waitpid(child, nullptr, 0);
    close(said[0]);
    close(said[1]);
  }
  [[noreturn]] void work() const {
    const std::vector<char> memory(32 << 20, 'x');
    volatile char sum = 0;
    for (const char byte : memory) sum = static_cast<char>(sum + byte);
    const pid_t self = getpid();
    if (write(said[1], &self, sizeof self) != static_cast<ssize_t>(sizeof self)) _exit(1);
    for (;;) pause();
  }
  int said[2]{};
  pid_t child = 0;
  pid_t at_work[2]{};
};

TEST(ProcessTree, IsWhatAProcessAndAllItStartedCost) {
  const Family family;
  EXPECT_EQ(process_tree(family.child).size(), 2u);
  const ProcessLoad both = read_tree_load(family.child);
  const pid_t grandchild = family.at_work[family.at_work[0] == family.child ? 1 : 0];
  const ProcessLoad one = read_tree_load(grandchild);
  EXPECT_GE(both.resident_bytes, 64u << 20);
  EXPECT_GE(both.peak_resident_bytes, both.resident_bytes);
  EXPECT_GE(one.resident_bytes, 32u << 20);
  EXPECT_LT(one.resident_bytes, both.resident_bytes);
  EXPECT_GT(one.cpu_total.count(), 0);
  EXPECT_GT(both.cpu_total, one.cpu_total);
  EXPECT_GT(both.open_descriptors, one.open_descriptors);
  EXPECT_GT(both.voluntary_context_switches + both.involuntary_context_switches, 0u);
}

TEST(ProcessTree, OfThisProcessIsWhatItSaysOfItself) {
  const ProcessLoad own = read_own_load(), seen = read_tree_load(getpid());
  EXPECT_GE(seen.cpu_total, own.cpu_total);
  EXPECT_LE(seen.cpu_total, read_own_cpu());
  EXPECT_NEAR(static_cast<double>(seen.resident_bytes), static_cast<double>(own.resident_bytes), 8 << 20);
}

TEST(ProcessTree, OfNobodyIsAnError) {
  constexpr pid_t kBeyondAll = 1 << 30;  // the kernel numbers up to 1 << 22
  EXPECT_TRUE(process_tree(kBeyondAll).empty());
  EXPECT_THROW(read_tree_load(kBeyondAll), std::runtime_error);
}

TEST(ConnectionMemory, IsTheSumOfWhatAConnectionIsMadeOf) {
  const std::string file = tests::own_temp("slabinfo");
  const std::string text =
      "slabinfo - version: 2.1\n# name <active_objs> <num_objs> <objsize> <objperslab>\n"
      "TCPv6 1 13 2496 13 8 : tunables 0 0 0\nTCP 4 13 2368 13 8 : tunables 0 0 0\n"
      "eventpoll_epi 1 32 128 32 1 :\nsock_inode_cache 9 19 832 19 4 :\nfilp 9 21 192 21 1 :\ndentry 9 21 192 21 1 :\n";
  std::ofstream(file) << text;
  EXPECT_EQ(read_connection_structures_bytes(file), 2'368U + 128 + 832 + 192 + 192);
  std::ofstream(file) << text.substr(0, text.find("dentry"));
  EXPECT_FALSE(read_connection_structures_bytes(file)) << "merged with another slab";
  EXPECT_FALSE(read_connection_structures_bytes("/nonexistent/slabinfo")) << "not root";
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
  ledger.closing(late.client, {30, 5});
  const WireCounts total = ledger.total();
  EXPECT_EQ(total.bytes_out, 37u);
  EXPECT_EQ(total.bytes_in, 5u);
  EXPECT_EQ(total.connections, 1u) << "the early one was opened before the phase";
  EXPECT_EQ(ledger.open(), 1u);
}

TEST(WireLedger, CountsTheSegmentsThatCloseAConnection) {
  for (const bool client_first : {true, false}) {
    Connection connection;
    WireLedger ledger;
    ledger.opened(connection.client);
    connection.talk(100, 2000);
    if (!client_first) shutdown(connection.server, SHUT_WR);
    const WireCounts before = ledger.total();
    ledger.closing(connection.client, {100, 2000});
    EXPECT_EQ(ledger.open(), 0u);
    if (client_first) {
      char end = 0;
      EXPECT_EQ(recv(connection.server, &end, 1, 0), 0) << "the ledger said goodbye";
      shutdown(connection.server, SHUT_WR);
    }
    ledger.finish(std::chrono::seconds(10));
    const WireCounts run = ledger.run_total();
    EXPECT_EQ(run.bytes_out, 100u);
    EXPECT_EQ(run.bytes_in, 2000u) << "a FIN is no byte";
    EXPECT_EQ(run.connections, 1u);
    EXPECT_GT(run.segments_out, before.segments_out) << "a FIN";
    EXPECT_GT(run.segments_in, before.segments_in) << "the other FIN, or what acknowledges ours";
    EXPECT_EQ(run.header_bytes_out, run.segments_out * 52 + 8) << "a SYN has 8 bytes more";
    EXPECT_EQ(run.header_bytes_in, run.segments_in * 52 + 8);
    EXPECT_EQ(ledger.check().connections, 1u);
    EXPECT_EQ(ledger.check().disagreeing, 0u);
  }
}

TEST(WireLedger, SaysWhereItsTwoWitnessesDisagree) {
  Connection good, more_out, fewer_in;
  WireLedger ledger;
  for (const Connection* connection : {&good, &more_out, &fewer_in}) {
    ledger.opened(connection->client);
    connection->talk(100, 2000);
    shutdown(connection->server, SHUT_WR);
  }
  ledger.closing(good.client, {100, 2000});
  ledger.closing(more_out.client, {93, 2000});
  ledger.closing(fewer_in.client, {100, 2003});
  ledger.finish(std::chrono::seconds(10));
  EXPECT_EQ(ledger.check().connections, 3u);
  EXPECT_EQ(ledger.check().disagreeing, 2u);
  EXPECT_EQ(ledger.check().bytes_off, 10u);
}

TEST(WireLedger, WhatNobodyReadIsNoDisagreement) {
  Connection connection;
  WireLedger ledger;
  ledger.opened(connection.client);
  ASSERT_EQ(send(connection.server, "unread", 6, 0), 6);
  shutdown(connection.server, SHUT_WR);
  ledger.closing(connection.client, {});
  ledger.finish(std::chrono::seconds(10));
  EXPECT_EQ(ledger.check().connections, 1u);
  EXPECT_EQ(ledger.check().disagreeing, 0u);
}

/// A WebSocket whose kernel counted so many bytes more than were parsed.
WitnessCheck check_upgraded(const std::vector<std::pair<std::size_t, std::size_t>>& excesses) {
  WireLedger ledger;
  for (const auto& [out, in] : excesses) {
    Connection connection;
    ledger.opened(connection.client);
    connection.talk(160 + out, 400 + in);
    shutdown(connection.server, SHUT_WR);
    ledger.closing(connection.client, {160, 400, true});
  }
  ledger.finish(std::chrono::seconds(10));
  return ledger.check();
}

TEST(WireLedger, AnUpgradesAnswerIsTheSameLengthOnEverySocket) {
  const WitnessCheck same = check_upgraded({{0, 129}, {0, 129}});
  EXPECT_EQ(same.upgrade_answer_bytes, 129u);
  EXPECT_EQ(same.connections, 2u);
  EXPECT_EQ(same.disagreeing, 0u);
  const WitnessCheck one_more = check_upgraded({{0, 129}, {0, 130}});
  EXPECT_EQ(one_more.disagreeing, 1u);
  EXPECT_EQ(one_more.bytes_off, 1u);
}

TEST(WireLedger, PingsComeInPairsWithPongs) {
  EXPECT_EQ(check_upgraded({{0, 129}, {6, 129 + 2}, {2 * 6, 129 + 2 * 2}, {6 + 5, 129 + 2 + 5}}).disagreeing, 0u);
  EXPECT_EQ(check_upgraded({{0, 129}, {6, 129}}).disagreeing, 1u) << "a pong without a ping";
  EXPECT_EQ(check_upgraded({{0, 129}, {0, 129 + 2}}).disagreeing, 1u) << "a ping without a pong";
  EXPECT_EQ(check_upgraded({{0, 129}, {7, 129 + 2}}).disagreeing, 1u) << "no pair";
}

TEST(WireLedger, PingsOnEverySocketAreStillNoPartOfTheAnswer) {
  const WitnessCheck all = check_upgraded({{7, 129 + 3}, {7, 129 + 3}, {2 * 7, 129 + 2 * 3}});
  EXPECT_EQ(all.upgrade_answer_bytes, 129u);
  EXPECT_EQ(all.disagreeing, 0u);
  EXPECT_EQ(check_upgraded({{7, 129 + 3}, {7, 129 + 3}, {7, 129 + 4}}).disagreeing, 1u);
}

TEST(Tally, AddsUpEverything) {
  Tally a, b;
  // Every counter a different number: one that is forgotten, or added to its neighbour, shows.
  std::uint64_t n = 0;
  for (auto* counter : {&b.delivered,        &b.duplicated,
                        &b.out_of_order,     &b.gaps,
                        &b.foreign,          &b.window_delivered,
                        &b.requests,         &b.empty_answers,
                        &b.frames,           &b.upgrades,
                        &b.connections,      &b.failures,
                        &b.out.payload,      &b.out.envelope,
                        &b.out.http_headers, &b.out.websocket_framing,
                        &b.out.handshakes,   &b.out.empty_answers,
                        &b.in.payload,       &b.in.envelope,
                        &b.in.http_headers,  &b.in.websocket_framing,
                        &b.in.handshakes,    &b.in.empty_answers})
    *counter = ++n;
  b.failure_reasons["x"] = 3;
  a += b;
  a += b;
  n = 0;
  for (auto* counter : {&a.delivered,        &a.duplicated,
                        &a.out_of_order,     &a.gaps,
                        &a.foreign,          &a.window_delivered,
                        &a.requests,         &a.empty_answers,
                        &a.frames,           &a.upgrades,
                        &a.connections,      &a.failures,
                        &a.out.payload,      &a.out.envelope,
                        &a.out.http_headers, &a.out.websocket_framing,
                        &a.out.handshakes,   &a.out.empty_answers,
                        &a.in.payload,       &a.in.envelope,
                        &a.in.http_headers,  &a.in.websocket_framing,
                        &a.in.handshakes,    &a.in.empty_answers})
    EXPECT_EQ(*counter, 2 * ++n);
  EXPECT_EQ(a.failure_reasons["x"], 6u);
}

}  // namespace
}  // namespace wirelab::meter
