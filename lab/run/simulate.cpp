#include "lab/run/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "clients/stamp.hpp"
#include "lab/process/exit_code.hpp"
#include "lab/result/load_settings.hpp"
#include "lab/result/own_exchange.hpp"
#include "lab/text/json_fields.hpp"
#include "lab/text/number_text.hpp"
#include "lab/text/output.hpp"
#include "messages/limits.hpp"
#include "model/delivery.hpp"
#include "sim/simulation.hpp"

namespace wirelab::lab {

constexpr auto fields(Of<DeliveryFigures>) {
  using D = DeliveryFigures;
  return std::tuple(Field{"age_mean_ms", &D::age_mean_ms},                                //
                    Field{"age_p50_ms", &D::age_p50_ms},                                  //
                    Field{"age_p99_ms", &D::age_p99_ms},                                  //
                    Field{"age_max_ms", &D::age_max_ms},                                  //
                    Field{"requests_per_second", &D::requests_per_second},                //
                    Field{"connections_per_second", &D::connections_per_second},          //
                    Field{"empty_share", &D::empty_share},                                //
                    Field{"header_bytes_per_delivered", &D::header_bytes_per_delivered},  //
                    Field{"first_answer_ms", &D::first_answer_ms});
}

namespace {

using messages::Transport;

constexpr std::string_view kReconnecting = "-reconnecting";
/// So much is simulated before anything counts: every poller has its phase, every long poll its rhythm.
constexpr Nanos kSimulatedWarmUp = std::chrono::seconds(10);
constexpr std::size_t kSimulatedMost = 100'000'000;  ///< deliveries of one cell: a quarter of an hour

double milliseconds(Nanos time) { return std::chrono::duration<double, std::milli>(time).count(); }
double milliseconds(model::Seconds time) { return time.count() * 1e3; }

sim::Plan plan_of(const SimulateCommand& command, const SimulatedTransport& transport, Nanos round_trip, double rate) {
  sim::Plan plan;
  plan.round_trip = round_trip;
  plan.headers = command.headers;
  plan.exchange_header_bytes = command.exchange_header_bytes;
  clients::LoadPlan& load = plan.load;
  load.transport = transport.transport;
  load.subscribers = command.subscribers;
  load.client.poll_interval = command.poll_interval;
  load.client.poll_timer = command.fixed_delay ? clients::PollTimer::fixed_delay : clients::PollTimer::fixed_rate;
  load.client.hold = command.hold;
  load.client.long_poll_reuse = transport.reconnects ? net::Reuse::new_connection : net::Reuse::keep_alive;
  load.publish.rate_per_second = rate;
  load.publish.arrivals = command.arrivals;
  load.publish.payload_bytes = command.payload_bytes;
  load.warm_up = kSimulatedWarmUp + command.poll_interval;
  load.duration = Nanos(std::llround(static_cast<double>(command.messages) / rate * 1e9));
  load.seed = command.seed;
  return plan;
}

model::Situation situation_of(const SimulateCommand& command, const sim::Plan& plan) {
  const clients::LoadPlan& load = plan.load;
  model::Situation s;
  s.messages_per_second = load.publish.rate_per_second;
  s.arrivals = command.arrivals == clients::Arrivals::poisson ? model::Arrivals::poisson : model::Arrivals::constant;
  s.round_trip = plan.round_trip;
  s.poll_interval = command.poll_interval;
  s.fixed_delay = command.fixed_delay;
  s.long_poll_reconnects = load.client.long_poll_reuse == net::Reuse::new_connection;
  s.hold = command.hold;
  OwnExchange exchange;
  exchange.payload_bytes = command.payload_bytes;
  exchange.headers = command.headers;
  exchange.hold_s = std::to_string(command.hold.count());
  exchange.authority = sim::kAuthority;
  exchange.published_first = s.messages_per_second * model::Seconds(load.warm_up).count();
  exchange.published_last = exchange.published_first + static_cast<double>(command.messages);
  set_sizes(s, load.transport, exchange);
  if (command.exchange_header_bytes > 0) {
    s.request_header_bytes = 0;
    s.response_header_bytes = static_cast<double>(command.exchange_header_bytes);
  }
  return s;
}

DeliveryFigures predict_figures(const model::Prediction& p) {
  DeliveryFigures figures;
  figures.age_mean_ms = milliseconds(p.age.mean());
  figures.age_p50_ms = milliseconds(p.age.percentile(50));
  figures.age_p99_ms = milliseconds(p.age.percentile(99));
  figures.age_max_ms = milliseconds(p.age.max());
  figures.requests_per_second = p.requests_per_second;
  figures.connections_per_second = p.connections_per_second;
  if (p.requests_per_second > 0) figures.empty_share = p.empty_share;
  figures.header_bytes_per_delivered = p.header_bytes;
  figures.first_answer_ms = milliseconds(p.first_message);
  return figures;
}

DeliveryFigures simulated_figures(const sim::Report& report, std::size_t subscribers) {
  const meter::Tally& tally = report.tally;
  const double subscriber_s = model::Seconds(report.window).count() * static_cast<double>(subscribers);
  const auto count = [](std::uint64_t number) { return static_cast<double>(number); };
  DeliveryFigures figures;
  figures.age_mean_ms = report.age.mean_ns() / 1e6;
  figures.age_p50_ms = milliseconds(report.age.percentile(50));
  figures.age_p99_ms = milliseconds(report.age.percentile(99));
  figures.age_max_ms = milliseconds(report.age.max());
  figures.requests_per_second = count(tally.requests) / subscriber_s;
  figures.connections_per_second = count(tally.connections) / subscriber_s;
  if (tally.requests > 0) figures.empty_share = count(tally.empty_answers) / count(tally.requests);
  const std::uint64_t header_bytes = tally.out.http_headers + tally.in.http_headers + tally.in.websocket_framing;
  figures.header_bytes_per_delivered = count(header_bytes) / std::max(count(tally.window_delivered), 1.0);
  figures.first_answer_ms = milliseconds(report.first_answer);
  return figures;
}

double share_within(const meter::Histogram& age, double limit_ms) {
  constexpr double kBucketWidth = 1.0 / 1024;  // what one value may be counted as above itself
  std::uint64_t within = 0;
  for (const auto& [highest, count] : age.buckets())
    if (milliseconds(highest) <= limit_ms * (1 + kBucketWidth) + 1e-6) within += count;
  return age.count() > 0 ? static_cast<double>(within) / static_cast<double>(age.count()) : 0;
}

bool close_to(double value, double theory, double absolute) {
  return std::abs(value - theory) <= std::max(absolute, 0.01 * std::abs(theory)) + 1e-9;
}

SimulatedCell simulate_cell(const SimulateCommand& command, const SimulatedTransport& transport, Nanos round_trip,
                            double rate) {
  const sim::Plan plan = plan_of(command, transport, round_trip, rate);
  const sim::Report report = sim::simulate(plan);
  SimulatedCell cell{transport, rate, milliseconds(round_trip), {}, {}, 0, false};
  cell.simulated = simulated_figures(report, command.subscribers);
  cell.predicted = predict_figures(model::predict(transport.transport, situation_of(command, plan)));
  cell.within_predicted_p99_share = share_within(report.age, cell.predicted.age_p99_ms);
  cell.agrees = agrees(cell);
  return cell;
}

void check(const SimulateCommand& command) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
  for (const double rate : command.messages_per_second)
    if (rate <= 0) refuse("--rate 0: give rates above 0");
  for (const Nanos round_trip : command.round_trips)
    if (round_trip < Nanos(0) || round_trip > std::chrono::minutes(1)) refuse("--rtt: give 0 to 1m");
  if (command.poll_interval <= Nanos(0)) refuse("--poll-interval 0: give a duration above 0, like 250ms");
  if (command.hold < std::chrono::seconds(1) || command.hold > messages::Limits{}.hold_max)
    refuse(fmt::format("--hold: give 1s to {}s", messages::Limits{}.hold_max.count() / 1000));
  if (command.payload_bytes < clients::kStampBytes || command.payload_bytes > messages::Limits{}.payload_bytes)
    refuse(fmt::format("--payload {}: give {} to {}", command.payload_bytes, clients::kStampBytes,
                       messages::Limits{}.payload_bytes));
  if (command.arrivals == clients::Arrivals::burst) refuse("--arrivals burst: no theory to hold it against");
  if (command.subscribers == 0 || command.messages == 0) refuse("--subscribers, --messages: give at least one");
  if (command.messages > kSimulatedMost / command.subscribers)
    refuse(fmt::format("--messages {} to {} subscribers: give {} deliveries at most", command.messages,
                       command.subscribers, grouped(kSimulatedMost)));
}

// -- the table -----------------------------------------------------------------------------------------------------

struct SimulatedColumn {
  const char* title;
  std::function<std::optional<double>(const DeliveryFigures&)> value;
};

const std::vector<SimulatedColumn>& simulated_columns() {
  using D = DeliveryFigures;
  static const std::vector<SimulatedColumn> all = {
      {"age mean", [](const D& d) { return d.age_mean_ms; }},
      {"p50", [](const D& d) { return d.age_p50_ms; }},
      {"p99", [](const D& d) { return d.age_p99_ms; }},
      {"max, ms", [](const D& d) { return d.age_max_ms; }},
      {"requests/s", [](const D& d) { return d.requests_per_second; }},
      {"empty, %", [](const D& d) { return d.empty_share ? std::optional(*d.empty_share * 100) : std::nullopt; }},
      {"header B", [](const D& d) { return d.header_bytes_per_delivered; }},
      {"first, ms", [](const D& d) { return d.first_answer_ms; }},
  };
  return all;
}

constexpr int kSimulatedLabel = 24, kSimulatedCell = 11;

std::string cell_text(std::optional<double> value, bool is_difference) {
  constexpr double kNothing = 5e-7;  // would be printed as 0.000000
  if (!value) return "-";
  if (std::abs(*value) < kNothing) return "0";
  if (!is_difference) return significant(*value);
  return (*value < 0 ? "-" : "+") + significant(std::abs(*value));
}

std::string simulated_line(const std::string& label,
                           const std::function<std::optional<double>(const SimulatedColumn&)>& value,
                           bool is_difference = false) {
  std::string out = fmt::format("{:<{}}", label, kSimulatedLabel);
  for (const SimulatedColumn& column : simulated_columns())
    out += fmt::format("{:>{}}", cell_text(value(column), is_difference), kSimulatedCell);
  return out + '\n';
}

std::string lines_of(const SimulatedCell& cell) {
  return simulated_line(name(cell.transport) + (cell.agrees ? "" : " !"),
                        [&](const SimulatedColumn& column) { return column.value(cell.simulated); }) +
         simulated_line("  theory", [&](const SimulatedColumn& column) { return column.value(cell.predicted); }) +
         simulated_line(
             "  difference",
             [&](const SimulatedColumn& column) -> std::optional<double> {
               const auto ours = column.value(cell.simulated), theory = column.value(cell.predicted);
               return ours && theory ? std::optional(*ours - *theory) : std::nullopt;
             },
             true);
}

constexpr const char* kSimulatedLegend =
    "Simulated: the real backends and clients, a virtual clock and no sockets. Header B: HTTP headers and WebSocket\n"
    "framing per delivered message, both ways. First: from dialling to the first answer. '!': further from theory\n"
    "than 1%, 0.5 ms of an age, 0.5% of the answers that are empty, or, for p99, 0.1% of all messages in rank;\n"
    "more --messages leave less to luck.\n";

}  // namespace

std::string name(const SimulatedTransport& transport) {
  return std::string(messages::name(transport.transport)) + std::string(transport.reconnects ? kReconnecting : "");
}

std::vector<SimulatedTransport> parse_simulated(const std::vector<std::string>& names) {
  std::vector<SimulatedTransport> all, chosen;
  std::string known;
  for (const Transport transport : messages::kTransports) {
    all.push_back({transport, false});
    if (transport == Transport::long_poll) all.push_back({transport, true});
  }
  for (const SimulatedTransport& one : all) known += name(one) + ", ";
  for (const std::string& wanted : names) {
    if (wanted == "all") return all;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return name(one) == wanted; });
    if (found == all.end()) throw std::invalid_argument(fmt::format("'{}': give {}or all", wanted, known));
    chosen.push_back(*found);
  }
  return chosen;
}

bool agrees(const SimulatedCell& cell) {
  const DeliveryFigures &ours = cell.simulated, &theory = cell.predicted;
  constexpr double kHalfMillisecond = 0.5, kRank = 0.001, kEmptyShare = 0.005;
  const bool p99 = close_to(ours.age_p99_ms, theory.age_p99_ms, kHalfMillisecond) ||
                   std::abs(cell.within_predicted_p99_share - 0.99) <= kRank;
  const bool empty = ours.empty_share.has_value() == theory.empty_share.has_value() &&
                     std::abs(ours.empty_share.value_or(0) - theory.empty_share.value_or(0)) <= kEmptyShare;
  return p99 && empty && close_to(ours.age_mean_ms, theory.age_mean_ms, kHalfMillisecond) &&
         close_to(ours.requests_per_second, theory.requests_per_second, 0) &&
         close_to(ours.connections_per_second, theory.connections_per_second, 0) &&
         close_to(ours.header_bytes_per_delivered, theory.header_bytes_per_delivered, 0) &&
         close_to(ours.first_answer_ms, theory.first_answer_ms, 0);
}

std::vector<SimulatedCell> simulate_cells(const SimulateCommand& command) {
  check(command);
  std::vector<SimulatedCell> cells;
  for (const double rate : command.messages_per_second)
    for (const Nanos round_trip : command.round_trips)
      for (const SimulatedTransport& transport : command.transports)
        cells.push_back(simulate_cell(command, transport, round_trip, rate));
  return cells;
}

std::string simulate_text(const SimulateCommand& command, const std::vector<SimulatedCell>& cells) {
  std::string out = fmt::format(
      "{} ({} arrivals, {} B) to {} in each cell; polls every {} ms ({}), holds of {} s; {} headers; seed {}\n",
      plural(command.messages, "message"), name(command.arrivals), command.payload_bytes,
      plural(command.subscribers, "subscriber"), significant(milliseconds(command.poll_interval)),
      command.fixed_delay ? "fixed-delay" : "fixed-rate", command.hold.count(),
      command.exchange_header_bytes > 0 ? fmt::format("{} B of", command.exchange_header_bytes) : command.headers->name,
      command.seed);
  const SimulatedCell* before = nullptr;
  for (const SimulatedCell& cell : cells) {
    const bool same = before && before->messages_per_second == cell.messages_per_second &&
                      before->round_trip_ms == cell.round_trip_ms;
    if (!same) {
      out += fmt::format("\n{} messages/s, round trip {} ms\n{:{}}", significant(cell.messages_per_second),
                         significant(cell.round_trip_ms), "", kSimulatedLabel);
      for (const SimulatedColumn& column : simulated_columns())
        out += fmt::format("{:>{}}", column.title, kSimulatedCell);
      out += '\n';
    }
    out += lines_of(cell);
    before = &cell;
  }
  const auto agreeing =
      std::count_if(cells.begin(), cells.end(), [](const SimulatedCell& cell) { return cell.agrees; });
  return out +
         fmt::format("\nOf {} {} as theory has it.\n", plural(cells.size(), "cell"),
                     agreeing == 1 ? "1 is" : fmt::format("{} are", agreeing)) +
         kSimulatedLegend;
}

std::string simulate_json(const SimulateCommand& command, const std::vector<SimulatedCell>& cells) {
  Json json = Json::object();
  json["schema"] = "wirelab.simulation/1";
  json["arrivals"] = name(command.arrivals);
  json["messages"] = command.messages;
  json["subscribers"] = command.subscribers;
  json["payload_bytes"] = command.payload_bytes;
  json["poll_interval_ms"] = milliseconds(command.poll_interval);
  json["poll_timer"] = command.fixed_delay ? "fixed-delay" : "fixed-rate";
  json["hold_s"] = command.hold.count();
  json["headers"] = command.headers->name;
  json["exchange_header_bytes"] =
      command.exchange_header_bytes > 0 ? Json(command.exchange_header_bytes) : Json(nullptr);
  json["seed"] = command.seed;
  json["cells"] = Json::array();
  for (const SimulatedCell& cell : cells) {
    Json one = Json::object();
    one["transport"] = name(cell.transport);
    one["messages_per_second"] = cell.messages_per_second;
    one["round_trip_ms"] = cell.round_trip_ms;
    one["simulated"] = write_json(cell.simulated);
    one["predicted"] = write_json(cell.predicted);
    one["within_predicted_p99_share"] = cell.within_predicted_p99_share;
    one["agrees"] = cell.agrees;
    json["cells"].push_back(std::move(one));
  }
  return to_text(json);
}

int simulate(const SimulateCommand& command) {
  const auto cells = simulate_cells(command);
  write_output("-", command.json ? simulate_json(command, cells) : simulate_text(command, cells));
  return kOk;
}

}  // namespace wirelab::lab
