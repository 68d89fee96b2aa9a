#include "link/pcap_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace wirelab::link {
namespace {

constexpr std::size_t kBufferBytes = 1024 * 1024;
constexpr std::uint32_t kNanosecondMagic = 0xa1b23c4d;
constexpr std::uint16_t kMajor = 2, kMinor = 4;
constexpr std::uint32_t kSnapLength = 65'535;  // longer than any packet of the link: none is cut
constexpr std::uint32_t kLinkTypeRaw = 101;

struct FileHeader {
  std::uint32_t magic = kNanosecondMagic;
  std::uint16_t major = kMajor, minor = kMinor;
  std::uint32_t reserved[2] = {0, 0};
  std::uint32_t snap_length = kSnapLength, link_type = kLinkTypeRaw;
};
static_assert(sizeof(FileHeader) == 24);

struct PacketHeader {
  std::uint32_t seconds, nanoseconds, captured_bytes, original_bytes;
};
static_assert(sizeof(PacketHeader) == 16);

Nanos read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + Nanos(now.tv_nsec);
}

}  // namespace

PcapWriter::PcapWriter(const std::filesystem::path& file)
    : file_(file),
      buffer_(kBufferBytes),
      out_(std::fopen(file.c_str(), "wbe")),
      wall_clock_ahead_(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC)) {
  if (!out_) fail(errno);
  std::setvbuf(out_.get(), buffer_.data(), _IOFBF, buffer_.size());
  const FileHeader header;
  put(&header, sizeof header);
}

void PcapWriter::on_entered(const Packet& packet) {
  if (packet.direction == Direction::up) write(packet);
}

void PcapWriter::on_left(const Packet& packet) {
  if (packet.direction == Direction::down) write(packet);
}

void PcapWriter::write(const Packet& packet) {
  const std::int64_t at_ns = (seen_by_client(packet) + wall_clock_ahead_).count();
  const auto size = static_cast<std::uint32_t>(packet.bytes.size());
  const PacketHeader header{static_cast<std::uint32_t>(at_ns / 1'000'000'000),
                            static_cast<std::uint32_t>(at_ns % 1'000'000'000), std::min(size, kSnapLength), size};
  put(&header, sizeof header);
  put(packet.bytes.data(), header.captured_bytes);
  ++packets_;
}

void PcapWriter::put(const void* bytes, std::size_t size) {
  if (std::fwrite(bytes, 1, size, out_.get()) != size && error_ == 0) error_ = errno;
}

void PcapWriter::finish() {
  if (std::fflush(out_.get()) != 0 && error_ == 0) error_ = errno;
  if (error_ != 0) fail(error_);
}

void PcapWriter::fail(int error) const { throw std::system_error(error, std::generic_category(), file_.string()); }

}  // namespace wirelab::link
