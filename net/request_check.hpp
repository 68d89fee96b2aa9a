#pragma once
// What a server has to look at before it believes a request (RFC 9112 §3 and §6, RFC 6455 §4.2.1), as pure functions of
// its header section, once that is read (net/request_head.hpp).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/request_head.hpp"

namespace wirelab::net {

struct RequestLimits {
  std::size_t payload_bytes = 0;
  std::size_t target_bytes = 0;
  std::size_t header_bytes = 0;
};

/// Version, lengths, Host, and what delimits the body. Fills in Request::content_length.
std::optional<Refusal> check_head(RequestHead& head, const RequestLimits& limits);

/// Whether an `Upgrade: websocket` is valid; sets Request::upgrade if so. Of a head that check_head() let pass.
std::optional<Refusal> check_upgrade(RequestHead& head);

/// Whether the body may come. Of a head that check_head() let pass; asked last, so that a wrong path is told first.
std::optional<Refusal> check_body(const RequestHead& head, const RequestLimits& limits);

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
