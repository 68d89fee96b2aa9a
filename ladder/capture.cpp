#include "ladder/capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>

#include "ladder/endpoint.hpp"

namespace wirelab::ladder {
namespace {

// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4, kNanoseconds = 0xa1b23c4d, kPcapNg = 0x0a0d0d0a;
constexpr std::size_t kFileHeader = 24, kPacketHeader = 16;
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;

/// Of the link types that occur on Linux: how many bytes come before the IP header, and where among them the EtherType
/// is.
struct LinkType {
  std::uint32_t number;
  std::size_t header_bytes;
  std::optional<std::size_t> ether_type_at;
};
constexpr LinkType kLinkTypes[] = {{1, 14, 12}, {101, 0, {}}, {113, 16, 14}, {228, 0, {}}, {276, 20, 0}};

class PcapReader {
 public:
  PcapReader(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {
    if (bytes_.size() < kFileHeader) fail("too short for a .pcap file");
    const std::uint32_t magic = number_at(0);
    if (magic == kPcapNg) fail("a .pcapng file; turn it into a .pcap with `editcap -F pcap IN OUT`");
    swapped_ = magic != kMicroseconds && magic != kNanoseconds;
    const std::uint32_t known = number_at(0);
    if (known != kMicroseconds && known != kNanoseconds) fail("not a .pcap file; record one with `tcpdump -w FILE`");
    fraction_ = known == kNanoseconds ? Nanos(1) : Nanos(1000);
    const std::uint32_t link = number_at(20) & 0xffff;
    const auto* const found = std::find_if(std::begin(kLinkTypes), std::end(kLinkTypes),
                                           [&](const LinkType& type) { return type.number == link; });
    if (found == std::end(kLinkTypes))
      fail(fmt::format("link type {} is not read here; capture on lo, eth or tun", link));
    link_ = *found;
  }

  std::vector<Captured> read() {
    std::vector<Captured> capture;
    for (std::size_t at = kFileHeader; at < bytes_.size();) {
      if (bytes_.size() - at < kPacketHeader) fail("ends inside a packet; was the capture still being written?");
      const std::size_t length = number_at(at + 8);
      const Nanos time = std::chrono::seconds(number_at(at)) + number_at(at + 4) * fraction_;
      at += kPacketHeader;
      if (length > bytes_.size() - at) fail("ends inside a packet; was the capture still being written?");
      if (const auto packet = ip_packet(bytes_.substr(at, length))) capture.push_back({time, std::string(*packet)});
      at += length;
    }
    return capture;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw std::runtime_error(name_ + ": " + why); }

  std::uint32_t number_at(std::size_t at) const {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes_.data() + at, sizeof number);
    return swapped_ ? __builtin_bswap32(number) : number;
  }

  std::optional<std::string_view> ip_packet(std::string_view frame) const {
    if (frame.size() < link_.header_bytes) return std::nullopt;
    if (link_.ether_type_at) {
      const std::size_t at = *link_.ether_type_at;
      const int type = static_cast<std::uint8_t>(frame[at]) << 8 | static_cast<std::uint8_t>(frame[at + 1]);
      if (type != kEtherTypeIpv4) return std::nullopt;
    }
    return frame.substr(link_.header_bytes);
  }

  std::string_view bytes_;
  std::string name_;
  bool swapped_ = false;
  Nanos fraction_{};
  LinkType link_{};
};

using Pair = std::pair<Endpoint, Endpoint>;  // client, server

struct Handshake {
  std::optional<Nanos> syn, answer, done;
  Nanos round_trip() const { return *done - *syn; }
  Nanos from_client() const { return (*done - *answer) / 2; }
};

/// Who opened what, and the times of its handshake. Of a repeated SYN the last counts: that is the one that was
/// answered.
std::map<Pair, Handshake> handshakes_of(const std::vector<Captured>& capture) {
  std::map<Pair, Handshake> found;
  for (const Captured& captured : capture) {
    const auto segment = segment_of(captured.packet);
    if (!segment) continue;
    Handshake& up = found[{source(*segment), destination(*segment)}];
    Handshake& down = found[{destination(*segment), source(*segment)}];
    if (segment->syn && !segment->ack && !up.answer) {
      up.syn = captured.at;
    } else if (segment->syn && segment->ack && down.syn && !down.done) {
      down.answer = captured.at;
    } else if (segment->ack && up.answer && !up.done) {
      up.done = captured.at;
    }
  }
  std::erase_if(found, [](const auto& entry) { return !entry.second.done; });
  return found;
}

const Handshake* shortest(const std::map<Pair, Handshake>& handshakes) {
  const auto found = std::min_element(handshakes.begin(), handshakes.end(), [](const auto& a, const auto& b) {
    return a.second.round_trip() < b.second.round_trip();
  });
  return found == handshakes.end() ? nullptr : &found->second;
}

}  // namespace

std::vector<Captured> parse_capture(std::string_view bytes, const std::string& name) {
  return PcapReader(bytes, name).read();
}

std::vector<Captured> read_capture(const std::filesystem::path& file) {
  std::error_code unreadable;
  const auto size = std::filesystem::file_size(file, unreadable);
  std::ifstream in(file, std::ios::binary);
  if (unreadable || !in) throw std::runtime_error(file.string() + ": cannot be read; give a .pcap file");
  if (size > kCaptureBytes)
    throw std::runtime_error(
        fmt::format("{}: more than {} MiB; a ladder is of a few messages: record less, or cut it with editcap",
                    file.string(), kCaptureBytes >> 20));
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return parse_capture(bytes, file.string());
}

std::optional<Nanos> round_trip_of(const std::vector<Captured>& capture) {
  const auto handshakes = handshakes_of(capture);
  const Handshake* const handshake = shortest(handshakes);
  return handshake == nullptr ? std::nullopt : std::optional(handshake->round_trip());
}

std::vector<Passage> passages_of(std::vector<Captured> capture) {
  const auto handshakes = handshakes_of(capture);
  const Handshake* const handshake = shortest(handshakes);
  if (handshake == nullptr)
    throw std::runtime_error("no TCP handshake in the capture: it must begin before the first connection does");
  const Nanos transit = handshake->round_trip() / 2, from_client = handshake->from_client();
  std::vector<Passage> passages;
  for (Captured& captured : capture) {
    const auto segment = segment_of(captured.packet);
    if (!segment) continue;
    const bool down = handshakes.contains({destination(*segment), source(*segment)});
    const Nanos sent = captured.at - (down ? transit - from_client : from_client);
    passages.push_back({sent, sent + transit, std::move(captured.packet)});
  }
  return passages;
}

}  // namespace wirelab::ladder
