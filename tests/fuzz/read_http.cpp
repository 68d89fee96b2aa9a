#include <algorithm>
#include <string>
#include <vector>

#include "net/chunked_body.hpp"
#include "net/field_text.hpp"
#include "net/request_check.hpp"
#include "net/request_head.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace wirelab::fuzz {
namespace {

constexpr net::RequestLimits kHttpLimits{100, 200, 1'000};
constexpr std::size_t kPrefixesMax = 2'000;  // each is searched to its end: of a long input all would take too long

void check_request(const net::RequestHead& head) {
  require(head.request.path.starts_with('/') || head.request.path == "*", "a path begins with a slash");
  for (const std::string& text : {head.request.path, head.request.query})
    require(text.find_first_of(std::string_view("\0\r\n #", 5)) == text.npos, "a target has nothing that ends a line");
  for (const auto& [name, value] : head.request.headers)
    require(net::kValueCharacters.has_all(value), "a value has no control characters");
  require(!head.chunked || !head.request.has_content_length, "a body has one end");
}

net::ChunkedBody::State take_by(std::size_t piece_bytes, std::string_view bytes, std::string& body) {
  net::ChunkedBody chunks(kHttpLimits.payload_bytes);
  auto state = net::ChunkedBody::State::more;
  while (state == net::ChunkedBody::State::more && !bytes.empty()) {
    std::string_view piece = bytes.substr(0, piece_bytes);
    const std::size_t offered = piece.size();
    state = chunks.take(piece, body);
    bytes.remove_prefix(offered - piece.size());
  }
  return state;
}

}  // namespace

void read_request(std::string_view bytes) {
  bytes.remove_prefix(net::line_ends_before(bytes));
  const auto length = net::find_head_end(bytes);
  const std::size_t looked_at = std::min(kPrefixesMax, length.value_or(bytes.size()));
  for (std::size_t searched = 0; searched < looked_at; ++searched)
    require(net::find_head_end(bytes, searched) == length, "a header section ends in one place");
  if (!length) return static_cast<void>(net::check_beginning(bytes, kHttpLimits.header_bytes));
  net::RequestHead head;
  head.header_bytes = *length;
  if (net::parse_head(bytes.substr(0, *length), {"host", "origin"}, head)) return;
  if (net::check_head(head, kHttpLimits)) return;
  check_request(head);
}

void read_chunks(std::string_view bytes) {
  std::string at_once, byte_by_byte;
  const auto state = take_by(bytes.size(), bytes, at_once);
  require(take_by(1, bytes, byte_by_byte) == state, "a body ends alike, however it is cut");
  require(at_once == byte_by_byte, "and has the same bytes");
  require(at_once.size() <= kHttpLimits.payload_bytes, "no more than the limit");
}

}  // namespace wirelab::fuzz
