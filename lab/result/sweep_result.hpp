#pragma once
// The record of a `wirelab sweep`: one comparison at each of several points of one axis. Members are named as the keys
// of the file; docs/03-result-format.md explains every one. The parts it shares with a result are a result's.
//
// Its runs have no histogram buckets: with them a sweep would be tens of megabytes. The summaries were made from the
// runs with theirs, so no figure is lost, but summaries cannot be made again.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lab/host/provenance.hpp"
#include "lab/result/axis.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

inline constexpr const char* kSweepSchema = "wirelab.sweep/1";

struct SweptAxis {
  std::string axis;            ///< "clients": as --over says it
  std::string key;             ///< of the configuration that it varies: "subscribers"
  std::vector<double> values;  ///< in that key's unit, ascending: all that were asked for
};

/// Runs that are missing because one of them, or one at an easier point, could not be carried out.
struct NotCarriedOut {
  std::string transport;
  std::uint64_t runs = 0;
  std::string reason;  ///< which run failed first, and of what
};

struct SweepPoint {
  double value = 0;
  std::map<std::string, Summary> summary;  ///< by transport
  std::vector<NotCarriedOut> not_carried_out;
  std::vector<Run> runs;  ///< in the order they ran; `order` counts through all points of a round
};

struct SweepResult : Provenance {
  std::string schema = kSweepSchema;
  SweptAxis over;
  Configuration configuration;  ///< of every point, but for the axis: there it is the first point's
  std::vector<SweepPoint> points;
};

std::string to_text(const SweepResult& sweep);

// The JSON of what an experiment has too.
extern template Json write_json(const SweptAxis&);
extern template void read_json(const Json&, SweptAxis&);

/// Throws JsonError that says what is wrong and where.
SweepResult parse_sweep(const std::string& text);

/// One point as a result of its own, for what reads results.
Result result_at(const SweepResult& sweep, const SweepPoint& point);

}  // namespace wirelab::lab
