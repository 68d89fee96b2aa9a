#include "net/request_check.hpp"

#include <algorithm>
#include <limits>

#include "net/field_text.hpp"

namespace wirelab::net {
namespace {

using Check = std::optional<Refusal>;

Refusal refusal(int status, std::string error, Headers headers = {}) {
  return {status, std::move(error), std::move(headers)};
}

/// Whether a comma-separated list (RFC 9110 §5.6.1) has the token.
bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto element = list.substr(0, list.find(','));
    if (equals_ignoring_case(trimmed(element), token)) return true;
    list.remove_prefix(std::min(list.size(), element.size() + 1));
  }
  return false;
}

Check check_version(const RequestHead& head) {
  const std::string_view version = head.version;
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
  const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                           version[6] == '.' && is_digit(version[7]);
  if (well_formed) return refusal(505, "HTTP/1.1 and HTTP/1.0 are spoken here");
  return refusal(400, "the request line does not end in HTTP/1.1 (RFC 9112 §3)");
}

Check check_lengths(const RequestHead& head, const RequestLimits& limits) {
  if (head.target_bytes > limits.target_bytes)
    return refusal(414, "path and query are longer than " + std::to_string(limits.target_bytes) + " bytes");
  if (head.header_bytes > limits.header_bytes)
    return refusal(431,
                   "request line and header fields are longer than " + std::to_string(limits.header_bytes) + " bytes");
  return std::nullopt;
}

Check check_host(const RequestHead& head) {
  if (head.host_fields == 1 && !is_host(trimmed(head.host))) return refusal(400, "Host is no host and port");
  if (head.host_fields == 1 || (head.host_fields == 0 && head.version == "HTTP/1.0")) return std::nullopt;
  return refusal(400, head.host_fields == 0 ? "Host is missing" : "Host is there twice");
}

/// Saturates: what does not fit is too long for anybody.
std::optional<std::size_t> parse_length(std::string_view text) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::size_t length = 0;
  for (const char digit : text)
    length = length > kMost / 10 - 1 ? kMost : length * 10 + static_cast<std::size_t>(digit - '0');
  return length;
}

bool may_have_body(const Request& request) { return request.method != "GET" && request.method != "HEAD"; }

Check check_coding(RequestHead& head) {
  if (head.version != "HTTP/1.1") return refusal(400, "Transfer-Encoding in HTTP/1.0");  // RFC 9112 §6.1
  if (!equals_ignoring_case(trimmed(head.transfer_encoding), "chunked"))
    return refusal(501, "the only transfer coding here is chunked");
  if (!may_have_body(head.request)) return refusal(400, head.request.method + " takes no body");
  head.chunked = true;
  return std::nullopt;
}

/// Two ways to read where a body ends are how requests are smuggled (RFC 9112 §6.3, §11.2).
Check check_delimiters(RequestHead& head) {
  if (head.has_transfer_encoding && head.content_length_fields > 0)
    return refusal(400, "both Transfer-Encoding and Content-Length");
  if (head.has_transfer_encoding) return check_coding(head);
  if (head.content_length_fields == 0) return std::nullopt;
  if (head.content_length_fields > 1) return refusal(400, "Content-Length is there twice");
  const auto length = parse_length(trimmed(head.content_length));
  if (!length) return refusal(400, "Content-Length is not a plain number");
  head.request.has_content_length = true;
  head.request.content_length = *length;
  if (*length > 0 && !may_have_body(head.request)) return refusal(400, head.request.method + " takes no body");
  return std::nullopt;
}

/// 16 bytes in base64 (RFC 6455 §4.1): 22 characters, of the last one only four bits, and the padding.
bool is_websocket_key(std::string_view key) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.ends_with("==") && key.find_first_not_of(kAlphabet) == 22 &&
         std::string_view("AQgw").find(key[21]) != std::string_view::npos;
}

void append_json_string(std::string& json, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += "\\u00";
      json += kHex[static_cast<std::size_t>(c >> 4)];
      json += kHex[static_cast<std::size_t>(c & 0xf)];
    } else {
      json += c;
    }
  }
  json += '"';
}

/// How many bytes follow the first one of a UTF-8 sequence that is not ASCII, and between what the second one must be.
struct Sequence {
  std::size_t more = 0;
  unsigned char second_min = 0x80, second_max = 0xbf;
};

std::optional<Sequence> sequence_of(unsigned char first) {
  if (first >= 0xc2 && first <= 0xdf) return Sequence{1};
  if (first == 0xe0) return Sequence{2, 0xa0, 0xbf};
  if (first == 0xed) return Sequence{2, 0x80, 0x9f};
  if (first >= 0xe1 && first <= 0xef) return Sequence{2};
  if (first == 0xf0) return Sequence{3, 0x90, 0xbf};
  if (first == 0xf4) return Sequence{3, 0x80, 0x8f};
  if (first >= 0xf1 && first <= 0xf3) return Sequence{3};
  return std::nullopt;
}

/// RFC 3986 §3.2.2: reg-name, of which an IPv4 address is one.
bool is_registered_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_letter_or_digit(text[i]) &&
               std::string_view("-._~!$&'()*+,;=").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool within(unsigned char byte, unsigned char min, unsigned char max) { return byte >= min && byte <= max; }

}  // namespace

std::optional<Refusal> check_head(RequestHead& head, const RequestLimits& limits) {
  if (auto refused = check_lengths(head, limits)) return refused;  // first: of what is too long, the end is missing
  if (auto refused = check_version(head)) return refused;
  if (auto refused = check_host(head)) return refused;
  return check_delimiters(head);
}

std::optional<Refusal> check_upgrade(RequestHead& head) {
  if (!equals_ignoring_case(head.upgrade, "websocket")) return refusal(501, "the only upgrade here is to websocket");
  if (head.request.method != "GET") return refusal(400, "a WebSocket is opened with GET");
  if (head.version != "HTTP/1.1") return refusal(400, "a WebSocket is opened with HTTP/1.1");
  if (head.request.content_length > 0 || head.chunked) return refusal(400, "an upgrade takes no body");
  if (!has_token(head.connection, "upgrade")) return refusal(400, "Upgrade without Connection: Upgrade");
  if (trimmed(head.websocket_version) != "13")
    return refusal(426, "version 13 of the WebSocket protocol is spoken here", {{"Sec-WebSocket-Version", "13"}});
  if (!is_websocket_key(trimmed(head.websocket_key)))
    return refusal(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  if (!head.websocket_protocol.empty())
    return refusal(400, "no subprotocol is spoken here: leave Sec-WebSocket-Protocol out");
  head.request.upgrade = true;
  return std::nullopt;
}

std::optional<Refusal> check_body(const RequestHead& head, const RequestLimits& limits) {
  const Request& request = head.request;
  const bool has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (has_body && !request.has_content_length && !head.chunked)
    return refusal(411, request.method + " needs Content-Length");
  if (request.content_length > limits.payload_bytes)
    return refusal(413, "the payload is longer than " + std::to_string(limits.payload_bytes) + " bytes");
  return std::nullopt;
}

bool keeps_connection(const RequestHead& head) {
  return head.version == "HTTP/1.1" && !has_token(head.connection, "close");
}

Answer refusal_answer(const Refusal& refusal) {
  std::string body = "{\"error\":";
  append_json_string(body, refusal.error);
  body += '}';
  Answer answer;
  answer.status = refusal.status;
  answer.headers = refusal.headers;
  answer.body = SharedText(body);
  answer.then = Then::close;
  return answer;
}

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    if (byte(i) < 0x80) {
      ++i;
      continue;
    }
    const auto sequence = sequence_of(byte(i));
    if (!sequence || i + sequence->more >= text.size()) return false;
    for (std::size_t k = 1; k <= sequence->more; ++k) {
      const bool good =
          k == 1 ? within(byte(i + k), sequence->second_min, sequence->second_max) : within(byte(i + k), 0x80, 0xbf);
      if (!good) return false;
    }
    i += sequence->more + 1;
  }
  return true;
}

bool is_token(std::string_view text) { return !text.empty() && kTokenCharacters.has_all(text); }

bool is_host(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    const auto address = text.substr(1, end - 1);
    if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
    port = text.substr(end + 1);
  } else {
    const auto name = text.substr(0, text.find(':'));
    if (!is_registered_name(name)) return false;
    port = text.substr(name.size());
  }
  return port.empty() || (port.front() == ':' && std::all_of(port.begin() + 1, port.end(), is_digit));
}

bool expects_continue(const RequestHead& head) {
  return head.version == "HTTP/1.1" && equals_ignoring_case(trimmed(head.expect), "100-continue");
}

bool is_close_code(std::uint16_t code) {
  const bool registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  return registered || (code >= 3000 && code <= 4999);
}

}  // namespace wirelab::net
