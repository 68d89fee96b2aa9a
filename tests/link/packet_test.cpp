#include "link/packet.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "link/pcap_writer.hpp"
#include "link/tcp_segment.hpp"
#include "tests/link/segment_builder.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::link {
namespace {

using namespace std::chrono_literals;
using tests::tcp_packet;

TEST(TcpSegment, IsReadFromItsPacket) {
  const auto packet = tcp_packet(tests::kSyn | tests::kAck, 4'000'000'000U, "hello");
  const auto segment = parse_tcp_segment(packet);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->source_address, 0xc6120002U);
  EXPECT_EQ(segment->destination_address, 0xc6120001U);
  EXPECT_EQ(segment->source_port, 40'000);
  EXPECT_EQ(segment->destination_port, 9'000);
  EXPECT_EQ(segment->sequence, 4'000'000'000U);
  EXPECT_EQ(segment->acknowledgement, 77U);
  EXPECT_TRUE(segment->syn && segment->ack);
  EXPECT_FALSE(segment->fin || segment->rst || segment->psh);
  EXPECT_EQ(segment->window, 512);
  EXPECT_EQ(segment->header_bytes, 40U);
  EXPECT_EQ(std::memcmp(segment->payload.data(), "hello", 5), 0);
  EXPECT_EQ(segment->sequence_length(), 6U);
}

TEST(TcpSegment, IsNotSeenInAnythingElse) {
  const auto packet = tcp_packet(tests::kAck, 1, "hello");
  const auto changed = [&](std::size_t at, unsigned value) {
    auto other = packet;
    other[at] = static_cast<std::byte>(value);
    return parse_tcp_segment(other).has_value();
  };
  EXPECT_TRUE(changed(33, 0));
  EXPECT_FALSE(changed(0, 0x65)) << "IPv6";
  EXPECT_FALSE(changed(0, 0x44)) << "an IP header of 16 bytes";
  EXPECT_FALSE(changed(3, 46)) << "longer than it is";
  EXPECT_FALSE(changed(3, 39)) << "no room for a TCP header";
  EXPECT_FALSE(changed(6, 0x20)) << "a fragment";
  EXPECT_FALSE(changed(9, 17)) << "UDP";
  EXPECT_FALSE(changed(32, 4 << 4)) << "a TCP header of 16 bytes";
  EXPECT_FALSE(changed(32, 15 << 4)) << "a TCP header longer than the packet";
  EXPECT_FALSE(parse_tcp_segment({}));
}

std::string read_all(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint32_t word(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

TEST(PcapWriter, WritesWhatAClientWouldHaveCaptured) {
  const std::string file = tests::own_temp("client.pcap");
  const auto bytes = tcp_packet(tests::kAck, 1, "hello");
  PcapWriter writer(file);
  Packet up{Direction::up, Fate::lost, 1, 1s, 1s, 0s, bytes};
  writer.on_entered(up);  // lost behind the client: it did send it
  Packet down{Direction::down, Fate::delivered, 2, 2s, 2025ms, 0s, bytes};
  writer.on_entered(down);
  down.left = 2025ms + 7ns;
  writer.on_left(down);
  writer.on_entered({Direction::down, Fate::lost, 3, 3s, 3s, 0s, bytes});  // never came
  writer.finish();
  EXPECT_EQ(writer.packets(), 2U);

  const std::string content = read_all(file);
  const std::size_t record = 16 + bytes.size();
  ASSERT_EQ(content.size(), 24 + 2 * record);
  EXPECT_EQ(word(content, 0), 0xa1b23c4dU);
  EXPECT_EQ(word(content, 4), 4U << 16 | 2U) << "version 2.4";
  EXPECT_EQ(word(content, 20), 101U) << "LINKTYPE_RAW";
  EXPECT_EQ(word(content, 32), bytes.size());
  EXPECT_EQ(word(content, 36), bytes.size());
  EXPECT_EQ(std::memcmp(content.data() + 40, bytes.data(), bytes.size()), 0);
  const auto stamp = [&](std::size_t at) {
    return std::int64_t{word(content, at)} * 1'000'000'000 + word(content, at + 4);
  };
  EXPECT_EQ(stamp(24 + record) - stamp(24), 1'025'000'007);
}

TEST(PcapWriter, SaysWhichFileItCannotWrite) {
  try {
    PcapWriter writer("/nowhere/at/all.pcap");
    FAIL() << "it could";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/at/all.pcap"), std::string::npos);
  }
  PcapWriter writer("/dev/full");
  EXPECT_THROW(writer.finish(), std::system_error);
}

TEST(Fate, HasANameForPeople) {
  EXPECT_EQ(name(Fate::delivered), "delivered");
  EXPECT_EQ(name(Fate::queue_full), "queue-full");
}

}  // namespace
}  // namespace wirelab::link
