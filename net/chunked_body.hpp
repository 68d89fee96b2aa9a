#pragma once
// A body in chunks (RFC 9112 §7.1), taken apart as it comes. Extensions and trailers are read over.
#include <cstddef>
#include <string>
#include <string_view>

namespace wirelab::net {

class ChunkedBody {
 public:
  /// `body_bytes`: the longest body that is taken.
  explicit ChunkedBody(std::size_t body_bytes) : room_bytes_(body_bytes) {}

  enum class State { more, whole, too_long, malformed };
  /// Takes what belongs to the body off `input` and appends its data to `body`. To be called until it is no longer
  /// `more`, and then never again. No more than a few bytes are kept here.
  State take(std::string_view& input, std::string& body);

 private:
  enum class Part { size, extension, size_end, data, data_cr, data_end, trailer, trailer_end, last_end };

  State take_one(char c);
  State on_size(char c);
  State on_size_line_end(char c);
  State on_trailer(char c);
  State expect(char c, char wanted, Part next);

  Part part_ = Part::size;
  std::size_t room_bytes_;
  std::size_t chunk_bytes_ = 0;
  std::size_t size_digits_ = 0;
  std::size_t unseen_bytes_ = 0;  // extensions and trailers so far
  bool line_has_bytes_ = false;   // of the trailer section's present line
};

}  // namespace wirelab::net
