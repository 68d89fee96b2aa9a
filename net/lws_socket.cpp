#include "net/lws_socket.hpp"

#include <libwebsockets.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "net/frame_bytes.hpp"
#include "net/lws_connection.hpp"

namespace wirelab::net {
namespace {

static_assert(SharedText::kHeadroomBytes >= 10, "a frame's header is written in front of its payload");

constexpr std::uint16_t kProtocolError = 1002, kUnsupported = 1003, kNotUtf8 = 1007, kTooLong = 1009,
                        kTryAgainLater = 1013;  // RFC 6455 §7.4.1 and its IANA registry

/// How long a peer has to take what it was sent, and the close frame after it. The library waits as long for the
/// answer.
constexpr int kCloseSeconds = 5;

/// A control frame's payload (RFC 6455 §5.5) without the code.
constexpr std::size_t kReasonBytes = 123;

/// The library's 101 answer; it is always the same but for the 28 characters of Sec-WebSocket-Accept.
constexpr std::string_view kUpgradeAnswer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: 0123456789012345678901234567\r\n\r\n";

constexpr unsigned char kText = 1, kBinary = 2;  // RFC 6455 §5.2

/// Writes a frame's header in front of its payload: the whole frame.
std::span<unsigned char> put_header(unsigned char* payload, std::size_t payload_bytes, unsigned char opcode) {
  constexpr unsigned char kFin = 0x80, kTwoBytes = 126, kEightBytes = 127;
  const std::size_t header_bytes = frame_header_bytes(payload_bytes, Masked::no);
  unsigned char* const header = payload - header_bytes;
  header[0] = kFin | opcode;
  if (header_bytes == 2) {
    header[1] = static_cast<unsigned char>(payload_bytes);
  } else {
    header[1] = header_bytes == 4 ? kTwoBytes : kEightBytes;
    for (std::size_t i = header_bytes, length = payload_bytes; i-- > 2; length >>= 8)
      header[i] = static_cast<unsigned char>(length);
  }
  return {header, header_bytes + payload_bytes};
}

}  // namespace

LwsSocket::LwsSocket(HostCore& core, LwsConnection& connection) : core_(core), connection_(connection) {
  core_.counters.bytes_out += kUpgradeAnswer.size();
  heard();
}

LwsSocket::~LwsSocket() { core_.hold(held_bytes_, 0); }

// -- down -----------------------------------------------------------------------------------------

// A default one has no room for the frame's header.

void LwsSocket::send_text(const SharedText& text) { send(text.size() > 0 ? text : SharedText(""), kText); }

void LwsSocket::send_binary(const SharedText& bytes) { send(bytes.size() > 0 ? bytes : SharedText(""), kBinary); }

/// At once, not when the library says that it is writeable: that costs a turn of the loop and four system calls. And
/// not by lws_write(), which is most of what a frame costs outside of the kernel. What the kernel does not take the
/// library gets as it is, into its own queue, so that no control frame of its own comes in between.
void LwsSocket::send(const SharedText& payload, unsigned char opcode) {
  const auto frame = put_header(payload.data(), payload.size(), opcode);
  if (connection_.tls() != nullptr) return send_encrypted({reinterpret_cast<const char*>(frame.data()), frame.size()});
  const auto sent = queued() ? 0 : ::send(connection_.fd(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  const bool broken = sent < 0 && errno != EAGAIN && errno != EINTR;
  const auto rest = frame.subspan(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  unsent_bytes_ = rest.size();
  const bool too_much = !rest.empty() && !hold_what_waits();  // it resumes at its cursor
  if (broken || too_much ||
      (!rest.empty() && lws_write(connection_.wsi, rest.data(), rest.size(), LWS_WRITE_HTTP) < 0)) {
    closing_ = true;
    return core_.end(connection_.wsi, HostCore::Ending::at_once);
  }
  core_.counters.bytes_out += frame.size();
  // Asked afterwards: whether the socket takes more before a write would be a system call, this is a look.
  busy_ = !rest.empty() && queued();
}

void LwsSocket::send_encrypted(std::string_view frame) {
  TlsRelay& tls = *connection_.tls();
  core_.counters.bytes_out += frame.size();
  busy_ = !tls.send(frame);
  unsent_bytes_ = tls.unsent_bytes();
  if (!busy_ || hold_what_waits()) return;
  give_up();  // it resumes at its cursor
}

/// Whether something that was sent waits for the kernel to take more.
bool LwsSocket::queued() const {
  return connection_.tls() != nullptr ? connection_.tls()->queued() : lws_partial_buffered(connection_.wsi) != 0;
}

int LwsSocket::on_writeable() {
  if (!busy_ || queued()) return 0;
  busy_ = false;
  unsent_bytes_ = 0;
  hold_what_waits();
  if (close_code_ != 0) start_close();
  if (!closing_) core_.service.on_ready(*this);
  return 0;
}

void LwsSocket::close(std::uint16_t code, std::string_view reason) {
  if (closing_) return;
  closing_ = true;
  close_code_ = code;
  close_reason_ = reason.substr(0, kReasonBytes);
  connection_.stop_waiting();
  if (!busy_) return start_close();
  lws_set_timeout(connection_.wsi, PENDING_TIMEOUT_CLOSE_SEND, kCloseSeconds);
  core_.poke();
}

/// The library sends the close frame when the connection ends in order, and waits for the peer's. It does not when it
/// is asked to close from inside on_writeable(): with libuv, Debian's build then closes twice, the second time at once.
void LwsSocket::start_close() {
  prepare_close(std::exchange(close_code_, std::uint16_t{0}), close_reason_);
  core_.end(connection_.wsi, HostCore::Ending::in_order);
}

// -- up -------------------------------------------------------------------------------------------

int LwsSocket::on_bytes(std::string_view bytes) {
  const std::size_t to_come = lws_remaining_packet_payload(connection_.wsi);
  count_frame_in(bytes.size(), to_come);
  if (closing_) return 0;
  heard();
  const bool binary = lws_frame_is_binary(connection_.wsi) != 0;
  if (binary && !takes_binary) return fail(kUnsupported, "only text is carried");
  if (message_.size() + bytes.size() + to_come > core_.limits.payload_bytes)
    return fail(kTooLong, "longer than " + std::to_string(core_.limits.payload_bytes) + " bytes");
  const bool whole = lws_is_final_fragment(connection_.wsi) != 0;
  if (whole && message_.empty()) return on_message(bytes, binary);
  message_.append(bytes);
  if (!hold_what_waits()) return fail(kTryAgainLater, "too much waits for slow peers");
  if (!whole) return 0;
  const std::string message = std::exchange(message_, {});
  hold_what_waits();
  return on_message(message, binary);
}

/// The library looks at the characters too, but not when the last fragment is empty.
int LwsSocket::on_message(std::string_view bytes, bool binary) {
  if (binary) {
    core_.service.on_binary(*this, bytes);
    return 0;
  }
  if (!is_utf8(bytes)) return fail(kNotUtf8, "not UTF-8");
  core_.service.on_text(*this, bytes);
  return 0;
}

int LwsSocket::on_pong() {
  heard();
  return 0;
}

int LwsSocket::on_close_frame(unsigned char* payload, std::size_t length) {
  core_.counters.bytes_in += frame_header_bytes(length, Masked::yes) + length;
  if (length == 1) return fail(kProtocolError, "a close code has two bytes");
  if (length >= 2 && !is_close_code(static_cast<std::uint16_t>(payload[0] << 8 | payload[1]))) {
    payload[0] = kProtocolError >> 8;
    payload[1] = kProtocolError & 0xff;
  }
  const std::string_view reason(reinterpret_cast<const char*>(payload), length);
  if (length > 2 && !is_utf8(reason.substr(2))) return fail(kNotUtf8, "the reason is not UTF-8");
  closing_ = true;
  core_.counters.bytes_out += frame_header_bytes(length, Masked::no) + length;
  return 0;
}

int LwsSocket::fail(std::uint16_t code, std::string_view reason) {
  closing_ = true;
  connection_.stop_waiting();
  prepare_close(code, reason);
  return -1;
}

/// What the library sends when the connection is closed.
void LwsSocket::prepare_close(std::uint16_t code, std::string_view reason) {
  std::string text(reason.substr(0, kReasonBytes));
  lws_close_reason(connection_.wsi, static_cast<lws_close_status>(code), reinterpret_cast<unsigned char*>(text.data()),
                   text.size());
  core_.counters.bytes_out += frame_header_bytes(2 + text.size(), Masked::no) + 2 + text.size();
}

void LwsSocket::count_frame_in(std::size_t got_bytes, std::size_t to_come_bytes) {
  if (to_come_bytes_ == 0) core_.counters.bytes_in += frame_header_bytes(got_bytes + to_come_bytes, Masked::yes);
  core_.counters.bytes_in += got_bytes;
  to_come_bytes_ = to_come_bytes;
}

// -- whether anybody is there ---------------------------------------------------------------------

void LwsSocket::heard() { core_.silent.wait(connection_); }

void LwsSocket::ping() {
  core_.unanswered.wait(connection_);
  if (busy_) return;                          // it does not even read; it has until then
  constexpr std::string_view kPayload = "?";  // the library says nothing of a pong without one
  std::array<unsigned char, LWS_PRE + kPayload.size()> frame{};
  std::copy(kPayload.begin(), kPayload.end(), frame.begin() + LWS_PRE);
  if (lws_write(connection_.wsi, frame.data() + LWS_PRE, kPayload.size(), LWS_WRITE_PING) < 0) return give_up();
  ++core_.counters.pings;
  core_.counters.bytes_out += frame_header_bytes(kPayload.size(), Masked::no) + kPayload.size();
}

void LwsSocket::give_up() {
  closing_ = true;
  if (connection_.tls() != nullptr) connection_.tls()->break_off();
  core_.end(connection_.wsi, HostCore::Ending::at_once);
}

}  // namespace wirelab::net
