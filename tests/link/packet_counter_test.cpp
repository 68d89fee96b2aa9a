#include "link/packet_counter.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "link/delay_queue.hpp"
#include "tests/link/segment_builder.hpp"

namespace wirelab::link {
namespace {

using namespace std::chrono_literals;
using tests::tcp_packet;

/// A counter that is fed with segments of the way up.
struct Up {
  void enter(const std::vector<std::byte>& bytes, Fate fate = Fate::delivered) {
    const Packet packet{Direction::up, fate, ++number, 1s, 1s, 0s, bytes};
    counter.on_entered(packet);
    if (fate == Fate::delivered) counter.on_left(packet);
  }
  const PacketCounts& counts() const { return counter.counts(Direction::up); }
  PacketCounter counter;
  std::uint64_t number = 0;
};

TEST(PacketCounter, CountsALifeOfAConnection) {
  Up up;
  up.enter(tcp_packet(tests::kSyn, 99));
  up.enter(tcp_packet(tests::kAck, 100));
  up.enter(tcp_packet(tests::kAck, 100, "hello"));
  up.enter(tcp_packet(tests::kAck | tests::kFin, 105));
  up.enter(tcp_packet(tests::kAck, 106));
  const PacketCounts& counts = up.counts();
  EXPECT_EQ(counts.packets, 5U);
  EXPECT_EQ(counts.bytes, 5 * 40 + 5U);
  EXPECT_EQ(counts.data_segments, 1U);
  EXPECT_EQ(counts.syns, 1U);
  EXPECT_EQ(counts.fins, 1U);
  EXPECT_EQ(counts.rsts, 0U);
  EXPECT_EQ(counts.retransmissions, 0U);
  EXPECT_EQ(counts.delivered, 5U);
  EXPECT_EQ(counts.delivered_bytes, counts.bytes);
  EXPECT_EQ(counts.under_way(), 0U);
  EXPECT_EQ(up.counter.counts(Direction::down).packets, 0U);
}

TEST(PacketCounter, ASegmentWithSomethingOldInItIsARetransmission) {
  Up up;
  up.enter(tcp_packet(tests::kSyn, 0xffffff00), Fate::lost);
  up.enter(tcp_packet(tests::kSyn, 0xffffff00));
  EXPECT_EQ(up.counts().retransmissions, 1U);
  const std::string long_text(300, 'x');
  up.enter(tcp_packet(tests::kAck, 0xffffff01, long_text));  // across the end of sequence numbers
  up.enter(tcp_packet(tests::kAck, 45, "new"));
  EXPECT_EQ(up.counts().retransmissions, 1U);
  up.enter(tcp_packet(tests::kAck, 0xffffff01, std::string_view(long_text).substr(0, 100)));
  EXPECT_EQ(up.counts().retransmissions, 2U);
  EXPECT_EQ(up.counts().retransmitted_bytes, 100U);
  up.enter(tcp_packet(tests::kAck, 46, "ewer"));  // two old bytes and two new ones
  EXPECT_EQ(up.counts().retransmissions, 3U);
  EXPECT_EQ(up.counts().retransmitted_bytes, 102U);
  up.enter(tcp_packet(tests::kAck, 50));  // an acknowledgement repeats nothing
  up.enter(tcp_packet(tests::kAck | tests::kFin, 50));
  up.enter(tcp_packet(tests::kAck | tests::kFin, 50));
  EXPECT_EQ(up.counts().retransmissions, 4U);
  EXPECT_EQ(up.counts().retransmitted_bytes, 102U);
}

TEST(PacketCounter, AConnectionOnAPortThatWasUsedBeforeIsANewOne) {
  Up up;
  up.enter(tcp_packet(tests::kSyn, 5'000));
  up.enter(tcp_packet(tests::kAck, 5'001, "hello"));
  up.enter(tcp_packet(tests::kSyn, 1'000));
  up.enter(tcp_packet(tests::kAck, 1'001, "hello"));
  EXPECT_EQ(up.counts().retransmissions, 0U);
  up.enter(tcp_packet(tests::kSyn, 1'000, {}, {40'001, 9'000}));
  EXPECT_EQ(up.counts().retransmissions, 0U);
}

TEST(PacketCounter, SaysWhyPacketsWereDropped) {
  Up up;
  const auto packet = tcp_packet(tests::kRst, 1);
  for (const Fate fate :
       {Fate::lost, Fate::queue_full, Fate::queue_full, Fate::drop_segment, Fate::cut, Fate::cut, Fate::cut})
    up.enter(packet, fate);
  up.counter.on_entered({Direction::up, Fate::delivered, 8, 1s, 2s, 0s, packet});
  const PacketCounts& counts = up.counts();
  EXPECT_EQ(counts.rsts, 8U);
  EXPECT_EQ(counts.lost, 1U);
  EXPECT_EQ(counts.queue_full, 2U);
  EXPECT_EQ(counts.drop_segment, 1U);
  EXPECT_EQ(counts.cut, 3U);
  EXPECT_EQ(counts.delivered, 0U);
  EXPECT_EQ(counts.under_way(), 1U);
}

TEST(DelayQueue, GivesWhatIsDueFirst) {
  DelayQueue queue(3);
  EXPECT_EQ(queue.next(), nullptr);
  const auto bytes = tcp_packet(0, 0, "abc"), other = tcp_packet(0, 0, "x");
  queue.push({Direction::up, Fate::delivered, 1, 0s, 9s, 0s, bytes});
  queue.push({Direction::down, Fate::delivered, 2, 0s, 5s, 0s, other});
  EXPECT_FALSE(queue.full());
  queue.push({Direction::down, Fate::delivered, 3, 0s, 5s, 0s, bytes});
  EXPECT_TRUE(queue.full());
  std::vector<std::uint64_t> numbers;
  for (; queue.next(); queue.pop()) {
    const Packet& packet = *queue.next();
    numbers.push_back(packet.number);
    EXPECT_EQ(packet.bytes.size(), packet.number == 2 ? other.size() : bytes.size());
    EXPECT_NE(packet.bytes.data(), bytes.data()) << "not a copy";
    EXPECT_EQ(packet.bytes[40], static_cast<std::byte>(packet.number == 2 ? 'x' : 'a'));
  }
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{2, 3, 1}));
}

}  // namespace
}  // namespace wirelab::link
