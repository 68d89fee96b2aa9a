#include "net/lws_head.hpp"

#include <libwebsockets.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace wirelab::net {
namespace {

struct Method {
  lws_token_indexes token;
  std::string_view name;
};

constexpr std::array kMethods = {
    Method{WSI_TOKEN_GET_URI, "GET"},         Method{WSI_TOKEN_POST_URI, "POST"}, Method{WSI_TOKEN_HEAD_URI, "HEAD"},
    Method{WSI_TOKEN_OPTIONS_URI, "OPTIONS"}, Method{WSI_TOKEN_PUT_URI, "PUT"},   Method{WSI_TOKEN_PATCH_URI, "PATCH"},
    Method{WSI_TOKEN_DELETE_URI, "DELETE"},
};

std::size_t length_of(lws* wsi, lws_token_indexes token) {
  return static_cast<std::size_t>(lws_hdr_total_length(wsi, token));
}

/// All values of a field, with commas between them.
std::string field(lws* wsi, lws_token_indexes token) {
  const std::size_t length = length_of(wsi, token);
  if (length == 0) return {};
  std::string value(length + 1, '\0');  // the library ends it with a NUL
  const int copied = lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), token);
  value.resize(copied > 0 ? length : 0);
  return value;
}

/// Also when it is empty.
bool is_there(lws* wsi, lws_token_indexes token) {
  char nothing = '\0';
  return length_of(wsi, token) > 0 || lws_hdr_copy_fragment(wsi, &nothing, 1, token, 0) == 0;
}

/// How often a field is there. All but the first value have a blank in front, so that none of them is empty.
std::size_t times(lws* wsi, lws_token_indexes token) {
  int further = 0;
  while (lws_hdr_fragment_length(wsi, token, further + 1) > 0) ++further;
  if (further == 0) return length_of(wsi, token) > 0 ? 1 : 0;
  return static_cast<std::size_t>(further) + 1;
}

std::string value_at(lws* wsi, lws_token_indexes token, std::size_t index) {
  const int at = static_cast<int>(index);
  std::string value(static_cast<std::size_t>(lws_hdr_fragment_length(wsi, token, at)) + 1, '\0');
  const int copied = lws_hdr_copy_fragment(wsi, value.data(), static_cast<int>(value.size()), token, at);
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

/// The characters that stand for themselves (RFC 3986 §2.1): letters, digits and these.
class PlainCharacters {
 public:
  constexpr explicit PlainCharacters(std::string_view others) {
    for (unsigned byte = 0; byte < plain_.size(); ++byte) {
      const char c = static_cast<char>(byte);
      plain_[byte] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     others.find(c) != std::string_view::npos;
    }
  }
  constexpr bool have(char c) const { return plain_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> plain_{};
};

constexpr PlainCharacters kInPath("-._~!$&'()*+,;=:@/"), kInQuery("-._~!$'()*,=:@/?");

/// Appends a decoded text in the form that is sent.
void append_encoded(std::string& to, std::string_view text, const PlainCharacters& plain) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  while (!text.empty()) {
    const auto escaped = std::find_if_not(text.begin(), text.end(), [&](char c) { return plain.have(c); });
    const auto as_it_is = text.substr(0, static_cast<std::size_t>(escaped - text.begin()));
    to += as_it_is;
    text.remove_prefix(as_it_is.size());
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    to += {'%', kHex[byte >> 4], kHex[byte & 0xf]};
    text.remove_prefix(1);
  }
}

/// How the library keeps a field whose name it does not know: two bytes of the name's length, two of the value's, four
/// of where the next one is, the name with its colon, the value.
constexpr std::size_t kNextAt = 4, kNameAt = 8;

/// Whether a field is there whose name is no token. The library takes every byte up to a colon for a name, and when it
/// has begun to recognise one that then ends too early, it goes on to the next colon: a line without a colon, a folded
/// one, or a field `X`, is the beginning of a name that has the next field inside, be it Content-Length. It tells of a
/// field only to who knows its name. So all of the table is searched for what may be one, and the library asked whether
/// it is: a wrong guess at how it keeps them would find nothing, and a test fails then.
bool has_strange_field_name(lws* wsi, std::size_t table_bytes) {
  char* table = nullptr;  // the first thing in it is the path
  int path_bytes = 0;
  if (lws_http_get_uri_and_method(wsi, &table, &path_bytes) < 0) return false;
  const std::string_view bytes(table, table_bytes);
  for (std::size_t at = 0; at + kNameAt < bytes.size(); ++at) {
    if (bytes[at + kNextAt] != '\0')
      continue;  // no table has 16 MiB; this is looked at for every byte of every request
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                                 static_cast<unsigned char>(bytes[at + 1]));
    if (length == 0 || at + kNameAt + length > bytes.size() || bytes[at + kNameAt + length - 1] != ':') continue;
    const auto name = bytes.substr(at + kNameAt, length);
    if (is_token(name.substr(0, length - 1))) continue;
    if (lws_hdr_custom_length(wsi, name.data(), static_cast<int>(length)) >= 0) return true;
  }
  return false;
}

void read_target(lws* wsi, RequestHead& head) {
  for (const Method& method : kMethods) {
    if (length_of(wsi, method.token) == 0) continue;
    head.request.method = method.name;
    append_encoded(head.request.path, field(wsi, method.token), kInPath);
  }
  for (std::size_t i = 0, count = times(wsi, WSI_TOKEN_HTTP_URI_ARGS); i < count; ++i) {
    if (i > 0) head.request.query += '&';
    append_encoded(head.request.query, value_at(wsi, WSI_TOKEN_HTTP_URI_ARGS, i), kInQuery);
  }
  const std::size_t query_bytes = head.request.query.size();
  head.target_bytes = head.request.path.size() + (query_bytes > 0 ? 1 + query_bytes : 0);
}

std::string with_colon(const std::string& name) { return name + ':'; }

int token_of(const std::string& name, int if_unknown) {
  for (int token = 0; token < WSI_TOKEN_COUNT; ++token) {
    const auto* text = lws_token_to_string(static_cast<lws_token_indexes>(token));
    if (text != nullptr && with_colon(name) == reinterpret_cast<const char*>(text)) return token;
  }
  return if_unknown;
}

std::string custom_field(lws* wsi, const std::string& name) {
  const std::string kept_as = with_colon(name);
  const int name_length = static_cast<int>(kept_as.size());
  const int length = lws_hdr_custom_length(wsi, kept_as.c_str(), name_length);
  if (length <= 0) return {};
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  lws_hdr_custom_copy(wsi, value.data(), static_cast<int>(value.size()), kept_as.c_str(), name_length);
  value.resize(static_cast<std::size_t>(length));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
  return value;
}

}  // namespace

WantedFields::WantedFields(const std::vector<std::string>& names) {
  for (const std::string& name : names) fields_.push_back({name, token_of(name, kCustom)});
}

Headers WantedFields::read(lws* wsi) const {
  Headers headers;
  for (const Field& wanted : fields_) {
    std::string value = wanted.token == kCustom ? custom_field(wsi, wanted.name)
                                                : field(wsi, static_cast<lws_token_indexes>(wanted.token));
    if (!value.empty()) headers.emplace_back(wanted.name, std::move(value));
  }
  return headers;
}

RequestHead read_head(lws* wsi, const WantedFields& wanted, std::size_t table_bytes) {
  RequestHead head;
  read_target(wsi, head);
  head.request.headers = wanted.read(wsi);
  head.version = field(wsi, WSI_TOKEN_HTTP);
  head.host_fields = times(wsi, WSI_TOKEN_HOST);
  head.host = field(wsi, WSI_TOKEN_HOST);
  head.strange_field_name = has_strange_field_name(wsi, table_bytes);
  for (std::size_t i = 0; i < times(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH); ++i)
    head.content_lengths.push_back(value_at(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, i));
  if (head.content_lengths.empty() && is_there(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH)) head.content_lengths.emplace_back();
  head.has_transfer_encoding = is_there(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING);
  head.expect = field(wsi, WSI_TOKEN_HTTP_EXPECT);
  head.transfer_encoding = field(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING);
  head.connection = field(wsi, WSI_TOKEN_CONNECTION);
  head.upgrade = field(wsi, WSI_TOKEN_UPGRADE);
  if (head.upgrade.empty()) return head;
  head.websocket_key = field(wsi, WSI_TOKEN_KEY);
  head.websocket_version = field(wsi, WSI_TOKEN_VERSION);
  head.websocket_protocol = field(wsi, WSI_TOKEN_PROTOCOL);
  head.websocket_extensions_bytes = length_of(wsi, WSI_TOKEN_EXTENSIONS);
  return head;
}

bool has_header_table(lws* wsi) {
  // No call says so; but this one leaves the buffer alone when there is no table, and empties it when there is.
  char untouched = 'x';
  lws_hdr_custom_copy(wsi, &untouched, 1, ":", 1);
  return untouched == '\0';
}

std::uint64_t received_bytes(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
  constexpr int kCloseWait = 8;  // the peer's FIN is in, and was counted as a byte
  return info.tcpi_bytes_received - (info.tcpi_state == kCloseWait ? 1 : 0);
}

std::uint64_t unread_bytes(int fd) {
  int unread = 0;
  return ioctl(fd, SIOCINQ, &unread) == 0 ? static_cast<std::uint64_t>(unread) : 0;
}

}  // namespace wirelab::net
