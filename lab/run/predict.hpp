#pragma once
// `wirelab predict`: what theory says of the four transports (model/delivery.hpp), for one subscriber and for any
// number of them; also for numbers that no one machine can run. With a measured result beside it, also in processor
// cores.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/result/result.hpp"
#include "messages/header_set.hpp"
#include "model/delivery.hpp"

namespace wirelab::lab {

struct PredictCommand {
  model::Situation situation{.hold = model::Seconds(25)};  ///< payload and timing; other sizes are filled in
  std::uint64_t subscribers = 1'000'000;
  const messages::HeaderSet* headers = &messages::header_sets().front();
  std::string measured_file;  ///< a result whose server cost to extend; empty: none
  bool json = false;
};

/// What a server spent, by transport: microseconds of processor time an answer or a frame.
using ServerCosts = std::map<std::string, double>;

/// Of the transports whose server told its load. What taking in the messages cost is in it.
ServerCosts server_costs(const Result& measured);

/// The page, for people: a table, and the assumptions under it. 100 columns at most.
std::string predict_text(const PredictCommand& command, const ServerCosts& costs);

/// The same as JSON.
std::string predict_json(const PredictCommand& command, const ServerCosts& costs);

/// Prints one of the two; returns the exit code. Throws std::invalid_argument for a situation without a prediction,
/// JsonError for a file that is no result.
int predict(PredictCommand command);

}  // namespace wirelab::lab
