#include "net/request_head.hpp"

#include <array>

#include "net/field_text.hpp"
#include "net/request_check.hpp"

namespace wirelab::net {
namespace {

using Refused = std::optional<Refusal>;

Refusal bad_request(std::string error) { return {400, std::move(error), {}}; }

/// What is served somewhere, and what is refused by its path (RFC 9110 §9.1: case-sensitive).
constexpr std::array<std::string_view, 7> kMethods = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"};

/// In a target (RFC 3986 §2), and what browsers do not escape in a query. A fragment is never sent.
constexpr CharacterSet kTargetCharacters([](char c) { return c > 0x20 && c < 0x7f && c != '#'; });

/// Takes the next line off the section, without its end; nullopt when that is not CRLF.
std::optional<std::string_view> take_line(std::string_view& section) {
  const auto end = section.find('\n');
  if (end == std::string_view::npos || end == 0 || section[end - 1] != '\r') return std::nullopt;
  const auto line = section.substr(0, end - 1);
  section.remove_prefix(end + 1);
  return line;
}

Refused check_method(std::string_view method) {
  for (const auto known : kMethods)
    if (method == known) return std::nullopt;
  if (!is_token(method)) return bad_request("this is not HTTP/1.1");
  return Refusal{501, "the method is not known here", {}};
}

/// Escapes that are none, and the NUL, which ends texts in too many places.
bool has_bad_escape(std::string_view target) {
  for (auto at = target.find('%'); at != std::string_view::npos; at = target.find('%', at + 1)) {
    const auto digits = target.substr(at + 1, 2);
    if (digits.size() < 2 || !is_hex(digits[0]) || !is_hex(digits[1]) || digits == "00") return true;
  }
  return false;
}

/// Undoes the escapes that are none's business (RFC 3986 §6.2.2.2): "%61" is "a" wherever it stands.
void assign_normalised(std::string& to, std::string_view text) {
  to.clear();
  for (auto escape = text.find('%'); escape != std::string_view::npos; escape = text.find('%')) {
    const char c = static_cast<char>(hex_value(text[escape + 1]) << 4 | hex_value(text[escape + 2]));
    const bool needless = is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
    to += text.substr(0, escape);
    if (needless) {
      to += c;
    } else {
      to += text.substr(escape, 3);
    }
    text.remove_prefix(escape + 3);
  }
  to += text;
}

/// "http://host:port/path?query" (RFC 9112 §3.2.2): takes all but path and query off.
Refused take_authority(std::string_view& target, RequestHead& head) {
  constexpr std::string_view kScheme = "http://";
  if (!equals_ignoring_case(target.substr(0, kScheme.size()), kScheme))
    return bad_request("the target is neither a path nor an http:// address");
  target.remove_prefix(kScheme.size());
  const auto authority = target.substr(0, target.find_first_of("/?"));
  if (authority.empty() || !is_host(authority)) return bad_request("the target has no host and port");
  target.remove_prefix(authority.size());
  head.target_authority = authority;
  return std::nullopt;
}

Refused parse_target(std::string_view target, RequestHead& head) {
  if (target.empty() || !kTargetCharacters.has_all(target))
    return bad_request("the target has a character that must be escaped");
  if (has_bad_escape(target)) return bad_request("the target has an escape that is none");
  const bool asterisk = target == "*" && head.request.method == "OPTIONS";
  if (target.front() != '/' && !asterisk)
    if (auto refused = take_authority(target, head)) return refused;
  head.target_bytes = target.size();
  const auto path = target.substr(0, target.find('?'));
  assign_normalised(head.request.path, path.empty() ? "/" : path);
  target.remove_prefix(path.size());
  assign_normalised(head.request.query, target.substr(target.empty() ? 0 : 1));
  return std::nullopt;
}

Refused parse_request_line(std::string_view line, RequestHead& head) {
  const auto method = line.substr(0, line.find(' '));
  if (auto refused = check_method(method)) return refused;
  head.request.method.assign(method);
  line.remove_prefix(std::min(line.size(), method.size() + 1));
  const auto target = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), target.size() + 1));
  head.version = line;
  return parse_target(target, head);
}

/// Of several fields, one list (RFC 9110 §5.3).
void append_value(std::string& to, std::string_view value) {
  if (!to.empty()) to += ", ";
  to += value;
}

void keep_host(RequestHead& head, std::string_view value) {
  if (head.host_fields++ == 0) head.host = value;
}

void keep_content_length(RequestHead& head, std::string_view value) {
  if (head.content_length_fields++ == 0) head.content_length = value;
}

void keep_transfer_encoding(RequestHead& head, std::string_view value) {
  head.has_transfer_encoding = true;
  append_value(head.transfer_encoding, value);
}

/// The fields that say how to read the request or what becomes of its connection.
struct KnownField {
  std::string_view name;
  void (*keep)(RequestHead&, std::string_view value);
};

constexpr std::array kKnownFields = {
    KnownField{"host", keep_host},
    KnownField{"connection", [](RequestHead& head, std::string_view value) { append_value(head.connection, value); }},
    KnownField{"content-length", keep_content_length},
    KnownField{"transfer-encoding", keep_transfer_encoding},
    KnownField{"expect", [](RequestHead& head, std::string_view value) { append_value(head.expect, value); }},
    KnownField{"upgrade", [](RequestHead& head, std::string_view value) { append_value(head.upgrade, value); }},
    KnownField{"sec-websocket-key",
               [](RequestHead& head, std::string_view value) { append_value(head.websocket_key, value); }},
    KnownField{"sec-websocket-version",
               [](RequestHead& head, std::string_view value) { append_value(head.websocket_version, value); }},
    KnownField{"sec-websocket-protocol",
               [](RequestHead& head, std::string_view value) { append_value(head.websocket_protocol, value); }},
};

bool is_named(std::string_view name, std::string_view lower_case) {
  return name.size() == lower_case.size() && lower(name.front()) == lower_case.front() &&
         equals_ignoring_case(name, lower_case);
}

void keep_wanted(Headers& headers, const std::string& name, std::string_view value) {
  if (value.empty()) return;
  for (auto& [kept_name, kept_value] : headers)
    if (kept_name == name) return append_value(kept_value, value);
  headers.emplace_back(name, value);
}

Refused parse_field(std::string_view line, const std::vector<std::string>& wanted, RequestHead& head) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad_request("a header line without a colon");
  const auto name = line.substr(0, colon);
  if (!is_token(name)) return bad_request("a field name has a character that is none of a token's");
  const auto value = trimmed(line.substr(colon + 1));
  if (!kValueCharacters.has_all(value)) return bad_request("a field value has a control character");
  for (const KnownField& known : kKnownFields)
    if (is_named(name, known.name)) known.keep(head, value);
  for (const std::string& one : wanted)
    if (is_named(name, one)) keep_wanted(head.request.headers, one, value);
  return std::nullopt;
}

}  // namespace

std::size_t line_ends_before(std::string_view bytes) {
  std::size_t count = 0;
  while (bytes.substr(count, 2) == "\r\n") count += 2;
  return count;
}

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t searched) {
  constexpr std::size_t kLongestEnd = 3;  // "\n\r\n": a part of it may have been there
  for (auto at = bytes.find('\n', searched - std::min(searched, kLongestEnd)); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    const auto behind = bytes.substr(at + 1, 2);
    if (behind.starts_with('\n')) return at + 2;  // found, to be refused: who ends lines so waits for an answer
    if (behind == "\r\n") return at + 3;
  }
  return std::nullopt;
}

std::optional<Refusal> check_beginning(std::string_view bytes, std::size_t header_bytes_limit) {
  const auto method = bytes.substr(0, bytes.find(' '));
  if (!kTokenCharacters.has_all(method.substr(0, method.find_first_of("\r\n"))))
    return bad_request("this is not HTTP/1.1");
  if (bytes.size() <= header_bytes_limit) return std::nullopt;
  if (bytes.substr(0, header_bytes_limit).find('\n') == std::string_view::npos)
    return Refusal{414, "the request line does not end", {}};
  return Refusal{431, "the header section is longer than " + std::to_string(header_bytes_limit) + " bytes", {}};
}

std::optional<Refusal> parse_head(std::string_view section, const std::vector<std::string>& wanted, RequestHead& head) {
  const auto request_line = take_line(section);
  if (!request_line) return bad_request("a line does not end in CRLF");
  if (auto refused = parse_request_line(*request_line, head)) return refused;
  while (true) {
    const auto line = take_line(section);
    if (!line) return bad_request("a line does not end in CRLF");
    if (line->empty()) break;
    if (auto refused = parse_field(*line, wanted, head)) return refused;
  }
  for (auto& [name, value] : head.request.headers)
    if (name == "host" && !head.target_authority.empty()) value = head.target_authority;  // RFC 9112 §3.2.2
  return std::nullopt;
}

}  // namespace wirelab::net
