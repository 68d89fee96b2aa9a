#include "lab/predict.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <utility>

#include "lab/exit_code.hpp"
#include "lab/number_text.hpp"
#include "lab/output.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;
using model::Prediction;

// What our own exchange takes without any further fields, cursor and channel of usual length included.
constexpr double kMinimalRequestHeaderBytes = 107;
constexpr double kMinimalResponseHeaderBytes = 134;

constexpr std::string_view kAssumptions =
    "Assumed: Poisson arrivals, the same ones for every subscriber; processing takes no time; nothing is lost; every\n"
    "segment has 52 bytes of IPv4 and TCP headers, a SYN 60; acknowledgements as Linux sends them to small exchanges. "
    "The\n"
    "server's outgoing messages share nothing: a million copies cross its link a million times. Cores are the "
    "measured\n"
    "cost of an answer or a frame times their number: they say nothing of caches, locks or a second machine.\n";

double bytes_of(const messages::HeaderSet::Fields& fields) {
  double sum = 0;
  for (const auto& [name, value] : fields) sum += static_cast<double>(name.size() + value.size()) + 4;  // ": " and CRLF
  return sum;
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
    const Prediction one = model::predict(transport, command.situation);
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
      {"  first message, from dialling", [](const W& w) { return ms(w.one.first_message); }},
      {"One subscriber", {}},
      {"  requests per second", [](const W& w) { return significant(w.one.requests_per_second); }},
      {"  answers without a message, %", [](const W& w) { return significant(w.one.empty_share * 100); }},
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

void check(const PredictCommand& command) {
  const model::Situation& s = command.situation;
  if (s.messages_per_second <= 0)
    throw std::invalid_argument("--rate 0: a prediction needs messages; give a rate above 0");
  if (s.poll_interval.count() <= 0)
    throw std::invalid_argument("--poll-interval 0: give a duration above 0, like 250ms");
  if (s.round_trip.count() < 0) throw std::invalid_argument("--rtt: give a duration of 0 or more, like 50ms");
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
  out += fmt::format("\nLong polls send more requests than polls do once the interval is above {} ms.\n",
                     ms(model::request_rate_crossover(s)));
  return out + std::string(kAssumptions);
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
  for (const Whole& whole : predict_all(command, costs)) {
    const Prediction& p = whole.one;
    json["transports"][std::string(messages::name(whole.transport))] = {
        {"age_mean_ms", p.age.mean().count() * 1e3},
        {"age_p50_ms", p.age.percentile(50).count() * 1e3},
        {"age_p99_ms", p.age.percentile(99).count() * 1e3},
        {"age_max_ms", p.age.max().count() * 1e3},
        {"first_message_ms", p.first_message.count() * 1e3},
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
  command.situation.request_header_bytes = kMinimalRequestHeaderBytes + bytes_of(command.headers->request);
  command.situation.response_header_bytes = kMinimalResponseHeaderBytes + bytes_of(command.headers->response) -
                                            bytes_of(messages::header_sets().front().response);
  write_output("-", command.json ? predict_json(command, costs) : predict_text(command, costs));
  return kOk;
}

}  // namespace wirelab::lab
