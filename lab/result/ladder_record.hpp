#pragma once
// The record of a `wirelab ladder`: what ladder.json holds and the drawings are made from. Members are named as the
// keys of the file; docs/08-ladder.md explains it, docs/ladder.schema.json has every key.
#include <optional>
#include <string>
#include <vector>

#include "lab/host/provenance.hpp"
#include "ladder/ladder.hpp"
#include "ladder/ladder_text.hpp"

namespace wirelab::lab {

inline constexpr const char* kLadderSchema = "wirelab.ladder/1";

/// What was run; a capture has none.
struct LadderRun {
  std::string link;             ///< in words: "round trip 50 ms, loss 1%"
  double gap_ms = 0;            ///< between the two messages
  double poll_interval_ms = 0;  ///< of short-poll and keep-alive
  std::uint64_t payload_bytes = 0;
  std::uint64_t seed = 0;
};

/// Without the doctor: a ladder is no measurement.
struct LadderRecord : Provenance {
  std::string schema = kLadderSchema;
  std::optional<LadderRun> run;
  std::optional<std::string> pcap;    ///< the file it was drawn from
  std::vector<std::string> warnings;  ///< what must not be overlooked: "websocket: the link was up to 7 ms late"
  std::vector<ladder::Ladder> ladders;
};

std::string to_text(const LadderRecord& record);

/// All its ladders, as text.
std::string ladder_text(const LadderRecord& record, const ladder::TextOptions& options = {});

/// Throws JsonError that says what is wrong and where.
LadderRecord parse_ladder_record(const std::string& text);

}  // namespace wirelab::lab
