#include "tests/net/raw_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace wirelab::tests {

using net::EventLoop;

namespace {

int connect_to(const std::string& address, std::uint16_t port) {
  sockaddr_storage to{};
  socklen_t length = 0;
  if (auto& v4 = reinterpret_cast<sockaddr_in&>(to); inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    length = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
    EXPECT_EQ(inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr), 1);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    length = sizeof v6;
  }
  const int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  EXPECT_GE(fd, 0);
  const int result = connect(fd, reinterpret_cast<sockaddr*>(&to), length);
  EXPECT_TRUE(result == 0 || errno == EINPROGRESS) << errno;
  return fd;
}

}  // namespace

RawClient::RawClient(EventLoop& loop, std::uint16_t port, const std::string& address)
    : loop_(loop), fd_(connect_to(address, port)) {
  watch();
}

RawClient::~RawClient() { close(); }

void RawClient::watch() {
  const unsigned interest =
      (reading_ ? EventLoop::readable : EventLoop::none) | (unsent_.empty() ? EventLoop::none : EventLoop::writable);
  loop_.watch(fd_, interest, [this](unsigned ready) { on_ready(ready); });
}

void RawClient::send(std::string_view bytes) {
  sent_bytes += bytes.size();
  unsent_.append(bytes);
  flush();
}

void RawClient::flush() {
  if (fd_ < 0) return;
  while (!unsent_.empty()) {
    const auto sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  watch();
}

void RawClient::on_ready(unsigned ready) {
  if (ready & EventLoop::writable) flush();
  if (fd_ < 0 || !reading_ || !(ready & EventLoop::readable)) return;
  std::array<char, 64 * 1024> buffer;
  const auto got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got > 0) {
    received.append(buffer.data(), static_cast<std::size_t>(got));
  } else if (got == 0 || errno != EAGAIN) {
    (got == 0 ? closed : was_reset) = true;
    close();
  }
}

void RawClient::half_close() { shutdown(fd_, SHUT_WR); }

void RawClient::close() {
  if (fd_ < 0) return;
  loop_.unwatch(fd_);
  ::close(std::exchange(fd_, -1));
}

void RawClient::reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void RawClient::read(bool on) {
  reading_ = on;
  watch();
}

// -- reading answers ------------------------------------------------------------------------------

std::string Reply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

namespace {

/// Takes the text up to `end` off the front.
std::string_view take_to(std::string_view& text, std::string_view end) {
  const auto piece = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), piece.size() + end.size()));
  return piece;
}

Reply parse_header_section(std::string_view section) {
  Reply reply;
  auto status_line = take_to(section, "\r\n");
  take_to(status_line, " ");
  reply.status = std::stoi(std::string(take_to(status_line, " ")));
  while (!section.empty()) {
    auto line = take_to(section, "\r\n");
    std::string name(take_to(line, ": "));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    reply.headers.emplace(std::move(name), std::string(line));
  }
  return reply;
}

}  // namespace

std::vector<Reply> replies_in(std::string_view received, Bodies bodies) {
  std::vector<Reply> replies;
  while (received.find("\r\n\r\n") != std::string_view::npos) {
    Reply reply = parse_header_section(take_to(received, "\r\n\r\n"));
    const std::string length = reply.header("content-length");
    const std::size_t body_bytes = length.empty() || bodies == Bodies::absent ? 0 : std::stoul(length);
    if (received.size() < body_bytes) break;
    reply.body = received.substr(0, body_bytes);
    received.remove_prefix(body_bytes);
    replies.push_back(std::move(reply));
  }
  return replies;
}

// -- WebSocket ------------------------------------------------------------------------------------

std::string handshake(std::string_view target, std::string_view more_headers) {
  std::string text = "GET ";
  text.append(target).append(" HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n");
  text.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n");
  return text.append(more_headers).append("\r\n");
}

std::string frame_header(int opcode, std::uint64_t payload_bytes, bool final) {
  std::string header;
  header += static_cast<char>(opcode | (final ? 0x80 : 0));
  const int length_bytes = payload_bytes < 126 ? 0 : payload_bytes <= 0xffff ? 2 : 8;
  const auto short_length = length_bytes == 0 ? payload_bytes : length_bytes == 2 ? 126U : 127U;
  header += static_cast<char>(short_length | 0x80);
  for (int i = length_bytes - 1; i >= 0; --i) header += static_cast<char>(payload_bytes >> (8 * i) & 0xff);
  return header + "mask";
}

std::string frame(int opcode, std::string_view payload, bool final) {
  std::string text = frame_header(opcode, payload.size(), final);
  constexpr std::string_view kMask = "mask";
  for (std::size_t i = 0; i < payload.size(); ++i) text += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return text;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return payload.append(reason);
}

std::vector<Frame> frames_in(std::string_view received) {
  take_to(received, "\r\n\r\n");
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(received[i])); };
  std::vector<Frame> frames;
  while (received.size() >= 2) {
    Frame one{static_cast<int>(byte(0) & 0xf), (byte(0) & 0x80) != 0, ""};
    std::uint64_t length = byte(1);
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (received.size() < 2 + length_bytes) break;
    if (length_bytes > 0) length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8 | byte(2 + i);
    if (received.size() < 2 + length_bytes + length) break;
    one.payload = received.substr(2 + length_bytes, length);
    received.remove_prefix(2 + length_bytes + length);
    frames.push_back(std::move(one));
  }
  return frames;
}

std::uint16_t close_code_in(std::string_view received) {
  const auto frames = frames_in(received);
  if (frames.empty() || frames.back().opcode != close_frame) return 0;
  const std::string& payload = frames.back().payload;
  if (payload.size() < 2) return 1005;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                    static_cast<unsigned char>(payload[1]));
}

}  // namespace wirelab::tests
