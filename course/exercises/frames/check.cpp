#include "frames.hpp"

#include "../check.hpp"

using namespace std::string_literals;

namespace {

const std::string kMask = "\x37\xfa\x21\x3d"s;

/// As a client sends it, with a length field of so many bytes: 0, 2 or 8.
std::string masked(const std::string& text, int length_bytes) {
  std::string frame = "\x81"s;
  frame += static_cast<char>(0x80 | (length_bytes == 0 ? text.size() : length_bytes == 2 ? 126 : 127));
  for (int i = length_bytes; i-- > 0;) frame += static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * i));
  frame += kMask;
  for (std::size_t i = 0; i < text.size(); ++i) frame += static_cast<char>(text[i] ^ kMask[i % 4]);
  return frame;
}

int length_bytes_of(std::size_t size) { return size <= 125 ? 0 : size <= 65535 ? 2 : 8; }

void encodes() {
  check::step("encode \"Hello\" (RFC 6455 §5.7)");
  check::same(encode("Hello"), "\x81\x05Hello"s);
  check::step("encode an empty message");
  check::same(encode(""), "\x81\x00"s);
  check::step("encode 125 bytes: the longest that fits into the second byte");
  check::same(encode(std::string(125, 'x')).substr(0, 3), "\x81\x7dx"s);
  check::step("encode 126 bytes: two bytes of length, the greater one first");
  check::same(encode(std::string(126, 'x')).substr(0, 5), "\x81\x7e\x00\x7ex"s);
  check::step("encode 65,535 bytes");
  check::same(encode(std::string(65535, 'x')).substr(0, 5), "\x81\x7e\xff\xffx"s);
  check::step("encode 65,536 bytes: eight bytes of length");
  check::same(encode(std::string(65536, 'x')).substr(0, 11), "\x81\x7f\0\0\0\0\0\x01\0\0x"s);
}

void decodes() {
  for (const std::size_t size : {0, 5, 125, 126, 300, 65535, 65536}) {
    check::step("decode a masked message of " + std::to_string(size) + " bytes");
    const std::string text(size, 'y'), frame = masked(text, length_bytes_of(size));
    const Decoded whole = decode(frame);
    check::that(whole.outcome == Decoded::frame, "a frame");
    check::same(whole.text, text);
    check::that(whole.used == frame.size(), "all " + std::to_string(frame.size()) + " bytes used");
  }
}

void decodes_what_tcp_brings() {
  const std::string frame = masked("Hello", 0);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    check::step("decode the first " + std::to_string(size) + " bytes of a frame: TCP brings any number of them");
    check::that(decode(frame.substr(0, size)).outcome == Decoded::partial, "partial");
  }
  check::step("decode a frame whose length of two bytes is half here");
  check::that(decode(masked(std::string(300, 'y'), 2).substr(0, 3)).outcome == Decoded::partial, "partial");
  check::step("decode two frames in one buffer: the first, and no byte of the second");
  const Decoded first = decode(frame + masked("again", 0));
  check::that(first.outcome == Decoded::frame && first.used == frame.size(), "the first frame's bytes used");
  check::same(first.text, "Hello");
}

void refuses() {
  const auto refused = [](const std::string& what, const std::string& bytes) {
    check::step("decode " + what);
    check::that(decode(bytes).outcome == Decoded::refused, "refused");
  };
  refused("a frame without a mask: a client has to (§5.1)", "\x81\x05Hello"s);
  refused("five bytes with a length of two bytes: the shortest form must be used (§5.2)", masked("Hello", 2));
  refused("300 bytes with a length of eight bytes", masked(std::string(300, 'y'), 8));
  refused("the beginning of a binary frame", "\x82\x85"s);
  refused("a frame with a reserved bit", "\xc1\x85"s);
  refused("a first byte that can be no text frame, with nothing behind it", "\x82"s);
  refused("a length of 4 GiB, without waiting for 4 GiB", "\x81\xff\0\0\0\x01\0\0\0\0"s);
}

}  // namespace

int main() {
  encodes();
  decodes();
  decodes_what_tcp_brings();
  refuses();
  return check::all_right();
}
