#include "lab/text/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>

namespace wirelab::lab {
namespace {

struct Suffix {
  std::string_view text;
  double factor;
};

constexpr std::array kCounts = {Suffix{"", 1}, Suffix{"k", 1e3}, Suffix{"M", 1e6}, Suffix{"G", 1e9}};
constexpr std::array kBytes = {Suffix{"", 1},     Suffix{"B", 1},    Suffix{"KiB", 1024}, Suffix{"MiB", 1048576},
                               Suffix{"kB", 1e3}, Suffix{"MB", 1e6}, Suffix{"GB", 1e9},   Suffix{"GiB", 1073741824},
                               Suffix{"k", 1e3},  Suffix{"M", 1e6},  Suffix{"G", 1e9}};
constexpr std::array kShares = {Suffix{"", 1}, Suffix{"%", 0.01}};
constexpr std::array kBandwidths = {Suffix{"bit", 1}, Suffix{"kbit", 1e3}, Suffix{"mbit", 1e6}, Suffix{"gbit", 1e9}};
constexpr std::array kDurations = {Suffix{"ns", 1},  Suffix{"us", 1e3}, Suffix{"ms", 1e6},
                                   Suffix{"s", 1e9}, Suffix{"m", 6e10}, Suffix{"h", 3.6e12}};

/// Beyond this a double no longer holds every whole number.
constexpr double kLargest = 9007199254740992.0;

struct Quantity {
  std::string_view what;  // "a duration"
  std::string_view form;  // "like 250ms, 30s, …"
};

[[noreturn]] void refuse(std::string_view text, const Quantity& quantity) {
  throw std::invalid_argument(fmt::format("'{}' is not {}: write it {}", text, quantity.what, quantity.form));
}

double parse(std::string_view text, std::span<const Suffix> suffixes, const Quantity& quantity) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const bool starts_well = !text.empty() && (text[0] == '.' || (text[0] >= '0' && text[0] <= '9'));
  if (!starts_well) refuse(text, quantity);
  const auto parsed = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (parsed.ec != std::errc()) refuse(text, quantity);
  const std::string_view suffix(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  for (const Suffix& known : suffixes)
    if (known.text == suffix) return number * known.factor;
  refuse(text, quantity);
}

std::uint64_t whole(double number, std::string_view text, const Quantity& quantity) {
  const double nearest = std::round(number);
  // 2.01 times 1e9 is 2009999999.9999998: what is only the conversion's error is not a fraction.
  const double rounding_error = 4 * std::numeric_limits<double>::epsilon() * number;
  if (number > kLargest || std::abs(number - nearest) > rounding_error) refuse(text, quantity);
  return static_cast<std::uint64_t>(nearest);
}

}  // namespace

std::uint64_t parse_count(std::string_view text) {
  static constexpr Quantity kCount{"a count", "as a whole number, like 200, 10k or 1.5M"};
  return whole(parse(text, kCounts, kCount), text, kCount);
}

std::string to_count(std::uint64_t count) {
  if (count != 0 && count % 1'000'000 == 0) return fmt::format("{}M", count / 1'000'000);
  if (count != 0 && count % 1'000 == 0) return fmt::format("{}k", count / 1'000);
  return fmt::format("{}", count);
}

double parse_rate(std::string_view text) {
  return parse(text, kCounts, {"a rate", "in messages per second, like 20, 0.5 or 10k"});
}

std::string to_rate(double per_second) { return fmt::format("{}", per_second); }

std::uint64_t parse_bytes(std::string_view text) {
  static constexpr Quantity kSize{"a size", "in bytes, like 128, 64KiB or 1MB"};
  return whole(parse(text, kBytes, kSize), text, kSize);
}

std::string to_bytes(std::uint64_t bytes) {
  if (bytes != 0 && bytes % 1'048'576 == 0) return fmt::format("{}MiB", bytes / 1'048'576);
  if (bytes != 0 && bytes % 1'024 == 0) return fmt::format("{}KiB", bytes / 1'024);
  return fmt::format("{}", bytes);
}

double parse_share(std::string_view text) {
  static constexpr Quantity kShare{"a share", "like 1%, 0.5% or 0.01, from 0 to 100%"};
  const double share = parse(text, kShares, kShare);
  if (share > 1) refuse(text, kShare);
  return share;
}

std::uint64_t parse_bandwidth(std::string_view text) {
  static constexpr Quantity kBandwidth{"a bandwidth", "in bits per second, like 10mbit, 1.5gbit or 56kbit"};
  return whole(parse(text, kBandwidths, kBandwidth), text, kBandwidth);
}

std::string to_bandwidth(std::uint64_t bits_per_second) {
  for (const Suffix& unit : {kBandwidths[3], kBandwidths[2], kBandwidths[1]}) {
    const auto factor = static_cast<std::uint64_t>(unit.factor);
    if (bits_per_second != 0 && bits_per_second % factor == 0)
      return fmt::format("{}{}", bits_per_second / factor, unit.text);
  }
  return fmt::format("{}bit", bits_per_second);
}

Nanos parse_duration(std::string_view text) {
  static constexpr Quantity kDuration{"a duration", "with its unit (ns, us, ms, s, m, h), like 250ms, 30s or 1.5m"};
  if (text == "0") return Nanos(0);
  return Nanos(static_cast<std::int64_t>(whole(parse(text, kDurations, kDuration), text, kDuration)));
}

std::string to_duration(Nanos duration) {
  const auto ns = duration.count();
  if (ns == 0) return "0";
  if (ns % 1'000'000'000 == 0) return fmt::format("{}s", ns / 1'000'000'000);
  if (ns % 1'000'000 == 0) return fmt::format("{}ms", ns / 1'000'000);
  if (ns % 1'000 == 0) return fmt::format("{}us", ns / 1'000);
  return fmt::format("{}ns", ns);
}

}  // namespace wirelab::lab
