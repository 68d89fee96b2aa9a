#include "ladder/capture.hpp"

#include <gmock/gmock.h>

#include <bit>

#include "link/pcap_writer.hpp"
#include "tests/ladder/script.hpp"

namespace wirelab::tests {
namespace {

using ladder::Captured;
using ladder::parse_capture;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// What a capture `from_client` away from the client sees.
std::vector<Captured> capture_at(Nanos from_client) {
  std::vector<Captured> capture;
  const auto truth = Script().connect(0).say(Side::client, 50, "x").say(Side::server, 75, "y").passages;
  for (const Passage& passage : truth) {
    const bool up = passage.packet.substr(20, 2) != std::string("\x23\x28", 2);  // from another port than 9000
    capture.push_back({passage.sent + (up ? from_client : kTransit - from_client), passage.packet});
  }
  return capture;
}

std::string number(std::uint32_t value, bool swapped) {
  if (swapped) value = __builtin_bswap32(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A file with one packet.
std::string pcap(std::uint32_t magic, std::uint32_t link_type, const std::string& frame, bool swapped = false) {
  const auto put = [&](std::uint32_t value) { return number(value, swapped); };
  return put(magic) + put(0x00040002) + put(0) + put(0) + put(65'535) + put(link_type) + put(10) + put(20) +
         put(static_cast<std::uint32_t>(frame.size())) + put(static_cast<std::uint32_t>(frame.size())) + frame;
}

const std::string kPacket = Script().connect(0).passages.front().packet;

TEST(Capture, TheSameLadderWhereverItWasRecorded) {
  const auto truth = Script().connect(0).say(Side::client, 50, "x").say(Side::server, 75, "y").passages;
  for (const Nanos place : {ms(0), ms(7), ms(12.5), ms(25)}) {
    const auto capture = capture_at(place);
    EXPECT_EQ(ladder::round_trip_of(capture), kRoundTrip);
    const auto passages = ladder::passages_of(capture);
    ASSERT_EQ(passages.size(), truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i) {
      EXPECT_EQ(passages[i].sent, truth[i].sent)
          << "packet " << i << ", captured " << place.count() << " ns from the client";
      EXPECT_EQ(passages[i].arrives, truth[i].arrives);
    }
  }
}

TEST(Capture, WithoutAHandshakeNothingIsKnown) {
  auto capture = capture_at(ms(0));
  capture.erase(capture.begin());
  EXPECT_EQ(ladder::round_trip_of(capture), std::nullopt);
  EXPECT_THROW(ladder::passages_of(capture), std::runtime_error);
}

TEST(Capture, OfARepeatedSynTheLastCounts) {
  auto capture = capture_at(ms(0));
  capture.insert(capture.begin(), {capture[0].at - ms(1000), capture[0].packet});
  EXPECT_EQ(ladder::round_trip_of(capture), kRoundTrip);
}

TEST(PcapFile, InEitherByteOrderAndUnit) {
  for (const bool swapped : {false, true}) {
    const auto micros = parse_capture(pcap(0xa1b2c3d4, 101, kPacket, swapped), "x");
    ASSERT_EQ(micros.size(), 1u);
    EXPECT_EQ(micros[0].at, std::chrono::seconds(10) + std::chrono::microseconds(20));
    EXPECT_EQ(micros[0].packet, kPacket);
    EXPECT_EQ(parse_capture(pcap(0xa1b23c4d, 101, kPacket, swapped), "x").at(0).at,
              std::chrono::seconds(10) + Nanos(20));
  }
}

TEST(PcapFile, BehindTheHeadersOfEachLinkType) {
  const std::string ethernet = std::string(12, '\0') + std::string("\x08\x00", 2);
  const std::string cooked = std::string(14, '\0') + std::string("\x08\x00", 2);
  EXPECT_EQ(parse_capture(pcap(0xa1b2c3d4, 1, ethernet + kPacket), "x").at(0).packet, kPacket);
  EXPECT_EQ(parse_capture(pcap(0xa1b2c3d4, 113, cooked + kPacket), "x").at(0).packet, kPacket);
  EXPECT_TRUE(parse_capture(pcap(0xa1b2c3d4, 1, std::string(14, '\0') + kPacket), "x").empty());  // not IPv4
}

TEST(PcapFile, RefusedWithTheRemedy) {
  const auto parse = [](const std::string& bytes) { return [bytes] { parse_capture(bytes, "some.pcap"); }; };
  const std::string good = pcap(0xa1b2c3d4, 101, kPacket);
  EXPECT_THAT(parse("short"), ThrowsMessage<std::runtime_error>(HasSubstr("some.pcap: too short")));
  EXPECT_THAT(parse(std::string(30, 'x')), ThrowsMessage<std::runtime_error>(HasSubstr("tcpdump -w")));
  EXPECT_THAT(parse(number(0x0a0d0d0a, false) + std::string(30, 'x')),
              ThrowsMessage<std::runtime_error>(HasSubstr("editcap")));
  EXPECT_THAT(parse(pcap(0xa1b2c3d4, 9, kPacket)), ThrowsMessage<std::runtime_error>(HasSubstr("link type 9")));
  EXPECT_THAT(parse(good.substr(0, good.size() - 1)), ThrowsMessage<std::runtime_error>(HasSubstr("ends inside")));
  EXPECT_THAT(parse(good.substr(0, 30)), ThrowsMessage<std::runtime_error>(HasSubstr("ends inside")));
  EXPECT_THAT([] { ladder::read_capture("/nowhere/x.pcap"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("/nowhere/x.pcap")));
}

TEST(PcapFile, OfTheLinkItself) {
  const auto file = std::filesystem::path(testing::TempDir()) / "wirelab_ladder_link.pcap";
  link::PcapWriter writer(file);
  const auto bytes = tcp_packet(kSyn, 1);
  writer.on_entered({.number = 1, .entered = ms(3), .bytes = bytes});
  writer.finish();
  const auto capture = ladder::read_capture(file);
  std::filesystem::remove(file);
  ASSERT_EQ(capture.size(), 1u);
  EXPECT_EQ(capture[0].packet.size(), bytes.size());
}

}  // namespace
}  // namespace wirelab::tests
