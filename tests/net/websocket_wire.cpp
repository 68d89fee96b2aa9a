#include "tests/net/websocket_wire.hpp"

#include <array>
#include <bit>
#include <vector>

namespace wirelab::tests {
namespace {

/// RFC 3174.
std::string sha1(std::string text) {
  std::array<std::uint32_t, 5> h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::uint64_t bits = text.size() * 8;
  text.push_back('\x80');
  while (text.size() % 64 != 56) text.push_back('\0');
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>(bits >> shift));
  for (std::size_t block = 0; block < text.size(); block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t t = 0; t < 16; ++t)
      for (std::size_t i = 0; i < 4; ++i) w[t] = w[t] << 8 | static_cast<unsigned char>(text[block + 4 * t + i]);
    for (std::size_t t = 16; t < 80; ++t) w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    auto [a, b, c, d, e] = h;
    for (std::size_t t = 0; t < 80; ++t) {
      const std::uint32_t f = t < 20   ? (b & c) | (~b & d)
                              : t < 40 ? b ^ c ^ d
                              : t < 60 ? (b & c) | (b & d) | (c & d)
                                       : b ^ c ^ d;
      const std::uint32_t k = t < 20 ? 0x5a827999 : t < 40 ? 0x6ed9eba1 : t < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      const std::uint32_t next = std::rotl(a, 5) + f + e + w[t] + k;
      e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
  }
  std::string digest;
  for (const std::uint32_t word : h)
    for (int shift = 24; shift >= 0; shift -= 8) digest.push_back(static_cast<char>(word >> shift));
  return digest;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = i; j < i + 3; ++j)
      group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      text.push_back(i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=');
  }
  return text;
}

}  // namespace

std::string accept_upgrade(std::string_view request) {
  constexpr std::string_view kField = "Sec-WebSocket-Key: ";
  const auto key = request.substr(request.find(kField) + kField.size(), 24);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         base64(sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) + "\r\n\r\n";
}

std::string frame(std::string_view payload, Opcode opcode, bool final) {
  std::string bytes(1, static_cast<char>((final ? 0x80u : 0u) | static_cast<unsigned>(opcode)));
  const std::uint64_t size = payload.size();
  const int length_bytes = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
  bytes.push_back(static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127));
  for (int shift = 8 * (length_bytes - 1); shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(size >> shift));
  return bytes.append(payload);
}

std::string close_frame(std::uint16_t code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code)};
  return frame(payload.append(reason), Opcode::close);
}

std::optional<ReceivedFrame> take_frame(ScriptServer::Peer& peer) {
  const auto byte = [&](std::size_t i) -> std::uint64_t { return static_cast<unsigned char>(peer.received[i]); };
  if (peer.received.size() < 2) return std::nullopt;
  const std::uint64_t short_length = byte(1) & 0x7f;
  const std::size_t length_bytes = short_length < 126 ? 0 : short_length == 126 ? 2 : 8;
  const bool masked = (byte(1) & 0x80) != 0;
  const std::size_t header = 2 + length_bytes + (masked ? 4 : 0);
  if (peer.received.size() < header) return std::nullopt;
  std::uint64_t length = length_bytes == 0 ? short_length : 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8 | byte(2 + i);
  if (peer.received.size() < header + length) return std::nullopt;
  ReceivedFrame frame{static_cast<Opcode>(byte(0) & 0xf), (byte(0) & 0x80) != 0, masked,
                      peer.received.substr(header, length), header + length};
  for (std::size_t i = 0; masked && i < length; ++i)
    frame.payload[i] = static_cast<char>(static_cast<unsigned char>(frame.payload[i]) ^ byte(header - 4 + i % 4));
  peer.received.erase(0, header + length);
  return frame;
}

}  // namespace wirelab::tests
