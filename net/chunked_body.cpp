#include "net/chunked_body.hpp"

#include <algorithm>

#include "net/field_text.hpp"

namespace wirelab::net {
namespace {

/// Of what nobody sees, extensions and trailers together, so much per body: nobody has a use for more.
constexpr std::size_t kUnseenBytes = 4 * 1024;

/// Zeros in front included; what needs more does not fit in 64 bits.
constexpr std::size_t kSizeDigits = 16;

}  // namespace

ChunkedBody::State ChunkedBody::take(std::string_view& input, std::string& body) {
  while (!input.empty()) {
    if (part_ == Part::data) {
      const auto piece = input.substr(0, chunk_bytes_);
      body.append(piece);
      input.remove_prefix(piece.size());
      chunk_bytes_ -= piece.size();
      if (chunk_bytes_ == 0) part_ = Part::data_cr;
      continue;
    }
    const State state = take_one(input.front());
    if (state != State::more && state != State::whole) return state;
    input.remove_prefix(1);
    if (state == State::whole) return state;
  }
  return State::more;
}

ChunkedBody::State ChunkedBody::take_one(char c) {
  switch (part_) {
    case Part::size: return on_size(c);
    case Part::extension:
      if (c == '\r') return expect(c, '\r', Part::size_end);
      return kValueCharacters.has(c) && ++unseen_bytes_ <= kUnseenBytes ? State::more : State::malformed;
    case Part::size_end: return on_size_line_end(c);
    case Part::data_cr: return expect(c, '\r', Part::data_end);
    case Part::data_end: size_digits_ = 0; return expect(c, '\n', Part::size);
    case Part::trailer: return on_trailer(c);
    case Part::trailer_end: line_has_bytes_ = false; return expect(c, '\n', Part::trailer);
    case Part::last_end: return c == '\n' ? State::whole : State::malformed;
    case Part::data: break;  // take() has it
  }
  return State::malformed;
}

ChunkedBody::State ChunkedBody::on_size(char c) {
  if (is_hex(c)) {
    if (++size_digits_ > kSizeDigits) return State::malformed;
    chunk_bytes_ = chunk_bytes_ << 4 | hex_value(c);
    return State::more;
  }
  if (size_digits_ == 0) return State::malformed;
  if (c == ';') part_ = Part::extension;
  if (c == '\r') part_ = Part::size_end;
  return part_ == Part::size ? State::malformed : State::more;
}

ChunkedBody::State ChunkedBody::on_size_line_end(char c) {
  if (c != '\n') return State::malformed;
  if (chunk_bytes_ > room_bytes_) return State::too_long;
  room_bytes_ -= chunk_bytes_;
  part_ = chunk_bytes_ == 0 ? Part::trailer : Part::data;
  return State::more;
}

ChunkedBody::State ChunkedBody::on_trailer(char c) {
  if (c == '\r') {
    part_ = line_has_bytes_ ? Part::trailer_end : Part::last_end;
    return State::more;
  }
  line_has_bytes_ = true;
  return kValueCharacters.has(c) && ++unseen_bytes_ <= kUnseenBytes ? State::more : State::malformed;
}

ChunkedBody::State ChunkedBody::expect(char c, char wanted, Part next) {
  if (c != wanted) return State::malformed;
  part_ = next;
  return State::more;
}

}  // namespace wirelab::net
