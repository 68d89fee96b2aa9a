#include "ladder/stream_items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "messages/envelope.hpp"

namespace wirelab::ladder {
namespace {

constexpr std::string_view kEndOfLine = "\r\n", kEndOfHead = "\r\n\r\n";

struct Head {
  std::string_view first_line, fields;
  std::size_t bytes = 0;  ///< the empty line included
};

std::optional<Head> read_head(std::string_view stream) {
  const std::size_t end = stream.find(kEndOfHead);
  if (end == std::string_view::npos) return std::nullopt;
  const std::size_t line = stream.find(kEndOfLine);
  return Head{stream.substr(0, line), stream.substr(line, end - line), end + kEndOfHead.size()};
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lowered;
}

/// Of the first such field; nullopt without one.
std::optional<std::string> field(const Head& head, std::string_view name) {
  const std::string fields = lower(head.fields), wanted = fmt::format("\r\n{}:", name);
  const std::size_t at = fields.find(wanted);
  if (at == std::string::npos) return std::nullopt;
  std::string value = fields.substr(at + wanted.size(), fields.find(kEndOfLine, at + 2) - at - wanted.size());
  value.erase(0, value.find_first_not_of(" \t"));
  value.erase(value.find_last_not_of(" \t") + 1);
  return value;
}

std::optional<std::size_t> number(std::string_view text, int base = 10) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end != text.data() ? std::optional(value) : std::nullopt;
}

/// Bytes of a chunked body that begins here, the last chunk and its trailers included; all there is when it is cut
/// short.
std::size_t chunked_bytes(std::string_view stream) {
  for (std::size_t at = 0;;) {
    const std::size_t line_end = stream.find(kEndOfLine, at);
    const auto size = line_end == std::string_view::npos ? std::nullopt : number(stream.substr(at, line_end - at), 16);
    if (!size || *size > stream.size()) return stream.size();
    if (*size == 0) {
      const std::size_t end = stream.find(kEndOfHead, line_end);
      return end == std::string_view::npos ? stream.size() : end + kEndOfHead.size();
    }
    at = line_end + kEndOfLine.size() + *size + kEndOfLine.size();
    if (at > stream.size()) return stream.size();
  }
}

std::size_t body_bytes(const Head& head, std::string_view rest, bool until_closed) {
  if (field(head, "transfer-encoding") == "chunked") return chunked_bytes(rest);
  if (const auto length = field(head, "content-length")) return std::min(number(*length).value_or(0), rest.size());
  return until_closed ? rest.size() : 0;
}

void open_envelope(std::string_view text, Item& item) {
  if (auto envelope = messages::decode(text)) {
    item.is_envelope = true;
    item.messages = std::move(envelope->messages);
  }
}

Item unreadable(std::size_t begin, std::size_t end, ItemKind kind, const char* what) {
  return {.begin = begin, .end = end, .kind = kind, .name = what, .is_envelope = false, .messages = {}};
}

// -- frames -------------------------------------------------------------------------------------------------------

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

struct Frame {
  int opcode = 0;
  bool last = false, masked = false;
  std::size_t bytes = 0;  ///< in all
  std::string payload;    ///< unmasked
};

std::optional<Frame> read_frame(std::string_view stream) {
  if (stream.size() < 2) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(stream[0]), second = static_cast<std::uint8_t>(stream[1]);
  const std::size_t short_length = second & 0x7f;
  const std::size_t length_bytes = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  Frame frame{
      .opcode = first & 0x0f, .last = (first & 0x80) != 0, .masked = (second & 0x80) != 0, .bytes = 0, .payload = {}};
  const std::size_t head = 2 + length_bytes + (frame.masked ? 4 : 0);
  if (stream.size() < head) return std::nullopt;
  const std::uint64_t length = length_bytes == 0 ? short_length : big_endian(stream.substr(2, length_bytes));
  if (length > stream.size() - head) return std::nullopt;
  frame.bytes = head + length;
  frame.payload = stream.substr(head, length);
  for (std::size_t i = 0; frame.masked && i < length; ++i)
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ stream[head - 4 + i % 4]);
  return frame;
}

std::string opcode_name(const Frame& frame) {
  switch (frame.opcode) {
    case 0: return "continuation frame";
    case 1: return "text frame";
    case 2: return "binary frame";
    case 8:
      return frame.payload.size() < 2
                 ? "close"
                 : fmt::format("close {}", big_endian(std::string_view(frame.payload).substr(0, 2)));
    case 9: return "ping";
    case 10: return "pong";
    default: return fmt::format("frame of unknown opcode {}", frame.opcode);
  }
}

void read_frames(std::string_view stream, std::size_t begin, std::vector<Item>& items) {
  while (begin < stream.size()) {
    const auto frame = read_frame(stream.substr(begin));
    if (!frame) return items.push_back(unreadable(begin, stream.size(), ItemKind::frame, "frame, cut short"));
    Item item{begin, begin + frame->bytes, ItemKind::frame, opcode_name(*frame), false, {}};
    if (!frame->last) item.name += ", to be continued";
    if (frame->masked) item.name += ", masked";
    if (frame->opcode == 1 && frame->last) open_envelope(frame->payload, item);
    items.push_back(std::move(item));
    begin += frame->bytes;
  }
}

// -- HTTP ---------------------------------------------------------------------------------------------------------

/// "GET /x HTTP/1.1" without the version.
std::string request_name(std::string_view line) { return std::string(line.substr(0, line.rfind(" HTTP/"))); }

/// "HTTP/1.1 200 OK" without it.
std::string status_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  return space == std::string_view::npos ? std::string(line) : std::string(line.substr(space + 1));
}

/// Where the requests end: at the stream's end, or where `upgraded` it turns into frames.
std::size_t read_requests(std::string_view stream, bool upgraded, std::vector<Item>& items) {
  std::size_t begin = 0;
  while (begin < stream.size()) {
    const auto head = read_head(stream.substr(begin));
    if (!head || head->first_line.find(" HTTP/1.") == std::string_view::npos) {
      items.push_back(unreadable(begin, stream.size(), ItemKind::request, head ? "no HTTP" : "request, cut short"));
      return stream.size();
    }
    const std::string_view rest = stream.substr(begin + head->bytes);
    const std::size_t body = body_bytes(*head, rest, false);
    Item item{begin, begin + head->bytes + body, ItemKind::request, request_name(head->first_line), false, {}};
    if (item.name.starts_with("POST ")) item.messages.emplace_back(rest.substr(0, body));
    begin = item.end;
    items.push_back(std::move(item));
    if (upgraded && field(*head, "upgrade") == "websocket") return begin;
  }
  return begin;
}

/// The same; whether it was upgraded is in the answers themselves.
std::size_t read_responses(std::string_view stream, bool& upgraded, std::vector<Item>& items) {
  std::size_t begin = 0;
  while (begin < stream.size() && !upgraded) {
    const auto head = read_head(stream.substr(begin));
    if (!head || !head->first_line.starts_with("HTTP/1.")) {
      items.push_back(unreadable(begin, stream.size(), ItemKind::response, head ? "no HTTP" : "answer, cut short"));
      return stream.size();
    }
    const std::string_view rest = stream.substr(begin + head->bytes);
    Item item{begin, 0, ItemKind::response, status_of(head->first_line), false, {}};
    const bool without_body =
        item.name.starts_with('1') || item.name.starts_with("204") || item.name.starts_with("304");
    const std::size_t body = without_body ? 0 : body_bytes(*head, rest, true);
    if (item.name.starts_with("200")) open_envelope(rest.substr(0, body), item);
    upgraded = item.name.starts_with("101");
    begin = item.end = begin + head->bytes + body;
    items.push_back(std::move(item));
  }
  return begin;
}

}  // namespace

Conversation read_conversation(std::string_view client, std::string_view server) {
  Conversation conversation;
  bool upgraded = false;
  const std::size_t frames_from_server = read_responses(server, upgraded, conversation.from_server);
  const std::size_t frames_from_client = read_requests(client, upgraded, conversation.from_client);
  read_frames(server, frames_from_server, conversation.from_server);
  read_frames(client, frames_from_client, conversation.from_client);
  return conversation;
}

}  // namespace wirelab::ladder
