#include "lab/run/predict.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <utility>

#include "lab/process/exit_code.hpp"
#include "lab/result/own_exchange.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/output.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;
using model::Prediction;

constexpr std::string_view kAssumptions =
    "Assumed: {} arrivals, the same ones for every subscriber, published at the server; processing takes no\n"
    "time; nothing is lost; cursors of 10 characters; every segment has 52 bytes of IPv4 and TCP headers, a SYN 60;\n"
    "acknowledgements as Linux sends them to small exchanges. The server's outgoing messages share nothing: a\n"
    "million copies cross its link a million times. Cores are the measured cost of an answer or a frame times\n"
    "their number: they say nothing of caches, locks or a second machine.\n";

/// With the sizes of this transport's exchanges.
model::Situation situation_of(const PredictCommand& command, Transport transport) {
  model::Situation s = command.situation;
  OwnExchange exchange;
  exchange.payload_bytes = static_cast<std::uint64_t>(s.payload_bytes);
  exchange.hold_s = fmt::format("{:.0f}", s.hold.count());
  exchange.headers = command.headers;
  set_sizes(s, transport, exchange);
  return s;
}

/// Answers and frames a second that the server sends one subscriber: what its processor time is per.
double deliveries_per_second(Transport transport, const model::Situation& s, const Prediction& p) {
  return transport == Transport::websocket ? s.messages_per_second : p.requests_per_second;
}

/// A prediction for all subscribers together.
struct Whole {
  Transport transport;
  Prediction one;
  double subscribers, messages_per_second;
  std::optional<double> cores;

  double delivered() const { return subscribers * messages_per_second; }
  double bits_per_second() const { return delivered() * one.wire_bytes * 8; }
};

std::vector<Whole> predict_all(const PredictCommand& command, const ServerCosts& costs) {
  std::vector<Whole> all;
  const auto subscribers = static_cast<double>(command.subscribers);
  for (const Transport transport : messages::kTransports) {
    const Prediction one = model::predict(transport, situation_of(command, transport));
    Whole whole{transport, one, subscribers, command.situation.messages_per_second, std::nullopt};
    if (const auto cost = costs.find(std::string(messages::name(transport))); cost != costs.end())
      whole.cores = cost->second * 1e-6 * subscribers * deliveries_per_second(transport, command.situation, one);
    all.push_back(whole);
  }
  return all;
}

std::string ms(model::Seconds time) { return significant(time.count() * 1e3); }

/// 6.97 Mbit/s is 6,970,000 bits: decimal.
std::string bits(double per_second) {
  constexpr std::pair<double, const char*> kUnits[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  for (const auto& [factor, name] : kUnits)
    if (per_second >= factor) return fmt::format("{} {}", significant(per_second / factor), name);
  return significant(per_second);
}

struct PredictionRow {
  std::string_view label;
  std::function<std::string(const Whole&)> cell;  // none: the label is a heading
};

const std::vector<PredictionRow>& prediction_rows() {
  using W = Whole;
  static const std::vector<PredictionRow> all = {
      {"Age at delivery, ms", {}},
      {"  mean", [](const W& w) { return ms(w.one.age.mean()); }},
      {"  p50", [](const W& w) { return ms(w.one.age.percentile(50)); }},
      {"  p99", [](const W& w) { return ms(w.one.age.percentile(99)); }},
      {"  max", [](const W& w) { return ms(w.one.age.max()); }},
      {"First message, from dialling, ms", {}},
      {"  server to client", [](const W& w) { return ms(w.one.first_message); }},
      {"  client to server", [](const W& w) { return ms(w.one.first_message_up); }},
      {"One subscriber", {}},
      {"  requests per second", [](const W& w) { return significant(w.one.requests_per_second); }},
      {"  answers without a message, %",
       [](const W& w) { return significant(w.one.empty_share < 1e-9 ? 0 : w.one.empty_share * 100); }},
      {"  messages per answer", [](const W& w) { return significant(w.one.messages_per_answer); }},
      {"Bytes per delivered message", {}},
      {"  HTTP headers, WebSocket framing", [](const W& w) { return significant(w.one.header_bytes); }},
      {"  application view", [](const W& w) { return significant(w.one.application_bytes); }},
      {"  wire view", [](const W& w) { return significant(w.one.wire_bytes); }},
      {"  segments", [](const W& w) { return significant(w.one.segments); }},
      {"All subscribers", {}},
      {"  messages delivered per second", [](const W& w) { return significant(w.delivered()); }},
      {"  requests per second", [](const W& w) { return significant(w.subscribers * w.one.requests_per_second); }},
      {"  connections opened per second",
       [](const W& w) { return significant(w.subscribers * w.one.connections_per_second); }},
      {"  bits per second, both directions", [](const W& w) { return bits(w.bits_per_second()); }},
      {"  server cores, at the measured cost", [](const W& w) { return w.cores ? significant(*w.cores) : "-"; }},
  };
  return all;
}

/// Where one transport overtakes another.
struct Crossovers {
  model::Seconds requests, bytes, cliff;
  std::optional<double> batching;
};

Crossovers crossovers(const PredictCommand& command, const ServerCosts& costs) {
  const auto at = [&](Transport transport) { return situation_of(command, transport); };
  Crossovers where{model::request_rate_crossover(at(Transport::long_poll)),
                   model::byte_crossover(at(Transport::keep_alive), at(Transport::websocket)),
                   model::cliff_round_trip(at(Transport::long_poll)), std::nullopt};
  const auto poll = costs.find("keep-alive"), push = costs.find("websocket");
  if (poll != costs.end() && push != costs.end())
    where.batching = model::batching_crossover(poll->second, push->second);
  return where;
}

std::string crossovers_text(const PredictCommand& command, const ServerCosts& costs) {
  const Crossovers where = crossovers(command, costs);
  std::string out = fmt::format(
      "\nWhere they cross\n"
      "  long polls send more requests than polls do   once the interval is above {} ms\n"
      "  polls are fewer bytes than frames, above TCP  once the interval is above {} ms\n"
      "  long polls are late as a rule                 once the round trip is above {} ms\n",
      ms(where.requests), ms(where.bytes), ms(where.cliff));
  if (where.batching)
    out += fmt::format("  polls cost the server less than pushes        once an interval brings {} messages\n",
                       significant(*where.batching));
  return out + '\n';
}

void check(const PredictCommand& command) {
  const model::Situation& s = command.situation;
  if (s.messages_per_second <= 0)
    throw std::invalid_argument("--rate 0: a prediction needs messages; give a rate above 0");
  if (s.poll_interval.count() <= 0)
    throw std::invalid_argument("--poll-interval 0: give a duration above 0, like 250ms");
  if (s.round_trip.count() < 0) throw std::invalid_argument("--rtt: give a duration of 0 or more, like 50ms");
  if (s.hold.count() < 1) throw std::invalid_argument("--hold 0: give a second at least");
  if (s.tls_round_trips < 0 || s.tls_round_trips > 2)
    throw std::invalid_argument(
        fmt::format("--tls-round-trips {}: give 0 (none), 1 (TLS 1.3) or 2 (TLS 1.2)", s.tls_round_trips));
  if (command.subscribers == 0) throw std::invalid_argument("--subscribers 0: give at least one");
}

}  // namespace

ServerCosts server_costs(const Result& measured) {
  ServerCosts costs;
  for (const auto& [transport, summary] : measured.summary) {
    if (!summary.server_cpu_ms_per_1000_delivered) continue;
    // Microseconds a message are milliseconds a thousand. One answer may bring several messages; one frame too.
    double delivered = 0, answers = 0;
    for (const Run& run : measured.runs) {
      if (run.transport != transport) continue;
      delivered += static_cast<double>(run.window.delivered);
      answers += static_cast<double>(run.window.requests + run.window.frames);
    }
    if (answers > 0) costs[transport] = *summary.server_cpu_ms_per_1000_delivered * delivered / answers;
  }
  return costs;
}

std::string predict_text(const PredictCommand& command, const ServerCosts& costs) {
  constexpr int kPredictionLabel = 44, kPredictionColumn = 13;
  const model::Situation& s = command.situation;
  const auto all = predict_all(command, costs);
  std::string out = fmt::format(
      "{} messages/s of {} B to each of {}, round trip {} ms\npolls every {} ms ({}), {} headers; predicted, not "
      "measured\n\n{:{}}",
      significant(s.messages_per_second), significant(s.payload_bytes), plural(command.subscribers, "subscriber"),
      ms(s.round_trip), ms(s.poll_interval), s.fixed_delay ? "fixed-delay" : "fixed-rate", command.headers->name, "",
      kPredictionLabel);
  for (const Whole& whole : all) out += fmt::format("{:>{}}", messages::name(whole.transport), kPredictionColumn);
  out += '\n';
  for (const PredictionRow& row : prediction_rows()) {
    out += fmt::format("{:<{}}", row.label, row.cell ? kPredictionLabel : 0);
    if (row.cell)
      for (const Whole& whole : all) out += fmt::format("{:>{}}", row.cell(whole), kPredictionColumn);
    out += '\n';
  }
  return out + crossovers_text(command, costs) +
         fmt::format(kAssumptions, s.arrivals == model::Arrivals::poisson ? "Poisson" : "constant");
}

std::string predict_json(const PredictCommand& command, const ServerCosts& costs) {
  Json json = Json::object();
  json["schema"] = "wirelab.prediction/1";
  json["subscribers"] = command.subscribers;
  json["messages_per_second"] = command.situation.messages_per_second;
  json["round_trip_ms"] = command.situation.round_trip.count() * 1e3;
  json["poll_interval_ms"] = command.situation.poll_interval.count() * 1e3;
  json["payload_bytes"] = command.situation.payload_bytes;
  json["headers"] = command.headers->name;
  json["arrivals"] = command.situation.arrivals == model::Arrivals::poisson ? "poisson" : "constant";
  json["hold_s"] = command.situation.hold.count();
  json["tls_round_trips"] = command.situation.tls_round_trips;
  const Crossovers where = crossovers(command, costs);
  json["crossovers"] = {{"requests_poll_interval_ms", where.requests.count() * 1e3},
                        {"bytes_poll_interval_ms", where.bytes.count() * 1e3},
                        {"long_poll_round_trip_ms", where.cliff.count() * 1e3},
                        {"batching_messages_per_poll", where.batching ? Json(*where.batching) : Json(nullptr)}};
  for (const Whole& whole : predict_all(command, costs)) {
    const Prediction& p = whole.one;
    json["transports"][std::string(messages::name(whole.transport))] = {
        {"age_mean_ms", p.age.mean().count() * 1e3},
        {"age_p50_ms", p.age.percentile(50).count() * 1e3},
        {"age_p99_ms", p.age.percentile(99).count() * 1e3},
        {"age_max_ms", p.age.max().count() * 1e3},
        {"first_message_ms", p.first_message.count() * 1e3},
        {"first_message_up_ms", p.first_message_up.count() * 1e3},
        {"requests_per_second_per_subscriber", p.requests_per_second},
        {"empty_share", p.empty_share},
        {"messages_per_answer", p.messages_per_answer},
        {"header_bytes_per_delivered", p.header_bytes},
        {"application_bytes_per_delivered", p.application_bytes},
        {"wire_bytes_per_delivered", p.wire_bytes},
        {"segments_per_delivered", p.segments},
        {"requests_per_second", whole.subscribers * p.requests_per_second},
        {"connections_per_second", whole.subscribers * p.connections_per_second},
        {"bits_per_second", whole.bits_per_second()},
        {"server_cores", whole.cores ? Json(*whole.cores) : Json(nullptr)},
    };
  }
  return to_text(json);
}

int predict(PredictCommand command) {
  check(command);
  const ServerCosts costs =
      command.measured_file.empty() ? ServerCosts{} : server_costs(read_result(command.measured_file));
  write_output("-", command.json ? predict_json(command, costs) : predict_text(command, costs));
  return kOk;
}

}  // namespace wirelab::lab
