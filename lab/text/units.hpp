#pragma once
// Quantities as people write them on a command line: 10k, 250ms, 64KiB. Each parser throws std::invalid_argument with a
// message that names the input and says what would have been right; each to_…() writes what its parser reads back
// exactly.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace wirelab::lab {

using Nanos = std::chrono::nanoseconds;

inline double to_us(Nanos time) { return static_cast<double>(time.count()) / 1e3; }

/// "200", "10k", "1.5M": k, M and G are powers of 1000. A whole number.
std::uint64_t parse_count(std::string_view text);
std::string to_count(std::uint64_t count);

/// "20", "0.5", "10k": per second.
double parse_rate(std::string_view text);
std::string to_rate(double per_second);

/// "128", "64KiB", "1MB": KiB, MiB and GiB are powers of 1024; kB, MB and GB of 1000; B and nothing are bytes.
std::uint64_t parse_bytes(std::string_view text);
std::string to_bytes(std::uint64_t bytes);

/// "1%", "0.5%", "0.01": of one, 0 to 1.
double parse_share(std::string_view text);

/// "10mbit", "1.5gbit", "56kbit", "800bit": bits per second; k, m and g are powers of 1000.
std::uint64_t parse_bandwidth(std::string_view text);
std::string to_bandwidth(std::uint64_t bits_per_second);

/// "250ms", "30s", "1.5m", "2h", "100us", "50ns". A bare number has no meaning, except 0.
Nanos parse_duration(std::string_view text);
std::string to_duration(Nanos duration);

}  // namespace wirelab::lab
