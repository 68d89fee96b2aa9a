#pragma once
// `wirelab simulate`: the real backends and clients on a simulated network (sim/simulation.hpp), beside what theory
// says of them (model/delivery.hpp); for every transport, round trip and rate that was asked for.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clients/client.hpp"
#include "clients/generator.hpp"
#include "lab/text/units.hpp"
#include "messages/header_set.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

/// A transport as it is simulated: a long poll may ask again on a new connection.
struct SimulatedTransport {
  messages::Transport transport = messages::Transport::websocket;
  bool reconnects = false;
};

/// "long-poll", "long-poll-reconnecting"
std::string name(const SimulatedTransport& transport);

/// By name; `all`: the four, and the reconnecting long poll. Throws std::invalid_argument.
std::vector<SimulatedTransport> parse_simulated(const std::vector<std::string>& names);

struct SimulateCommand {
  std::vector<SimulatedTransport> transports;
  std::vector<Nanos> round_trips = {Nanos(0)};
  std::vector<double> messages_per_second = {1};  ///< to each subscriber
  Nanos poll_interval = std::chrono::milliseconds(250);
  bool fixed_delay = false;
  std::chrono::seconds hold{25};
  clients::Arrivals arrivals = clients::Arrivals::poisson;
  std::size_t payload_bytes = 128;
  const messages::HeaderSet* headers = &messages::header_sets().front();
  std::size_t exchange_header_bytes = 0;  ///< not 0: of every exchange, instead of its own
  std::size_t subscribers = 1;
  std::size_t messages = 20'000;  ///< in the window of each cell
  std::uint64_t seed = 1;
  bool json = false;
};

/// Null where there is none: what asks nothing has no empty answers.
struct DeliveryFigures {
  double age_mean_ms = 0, age_p50_ms = 0, age_p99_ms = 0, age_max_ms = 0;
  double requests_per_second = 0;  ///< of one subscriber
  double connections_per_second = 0;
  std::optional<double> empty_share;
  double header_bytes_per_delivered = 0;  ///< HTTP headers, both ways, and WebSocket framing
  double first_answer_ms = 0;             ///< from dialling
};

struct SimulatedCell {
  SimulatedTransport transport;
  double messages_per_second = 1;
  double round_trip_ms = 0;
  DeliveryFigures simulated, predicted;
  double within_predicted_p99_share = 0;  ///< of the simulated ages, those no older than the predicted p99
  bool agrees = false;                    ///< see agrees()
};

/// Whether every figure of theory is met: within 1%, or half a millisecond of an age, or 0.5% of all answers where they
/// are empty. A percentile may also be met in rank, within 0.1% of all messages: where few messages are of an age
/// between two others, a hair's difference in how many wait moves it far.
bool agrees(const SimulatedCell& cell);

std::vector<SimulatedCell> simulate_cells(const SimulateCommand& command);

std::string simulate_text(const SimulateCommand& command, const std::vector<SimulatedCell>& cells);
/// No clock, host or version in it: the same command gives the same bytes.
std::string simulate_json(const SimulateCommand& command, const std::vector<SimulatedCell>& cells);

/// Prints one of the two; returns the exit code. Throws std::invalid_argument for what cannot be simulated.
int simulate(const SimulateCommand& command);

}  // namespace wirelab::lab
