#include "ladder/text_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wirelab::ladder {
namespace {

constexpr double kRowsPerTransit = 5, kRowsMax = 240;  // what slants visibly; what one scrolls through
constexpr double kCutRows = 6;                         // a cut takes three lines: fewer are not worth it

/// Something that takes a line at one side: an arrow that leaves, or a mark.
struct Event {
  double at_us = 0;
  bool client = true;
  const Arrow* arrow = nullptr;  ///< null: a mark
  std::string text;
};

double arrival_of(const Arrow& arrow, const Ladder& ladder) {
  return arrow.arrives_us.value_or(arrow.sent_us + ladder.round_trip_us / 2);
}

std::vector<Event> events_of(const Ladder& ladder) {
  std::vector<Event> events;
  for (const Message& message : ladder.messages) {
    if (message.published_us)
      events.push_back({*message.published_us, false, nullptr, fmt::format("* message {} published", message.number)});
    if (message.delivered_us && message.published_us)
      events.push_back({*message.delivered_us, true, nullptr,
                        fmt::format("* message {}, {:.1f} ms old", message.number,
                                    (*message.delivered_us - *message.published_us) / 1000)});
  }
  for (const Arrow& arrow : ladder.arrows)
    events.push_back({arrow.sent_us, arrow.from == "client", &arrow,
                      fmt::format("{}{} {} B", arrow.retransmission ? "again: " : "", arrow.text, arrow.packet_bytes)});
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at_us < b.at_us; });
  return events;
}

double ends_at(const Event& event, const Ladder& ladder) {
  return event.arrow != nullptr ? arrival_of(*event.arrow, ladder) : event.at_us;
}

/// Time with something under way, in all.
double busy_us(const std::vector<Event>& events, const Ladder& ladder) {
  double busy = 0, until = 0;
  for (const Event& event : events) {
    const double end = std::max(ends_at(event, ladder), until);
    busy += end - std::max(event.at_us, until);
    until = end;
  }
  return busy;
}

class Placing {
 public:
  explicit Placing(const Ladder& ladder) : ladder_(ladder) {}

  TextRows place() {
    const std::vector<Event> events = events_of(ladder_);
    out_.row_us = std::max({ladder_.round_trip_us / 2 / kRowsPerTransit, busy_us(events, ladder_) / kRowsMax, 1e-3});
    double busy_until = 0;
    for (const Event& event : events) {
      if (event.at_us - busy_until > kCutRows * out_.row_us) cut(busy_until, event.at_us);
      busy_until = std::max(busy_until, ends_at(event, ladder_));
      place(event);
    }
    out_.rows = last_ + 1;
    return std::move(out_);
  }

 private:
  /// The stretch that begins at `to` begins after a line that says what was left out.
  void cut(double from_us, double to_us) {
    if (last_ == 0 && out_.labels.empty()) return;
    out_.cuts.push_back({last_ + 2, to_us - from_us});
    stretch_row_ = free_[0] = free_[1] = last_ + 4;
    stretch_us_ = to_us;
  }

  void place(const Event& event) {
    std::size_t row = std::max(row_of(event.at_us), free_[event.client]);
    for (const PlacedArrow& before : out_.arrows) {
      const bool towards_us = (before.arrow->from == "client") != event.client;
      if (towards_us && before.arrow->arrives_us && *before.arrow->arrives_us <= event.at_us)
        row = std::max(row, before.end_row);
    }
    free_[event.client] = row + 1;
    out_.labels.push_back({event.client, row, event.at_us, event.text});
    last_ = std::max(last_, row);
    if (event.arrow == nullptr) return;
    const double transit_us = arrival_of(*event.arrow, ladder_) - event.at_us;
    const auto slant = static_cast<std::size_t>(std::lround(std::max(transit_us, 0.0) / out_.row_us));
    out_.arrows.push_back({event.arrow, row, row + slant});
    last_ = std::max(last_, row + slant);
  }

  std::size_t row_of(double at_us) const {
    return stretch_row_ + static_cast<std::size_t>(std::lround((at_us - stretch_us_) / out_.row_us));
  }

  const Ladder& ladder_;
  TextRows out_;
  std::size_t stretch_row_ = 0, last_ = 0;
  double stretch_us_ = 0;
  std::size_t free_[2] = {0, 0};  // the first line that nothing is on yet: at the server, at the client
};

}  // namespace

TextRows place_rows(const Ladder& ladder) { return Placing(ladder).place(); }

}  // namespace wirelab::ladder
