#pragma once
// Reads the header section of a request (RFC 9112 §2 to §5): one page, strict, and without memory of its own. Nothing
// is repaired: a line that ends in anything but CRLF, a folded line, a name that is no token, a control character in a
// value is refused, because what one reader repairs another one reads otherwise (RFC 9112 §11.2). Whether a well-formed
// request is also one to be served is for net/request_check.hpp to say.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace wirelab::net {

/// Why a request is not served. The connection is closed after it.
struct Refusal {
  int status = 400;
  std::string error;
  Headers headers;
};

/// A header section as it came, and the request that is made of it. The views are into the bytes that were read.
struct RequestHead {
  Request request;           ///< method, path, query, headers; check_head() adds the length, check_upgrade() `upgrade`
  std::string_view version;  ///< "HTTP/1.1"
  std::string_view target_authority;  ///< of a target that is a whole address; then it is also what `host` says
  std::size_t target_bytes = 0;       ///< path, question mark and query
  std::size_t header_bytes = 0;       ///< request line, fields, blank line
  std::size_t host_fields = 0;
  std::string_view host;  ///< the first one
  std::size_t content_length_fields = 0;
  std::string_view content_length;     ///< the first one
  bool has_transfer_encoding = false;  ///< also an empty one
  bool chunked = false;                ///< check_head() says so
  std::string transfer_encoding;       ///< this and the following: of several fields joined with commas
  std::string expect;
  std::string connection;
  std::string upgrade;  ///< empty when there is none
  std::string websocket_key;
  std::string websocket_version;
  std::string websocket_protocol;
};

/// How many bytes at the beginning are line ends, which are to be left out (RFC 9112 §2.2).
std::size_t line_ends_before(std::string_view bytes);

/// The length of the header section, its blank line included; nullopt when that is not there yet. The first `searched`
/// bytes are known to have no end of it.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t searched = 0);

/// What can be said of a header section whose end has not come: that it cannot become a request, or that it is already
/// longer than the limit.
std::optional<Refusal> check_beginning(std::string_view bytes, std::size_t header_bytes_limit);

/// `section` as find_head_end() measured it. Of the fields that are `wanted` (names in lower case), those that are not
/// empty are kept. `head` must be fresh, but for its request, whose strings are used again.
std::optional<Refusal> parse_head(std::string_view section, const std::vector<std::string>& wanted, RequestHead& head);

}  // namespace wirelab::net
