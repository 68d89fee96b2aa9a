#pragma once
// The characters of HTTP (RFC 9110 §5.6) and what is compared without regard to case.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace wirelab::net {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

/// Of a character that is_hex().
constexpr std::size_t hex_value(char c) {
  return static_cast<std::size_t>(is_digit(c) ? c - '0' : lower(c) - 'a' + 10);
}

constexpr bool is_letter_or_digit(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

/// A set of characters that is looked up with one step each.
class CharacterSet {
 public:
  constexpr explicit CharacterSet(bool (*is_in)(char)) {
    for (unsigned byte = 0; byte < has_.size(); ++byte) has_[byte] = is_in(static_cast<char>(byte));
  }
  constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }
  constexpr bool has_all(std::string_view text) const {
    for (const char c : text)
      if (!has(c)) return false;
    return true;
  }

 private:
  std::array<bool, 256> has_{};
};

/// Of a field's name or a method (RFC 9110 §5.6.2).
inline constexpr CharacterSet kTokenCharacters([](char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
});

/// Of a field's value (RFC 9110 §5.5): no control characters but the tab.
inline constexpr CharacterSet kValueCharacters([](char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
});

inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

/// Without the blanks around it (RFC 9110 §5.6.3).
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace wirelab::net
