#include "messages/cursor.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace wirelab::messages {
namespace {

constexpr int kEpochBase = 36;

/// The whole of `text` as a number that to_chars() would have written so, or nullopt.
template <typename Number>
std::optional<Number> parse_canonical(std::string_view text, int base) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool canonical = text.size() == 1 || (!text.empty() && text.front() != '0');
  const bool lower_case = std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (error != std::errc{} || end != text.data() + text.size() || !canonical || !lower_case) return std::nullopt;
  return value;
}

}  // namespace

std::string to_text(Cursor cursor) {
  char text[32];
  char* const end = text + sizeof text;
  char* at = std::to_chars(text, end, cursor.epoch, kEpochBase).ptr;
  *at++ = '-';
  at = std::to_chars(at, end, cursor.sequence).ptr;
  return {text, at};
}

std::optional<Cursor> parse_cursor(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto epoch = parse_canonical<std::uint32_t>(text.substr(0, dash), kEpochBase);
  const auto sequence = parse_canonical<std::uint64_t>(text.substr(dash + 1), 10);
  if (!epoch || *epoch == 0 || !sequence) return std::nullopt;
  return Cursor{*epoch, *sequence};
}

bool is_channel_name(std::string_view name, std::size_t limit) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= limit && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace wirelab::messages
