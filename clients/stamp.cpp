#include "clients/stamp.hpp"

#include <charconv>

namespace wirelab::clients {
namespace {

void write_hex(std::string& out, std::uint64_t value, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int digit = digits - 1; digit >= 0; --digit) out.push_back(kDigits[(value >> (4 * digit)) & 0xf]);
  out.push_back(' ');
}

/// Takes `digits` hex digits and a space off the front; false when they are not there.
template <typename Number>
bool read_hex(std::string_view& text, std::size_t digits, Number* value) {
  const char* const end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, *value, 16);
  if (error != std::errc{} || stop != end || *end != ' ') return false;
  text.remove_prefix(digits + 1);
  return true;
}

}  // namespace

std::string write_stamp(const Stamp& stamp, std::size_t payload_bytes, std::string_view text) {
  std::string payload;
  payload.reserve(std::max(payload_bytes, kStampBytes + text.size()));
  write_hex(payload, stamp.run, 8);
  write_hex(payload, stamp.publisher, 4);
  write_hex(payload, stamp.sequence, 8);
  write_hex(payload, static_cast<std::uint64_t>(stamp.due.count()), 16);
  write_hex(payload, static_cast<std::uint64_t>(stamp.sent.count()), 16);
  payload.append(text);
  if (payload.size() < payload_bytes) payload.append(payload_bytes - payload.size(), '.');
  return payload;
}

std::optional<Stamp> read_stamp(std::string_view payload) {
  if (payload.size() < kStampBytes) return std::nullopt;
  Stamp stamp;
  std::uint64_t due = 0, sent = 0;
  const bool complete = read_hex(payload, 8, &stamp.run) && read_hex(payload, 4, &stamp.publisher) &&
                        read_hex(payload, 8, &stamp.sequence) && read_hex(payload, 16, &due) &&
                        read_hex(payload, 16, &sent);
  if (!complete) return std::nullopt;
  stamp.due = net::Nanos(static_cast<std::int64_t>(due));
  stamp.sent = net::Nanos(static_cast<std::int64_t>(sent));
  return stamp;
}

}  // namespace wirelab::clients
