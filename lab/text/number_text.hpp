#pragma once
// Numbers and lists as a reader wants them: 28,232 and 0.0668.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wirelab::lab {

/// 28,232
std::string grouped(std::uint64_t number);

/// Three significant digits, thousands grouped: what a histogram holds, and more than a measurement can repeat.
std::string significant(double number);

/// "1 subscriber", "28,232 subscribers"
std::string plural(std::uint64_t number, std::string_view noun);

/// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string>& names);

}  // namespace wirelab::lab
