#include "lab/text/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wirelab::lab {
namespace {

std::string group_thousands(std::string digits) {
  const auto point = std::min(digits.find('.'), digits.size());
  for (auto at = static_cast<std::ptrdiff_t>(point) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

}  // namespace

std::string grouped(std::uint64_t number) { return group_thousands(std::to_string(number)); }

std::string significant(double number) {
  if (number == 0) return "0";
  const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(std::abs(number)))), 0, 6);
  return group_thousands(fmt::format("{:.{}f}", number, decimals));
}

std::string plural(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

}  // namespace wirelab::lab
