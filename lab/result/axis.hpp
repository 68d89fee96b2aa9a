#pragma once
// What a sweep varies and a search looks along: one flag of `load`, over many values. A value is a double in the unit
// of the configuration's key: subscribers, messages a second, bytes, milliseconds, a share of one.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lab/result/load_settings.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

enum class Axis { clients, rate, payload, poll_interval, rtt, loss };

std::string_view name(Axis axis);  ///< "clients", "poll-interval": what --over and --of say
std::string_view key(Axis axis);   ///< of Configuration, or of its link: "subscribers", "rtt_ms"

/// Throws std::invalid_argument that says which there are.
Axis parse_axis(std::string_view text);

/// As the axis' own flag reads it: 10k, 64KiB, 250ms, 1%. Above 0, save a link's round trip and loss; throws
/// std::invalid_argument that names the input.
double parse_value(Axis axis, std::string_view text);
/// "1,000", "0.5", "64KiB", "250ms", "1%"
std::string value_text(Axis axis, double value);
/// The same with what it is of: "1,000 subscribers", "poll interval 250ms"
std::string value_words(Axis axis, double value);

void set_value(Axis axis, double value, LoadSettings& settings);
void set_value(Axis axis, double value, Configuration& configuration);

/// Whether a run at `a` asks as much of server and generator as one at `b`, or more: an interval by being short, the
/// others by being large.
bool as_hard(Axis axis, double a, double b);

/// Points of one sweep: more than are told apart on a chart, and a day of measuring.
inline constexpr std::size_t kPointsMax = 64;

struct Over {
  Axis axis = Axis::clients;
  std::vector<double> values;  ///< ascending, no two alike
};

/// "clients=1,10,100", "payload=64,1KiB,16KiB", "clients=1..5000*2": from 1 on, each twice the one before, and 5000.
/// Ranges and values may be mixed. Throws std::invalid_argument that names what is wrong.
Over parse_over(std::string_view text);

}  // namespace wirelab::lab
