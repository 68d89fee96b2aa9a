#pragma once
// What a server has to look at before it believes a request (RFC 9112 §3 and §6, RFC 6455 §4.2.1), as pure functions of
// its header section. The library below checks none of it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace wirelab::net {

/// A header section as it came, and the request that is made of it.
struct RequestHead {
  Request request;      ///< method, path, query and headers; check_head() adds the length, check_upgrade() `upgrade`
  std::string version;  ///< "HTTP/1.1"
  std::size_t target_bytes = 0;  ///< path, question mark and query
  std::size_t header_bytes = 0;  ///< request line, fields, blank line
  std::size_t host_fields = 0;
  std::string host;                 ///< of several: joined with commas
  bool strange_field_name = false;  ///< one that is no token (RFC 9110 §5.1), or has swallowed what follows it
  std::vector<std::string> content_lengths;  ///< the value of each such field
  bool has_transfer_encoding = false;        ///< also an empty one
  std::string transfer_encoding;             ///< this and the following: empty when there is none
  std::string expect;
  std::string connection;  ///< of several fields: joined with commas
  std::string upgrade;
  std::string websocket_key;
  std::string websocket_version;
  std::string websocket_protocol;
  std::size_t websocket_extensions_bytes = 0;
};

struct RequestLimits {
  std::size_t payload_bytes = 0;
  std::size_t target_bytes = 0;
  std::size_t header_bytes = 0;
};

/// Why a request is not served. The connection is closed after it.
struct Refusal {
  int status = 400;
  std::string error;
  Headers headers;
};

/// Version, lengths, Host, and what delimits the body. Fills in Request::content_length.
std::optional<Refusal> check_head(RequestHead& head, const RequestLimits& limits);

/// Whether an `Upgrade: websocket` is valid; sets Request::upgrade if so. Of a head that check_head() let pass.
std::optional<Refusal> check_upgrade(RequestHead& head);

/// Whether the body may come. Of a request that check_head() let pass; asked last, so that a wrong path is told first.
std::optional<Refusal> check_body(const Request& request, const RequestLimits& limits);

/// Whether the connection is kept after the answer as far as the client is concerned. HTTP/1.0 never keeps it here: its
/// keep-alive was an extension with a flaw (RFC 9112 §C.2.2).
bool keeps_connection(const RequestHead& head);

/// {"error":"…"}, and the connection is closed.
Answer refusal_answer(const Refusal& refusal);

/// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF, nothing cut off.
bool is_utf8(std::string_view text);

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), without a look at what is inside an IP literal's brackets but its
/// characters.
bool is_host(std::string_view text);

/// A field name's characters (RFC 9110 §5.6.2), at least one.
bool is_token(std::string_view text);

/// Whether the client waits to be told that it may send the body (RFC 9110 §10.1.1).
bool expects_continue(const RequestHead& head);

/// Whether a peer may send this code in a close frame (RFC 6455 §7.4).
bool is_close_code(std::uint16_t code);

}  // namespace wirelab::net
