#include "ladder/spans.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wirelab::ladder {
namespace {

void add_span(Ladder& ladder, Span span) {
  const double on_the_way_us = span.to_us - span.from_us - span.server_us;
  span.round_trips = ladder.round_trip_us > 0 ? on_the_way_us / ladder.round_trip_us : 0;
  ladder.spans.push_back(std::move(span));
}

const Transit* find(const Connection& connection, Side from) {
  const auto found = std::find_if(
      connection.transits.begin(), connection.transits.end(),
      [from](const Transit& transit) { return transit.from == from && transit.segment.syn && transit.arrives; });
  return found == connection.transits.end() ? nullptr : &*found;
}

}  // namespace

void add_spans(const Connection& connection, std::uint64_t number, const ToMicros& to_us, Ladder& ladder) {
  const double opened_us = to_us(connection.transits.front().sent);
  if (const Transit* const answer = find(connection, Side::server))
    add_span(ladder, {number, "connect", opened_us, to_us(*answer->arrives), 0, 0, 1});
  const std::size_t pairs = std::min(connection.from_client.size(), connection.from_server.size());
  for (std::size_t i = 0; i < pairs; ++i) {
    const Said &question = connection.from_client[i], &answer = connection.from_server[i];
    if (question.item.kind != ItemKind::request || answer.item.kind != ItemKind::response) break;
    if (!question.arrived || !answer.arrived) continue;
    const bool first = i == 0, upgrade = answer.item.name.starts_with("101");
    const double server_us = to_us(answer.sent) - to_us(*question.arrived);
    const char* const what = upgrade ? "upgrade" : first ? "first answer" : "answer";
    add_span(ladder, {number, what, first ? opened_us : to_us(question.sent), to_us(*answer.arrived), server_us, 0,
                      first ? 2.0 : 1.0});
  }
}

void add_message_spans(Ladder& ladder) {
  for (const Message& message : ladder.messages)
    if (message.published_us && message.answered_us && message.delivered_us)
      add_span(ladder, {0, fmt::format("message {}", message.number), *message.published_us, *message.delivered_us,
                        *message.answered_us - *message.published_us, 0, 0.5});
}

}  // namespace wirelab::ladder
