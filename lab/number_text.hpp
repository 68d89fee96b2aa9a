#pragma once
// Numbers as a reader wants them: 28,232 and 0.0668.
#include <cstdint>
#include <string>

namespace wirelab::lab {

/// 28,232
std::string grouped(std::uint64_t number);

/// Three significant digits, thousands grouped: what a histogram holds, and more than a measurement can repeat.
std::string significant(double number);

}  // namespace wirelab::lab
