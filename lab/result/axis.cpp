#include "lab/result/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "lab/text/number_text.hpp"
#include "lab/text/units.hpp"

namespace wirelab::lab {
namespace {

/// Points closer than this measure the same.
constexpr double kRangeFactorMin = 1.01;

constexpr std::array kAxes = {Axis::clients, Axis::rate, Axis::payload, Axis::poll_interval, Axis::rtt, Axis::loss};

std::size_t whole_value(double value) { return static_cast<std::size_t>(std::llround(value)); }

Nanos time_of(double milliseconds) { return Nanos(std::llround(milliseconds * 1e6)); }

double read_value(Axis axis, std::string_view text) {
  switch (axis) {
    case Axis::clients: return static_cast<double>(parse_count(text));
    case Axis::rate: return parse_rate(text);
    case Axis::payload: return static_cast<double>(parse_bytes(text));
    case Axis::poll_interval:
    case Axis::rtt: return static_cast<double>(parse_duration(text).count()) / 1e6;
    case Axis::loss: return parse_share(text);
  }
  return 0;
}

/// Subscribers and bytes are counted: between 1 and 2 there is none.
double nearest_value(Axis axis, double value) {
  return axis == Axis::clients || axis == Axis::payload ? std::round(value) : value;
}

void check_points(std::size_t points) {
  if (points > kPointsMax) throw std::invalid_argument(fmt::format("more than {} points", kPointsMax));
}

/// "1..5000*2"
void add_range(Axis axis, std::string_view text, std::vector<double>& values) {
  const auto dots = text.find("..");
  const auto star = text.find('*', dots);
  if (star == std::string_view::npos)
    throw std::invalid_argument(
        fmt::format("'{}' does not say by what to multiply: write a range like 1..1000*10", text));
  const double from = parse_value(axis, text.substr(0, dots));
  const double to = parse_value(axis, text.substr(dots + 2, star - dots - 2));
  const double factor = parse_rate(text.substr(star + 1));
  if (from == 0) throw std::invalid_argument(fmt::format("'{}': from 0 no factor leads anywhere", text));
  if (from >= to) throw std::invalid_argument(fmt::format("'{}' ends where it began, or before", text));
  if (factor < kRangeFactorMin)
    throw std::invalid_argument(fmt::format("'{}': give a factor of {} at least", text, kRangeFactorMin));
  for (double value = from; value < to; value *= factor) {
    const double point = nearest_value(axis, value);
    if (values.empty() || values.back() != point) values.push_back(point);
    check_points(values.size());
  }
  if (values.back() != to) values.push_back(to);
}

void add_points(Axis axis, std::string_view text, std::vector<double>& values) {
  if (text.find("..") == std::string_view::npos) {
    values.push_back(parse_value(axis, text));
  } else {
    std::vector<double> range;
    add_range(axis, text, range);
    values.insert(values.end(), range.begin(), range.end());
  }
  check_points(values.size());
}

std::string names_of_axes() {
  std::string names;
  for (const Axis axis : kAxes) names += fmt::format("{}{}", names.empty() ? "" : ", ", name(axis));
  return names;
}

}  // namespace

std::string_view name(Axis axis) {
  switch (axis) {
    case Axis::clients: return "clients";
    case Axis::rate: return "rate";
    case Axis::payload: return "payload";
    case Axis::poll_interval: return "poll-interval";
    case Axis::rtt: return "rtt";
    case Axis::loss: return "loss";
  }
  return {};
}

std::string_view key(Axis axis) {
  switch (axis) {
    case Axis::clients: return "subscribers";
    case Axis::rate: return "rate_per_second";
    case Axis::payload: return "payload_bytes";
    case Axis::poll_interval: return "poll_interval_ms";
    case Axis::rtt: return "rtt_ms";
    case Axis::loss: return "loss_share";
  }
  return {};
}

Axis parse_axis(std::string_view text) {
  for (const Axis axis : kAxes)
    if (name(axis) == text) return axis;
  throw std::invalid_argument(fmt::format("'{}' is none of: {}", text, names_of_axes()));
}

double parse_value(Axis axis, std::string_view text) {
  const double value = read_value(axis, text);
  const bool may_be_nought = axis == Axis::rtt || axis == Axis::loss;
  if (value < 0 || (value == 0 && !may_be_nought))
    throw std::invalid_argument(fmt::format("'{}': give a value above 0", text));
  return value;
}

std::string value_text(Axis axis, double value) {
  switch (axis) {
    case Axis::clients: return grouped(whole_value(value));
    case Axis::rate: return to_rate(value);
    case Axis::payload: return to_bytes(whole_value(value));
    case Axis::poll_interval:
    case Axis::rtt: return to_duration(time_of(value));
    case Axis::loss: return fmt::format("{:.4g}%", value * 100);
  }
  return {};
}

std::string value_words(Axis axis, double value) {
  const std::string text = value_text(axis, value);
  switch (axis) {
    case Axis::clients: return text + (whole_value(value) == 1 ? " subscriber" : " subscribers");
    case Axis::rate: return text + " messages/s";
    case Axis::payload: return "payload " + text;
    case Axis::poll_interval: return "poll interval " + text;
    case Axis::rtt: return "round trip " + text;
    case Axis::loss: return "loss " + text;
  }
  return {};
}

void set_value(Axis axis, double value, LoadSettings& settings) {
  clients::LoadPlan& plan = settings.plan;
  switch (axis) {
    case Axis::clients: plan.subscribers = whole_value(value); break;
    case Axis::rate: plan.publish.rate_per_second = value; break;
    case Axis::payload: plan.publish.payload_bytes = whole_value(value); break;
    case Axis::poll_interval: plan.client.poll_interval = time_of(value); break;
    case Axis::rtt: settings.link.round_trip = time_of(value); break;
    case Axis::loss: settings.link.impairments.loss = value; break;
  }
}

void set_value(Axis axis, double value, Configuration& configuration) {
  if ((axis == Axis::rtt || axis == Axis::loss) && !configuration.link) configuration.link.emplace();
  switch (axis) {
    case Axis::clients: configuration.subscribers = whole_value(value); break;
    case Axis::rate: configuration.rate_per_second = value; break;
    case Axis::payload: configuration.payload_bytes = whole_value(value); break;
    case Axis::poll_interval: configuration.poll_interval_ms = value; break;
    case Axis::rtt: configuration.link->rtt_ms = value; break;
    case Axis::loss: configuration.link->loss_share = value; break;
  }
}

bool as_hard(Axis axis, double a, double b) { return axis == Axis::poll_interval ? a <= b : a >= b; }

Over parse_over(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    throw std::invalid_argument(fmt::format(
        "'{}' is not what to sweep over: write it like clients=1,10,100; there are {}", text, names_of_axes()));
  Over over{parse_axis(text.substr(0, equals)), {}};
  std::string_view rest = text.substr(equals + 1);
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    add_points(over.axis, rest.substr(0, comma), over.values);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  std::sort(over.values.begin(), over.values.end());
  const auto twice = std::adjacent_find(over.values.begin(), over.values.end());
  if (twice != over.values.end())
    throw std::invalid_argument(fmt::format("{} is there twice", value_text(over.axis, *twice)));
  return over;
}

}  // namespace wirelab::lab
