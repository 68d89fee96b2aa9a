#include "lab/result/experiment_theory.hpp"

#include <algorithm>
#include <cmath>

#include "lab/result/theory.hpp"
#include "messages/transport.hpp"
#include "model/delivery.hpp"
#include "model/repair.hpp"

namespace wirelab::lab {
namespace {

/// Of a segment of 1,500 bytes, without TCP's and IP's headers.
constexpr double kSegmentDataBytes = 1448;

constexpr double kTellApartUs = 2'000;
constexpr double kTellApartShare = 0.02;

/// Points of a curve: a step is a pixel or two wide.
constexpr int kCurveSteps = 240;

double in_us(model::Seconds time) { return time.count() * 1e6; }

/// The same over a link that only delays.
Configuration without_loss(Configuration c) {
  c.link->loss_share = 0;
  c.link->drop_segments.clear();
  return c;
}

/// Of one lost answer of a long poll that asks again on the same connection: its messages come later by the timeout,
/// and until the next question those wait as long that come meanwhile. An exchange that needs more segments is repaired
/// sooner.
std::optional<double> oldest_by_long_poll(const Configuration& c, const std::string& transport) {
  const Configuration without = without_loss(c);
  const auto whole = predicted(without, transport);
  const auto detail = prediction(without, transport);
  if (!whole || c.long_poll_reconnects) return std::nullopt;
  if (detail->application_bytes * detail->messages_per_answer > kSegmentDataBytes) return std::nullopt;
  return whole->age_max_us + in_us(model::time_to_repeat_alone(model::Seconds(c.link->rtt_ms / 1e3)));
}

/// Of messages at a constant gap. Of those pushed each lost one, and those held behind it, come later by what TCP's
/// repair takes.
std::optional<double> theory_of_repair(const Figure& figure, const Configuration& c, const std::string& transport) {
  if (c.arrivals != "constant" || c.channels > 1) return std::nullopt;
  const bool one_lost = c.link->loss_share == 0 && figure.name == "max";
  if (transport == messages::name(messages::Transport::long_poll) && one_lost) return oldest_by_long_poll(c, transport);
  if (transport != messages::name(messages::Transport::websocket)) return std::nullopt;
  const auto whole = predicted(without_loss(c), transport);
  if (!whole) return std::nullopt;
  const model::Seconds gap(1 / c.rate_per_second), round_trip(c.link->rtt_ms / 1e3);
  if (model::meeting_share(c.link->loss_share, gap, round_trip) > model::kMeetingShareMax) return std::nullopt;
  if (figure.name == "mean" && c.link->drop_segments.empty())
    return whole->age_mean_us + c.link->loss_share * in_us(model::delay_of_a_loss(gap, round_trip));
  if (one_lost) return whole->age_max_us + in_us(model::time_to_repeat(gap, round_trip));
  return std::nullopt;
}

std::optional<double> theory_of_figure(const Figure& figure, const Configuration& c, const std::string& transport) {
  if (c.link && (c.link->loss_share > 0 || !c.link->drop_segments.empty()))
    return theory_of_repair(figure, c, transport);
  const auto all = prediction(c, transport);
  if (!all) return std::nullopt;
  if (figure.name == "service") return all->service_time ? std::optional(in_us(*all->service_time)) : std::nullopt;
  if (figure.name == "first_message") return in_us(all->first_message);
  if (figure.name == "max") return in_us(all->age.max());
  const auto record = predicted(c, transport);
  if (!record) return std::nullopt;
  if (figure.name == "empty") return record->empty_share;
  for (const TheoryFigure& of : theory_figures())
    if (of.figure == figure.name) return (*record).*of.value;
  return std::nullopt;
}

}  // namespace

std::optional<double> theory_of(const Look& look, const Configuration& c, const std::string& transport) {
  const auto own = theory_of_figure(*look.figure, c, transport);
  if (!own || !look.against) return own;
  const auto other = theory_of_figure(*look.figure, c, *look.against);
  return other && *other > 0 ? std::optional(*own / *other) : std::nullopt;
}

double tolerance_of(const Look& look, const Configuration& c, const std::string& transport, double predicted,
                    double relative) {
  double tell_apart = 0;
  if (look.figure->kind == FigureKind::time_us) tell_apart = kTellApartUs;
  if (look.figure->kind == FigureKind::share) tell_apart = kTellApartShare;
  if (look.against && transport != *look.against)
    tell_apart /= theory_of_figure(*look.figure, c, *look.against).value_or(1);
  return std::max(relative * std::abs(predicted), tell_apart);
}

std::vector<std::pair<double, double>> theory_curve(const Look& look, const Configuration& configuration,
                                                    const std::string& transport, const Over& over) {
  std::vector<std::pair<double, double>> curve;
  const double from = over.values.front(), to = over.values.back();
  const bool logarithmic = over.axis == Axis::clients || over.axis == Axis::payload;  // as they are drawn
  for (int step = 0; step <= kCurveSteps; ++step) {
    const double share = static_cast<double>(step) / kCurveSteps;
    const double value = logarithmic ? from * std::pow(to / from, share) : from + (to - from) * share;
    Configuration at = configuration;
    set_value(over.axis, value, at);
    if (const auto predicted = theory_of(look, at, transport)) curve.emplace_back(value, *predicted);
  }
  return curve;
}

std::vector<std::pair<double, double>> theory_of_strip(const Configuration& c, const std::string& transport,
                                                       const std::vector<std::pair<double, double>>& ages) {
  const bool pushed = transport == messages::name(messages::Transport::websocket);
  if (!pushed || !c.link || !theory_of({find_figure("max"), std::nullopt}, c, transport)) return {};
  const double transit_us = predicted(without_loss(c), transport)->age_transit_us;
  const double repair_us =
      in_us(model::time_to_repeat(model::Seconds(1 / c.rate_per_second), model::Seconds(c.link->rtt_ms / 1e3)));
  std::vector<std::pair<double, double>> theory;
  for (const auto& [due_ms, age_us] : ages)
    theory.emplace_back(due_ms, transit_us + (due_ms < 0 ? 0 : std::max(0.0, repair_us - due_ms * 1e3)));
  return theory;
}

std::vector<Mark> marks_of(const Look& look, const Configuration& c, const Over& over) {
  if (!look.figure->key.starts_with("age_")) return {};
  const auto& all = c.transports;
  const bool has_long_poll = std::find(all.begin(), all.end(), name(messages::Transport::long_poll)) != all.end();
  if (over.axis != Axis::rtt || c.arrivals != "constant" || !has_long_poll || c.rate_per_second <= 0) return {};
  model::Situation s;
  s.messages_per_second = c.rate_per_second / static_cast<double>(c.channels);
  s.long_poll_reconnects = c.long_poll_reconnects;
  const double edge_ms = model::cliff_round_trip(s).count() * 1e3;
  if (edge_ms < over.values.front() || edge_ms > over.values.back()) return {};
  return {{edge_ms, c.long_poll_reconnects ? "two round trips = message gap" : "round trip = message gap"}};
}

}  // namespace wirelab::lab
