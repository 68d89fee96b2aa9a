#include "lab/report/in_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/result_table.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/intervals.hpp"
#include "lab/result/link_settings.hpp"
#include "lab/result/verdict.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

struct Value {
  std::string transport;
  double shown;
};

/// Of the transports that are VALID and have it, the lowest first.
std::vector<Value> values_of(const Result& result, const Figure& figure) {
  std::vector<Value> all;
  for (const std::string& transport : measured_transports(result)) {
    const Summary& summary = result.summary.at(transport);
    const auto value = figure.value(summary);
    if (summary.verdict == Verdict::valid && value && !figure.at_least(summary))
      all.push_back({transport, *value / figure.shown_per_unit});
  }
  std::stable_sort(all.begin(), all.end(), [](const Value& a, const Value& b) { return a.shown < b.shown; });
  return all;
}

/// "1.51 ms by websocket and 126 ms by keep-alive"
std::string by_transport(const std::vector<Value>& values, const char* unit) {
  std::vector<std::string> parts;
  for (const Value& value : values)
    parts.push_back(fmt::format("{}{} by {}", significant(value.shown), unit, value.transport));
  return listed(parts);
}

/// ": 3.9 times as much by long-poll as by websocket", if the rounds can tell these two apart.
std::string furthest_apart(const Result& result, const Figure& figure, const std::vector<Value>& values) {
  const auto groups = ranking(result, figure);
  if (groups.size() < 2 || values.size() < 2 || values.front().shown <= 0) return "";
  return fmt::format(": {:.1f} times as much by {} as by {}", values.back().shown / values.front().shown,
                     values.back().transport, values.front().transport);
}

std::string sentence(const Result& result, const char* figure, const char* lead, const char* unit) {
  const Figure& of = *find_figure(figure);
  const auto values = values_of(result, of);
  if (values.empty()) return "";
  return fmt::format("{} {}{}.", lead, by_transport(values, unit), furthest_apart(result, of, values));
}

std::string age(const Result& result) {
  const auto middle = values_of(result, *find_figure("p50"));
  if (middle.empty()) return "";
  std::string out =
      fmt::format("Half of the messages were no older than {} when they arrived", by_transport(middle, " ms"));
  const auto tail = values_of(result, *find_figure("p99"));
  return out + (tail.empty() ? "." : fmt::format("; 99 of 100 no older than {}.", by_transport(tail, " ms")));
}

/// What of the polls' age is arithmetic.
std::string waiting(const Result& result) {
  for (const std::string& transport : measured_transports(result)) {
    const Summary& summary = result.summary.at(transport);
    if (!summary.predicted || summary.predicted->age_waiting_share < 1 || summary.age_us.count == 0) continue;
    return fmt::format(
        "Who asks every {} ms waits half of that on average, whatever the server does: theory says a mean of {} ms for "
        "{}, and {} ms were measured.",
        significant(result.configuration.poll_interval_ms), significant(summary.predicted->age_mean_us / 1000),
        transport, significant(summary.age_us.mean / 1000));
  }
  return "";
}

std::string connections(const Result& result) {
  std::vector<std::string> reopening;
  for (const std::string& transport : measured_transports(result)) {
    const auto& each = result.summary.at(transport).connections_per_request;
    if (each && std::abs(*each - 1) < 0.05) reopening.push_back(transport);
  }
  return reopening.empty() ? ""
                           : fmt::format("A connection was opened for each request by {}; the others kept theirs.",
                                         listed(reopening));
}

std::string not_valid(const Result& result) {
  std::vector<std::string> named;
  for (const std::string& transport : measured_transports(result)) {
    const Verdict verdict = result.summary.at(transport).verdict;
    if (verdict != Verdict::valid) named.push_back(fmt::format("{} ({})", transport, name(verdict)));
  }
  return named.empty() ? "" : fmt::format("Not to be compared with the others: {}.", listed(named));
}

std::string distance(const Result& result) {
  if (result.configuration.link)
    return fmt::format(
        "Distance is emulated ({}): real TCP at both ends, and a server whose CPU time is not comparable "
        "with that of a run over loopback.",
        link_words(*result.configuration.link));
  if (result.configuration.url)
    return "The server was one that ran already; what lies between is not known to this result.";
  return "Server and subscribers met on loopback, where a round trip costs next to nothing: distance, which separates "
         "long polling from WebSocket, is not in these figures. --rtt 50ms puts it in.";
}

}  // namespace

std::vector<std::string> in_words(const Result& result) {
  std::vector<std::string> all;
  if (nothing_published(result)) {
    all = {"Nothing was published: this is what waiting costs.",
           sentence(result, "idle_cpu", "In each second 1,000 subscribers that wait took of the server's CPU", " ms"),
           sentence(result, "idle_bytes", "Each of them kept the wire busy with, a second,", " bytes")};
  } else {
    all = {age(result), waiting(result),
           sentence(result, "server_cpu", "To deliver 1,000 messages the server worked", " ms"),
           sentence(result, "wire_bytes",
                    fmt::format("On the wire, TCP/IP and empty answers included, a message of {} bytes took",
                                result.configuration.payload_bytes)
                        .c_str(),
                    " bytes"),
           connections(result)};
  }
  all.push_back(not_valid(result));
  all.push_back(distance(result));
  all.erase(std::remove(all.begin(), all.end(), ""), all.end());
  return all;
}

}  // namespace wirelab::lab
