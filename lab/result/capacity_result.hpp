#pragma once
// The record of a `wirelab capacity`: how much each transport carries before it misses an objective, and every run that
// was made to find out. Members are named as the keys of the file; docs/03-result-format.md explains every one. The
// runs are a result's, without histogram buckets, as a sweep's are.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/host/provenance.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

inline constexpr const char* kCapacitySchema = "wirelab.capacity/1";

struct Objective {
  std::string text;    ///< "p99<100ms"
  std::string figure;  ///< of figures(): "p99"
  std::string key;     ///< "age_p99_us": the unit of `bound` and of each probe's `measured`
  double bound = 0;
};

struct SearchedAxis {
  std::string axis;  ///< "clients": as --of says it
  std::string key;   ///< of the configuration that it varies: "subscribers"
  double from = 0, to = 0;
  double resolution_share = 0;
  std::uint64_t agree_runs = 0;
};

struct Capacity {
  std::optional<double> passed;  ///< the greatest value that did; null: not even the first
  std::optional<double> failed;  ///< the least that did not
  std::string limit;             ///< what ended the search: "objective", "load-generator" …
  std::string words;             ///< the same as a sentence
};

struct CapacityProbe {
  std::string transport;
  double value = 0;
  std::string outcome;             ///< "passed", "missed", "generator-limited", "not-carried-out", "interrupted"
  std::optional<double> measured;  ///< the objective's figure
  bool at_least = false;           ///< it falls among what was lost, and is known from below only
  std::string reason;              ///< empty for "passed"
  std::optional<Run> run;          ///< null: not carried out
};

struct CapacityResult : Provenance {
  std::string schema = kCapacitySchema;
  Objective objective;
  SearchedAxis search;
  Configuration configuration;               ///< of every probe, but for the axis: there it is `from`
  std::map<std::string, Capacity> capacity;  ///< by transport
  std::vector<CapacityProbe> probes;         ///< in the order they ran
};

std::string to_text(const CapacityResult& result);

/// Throws JsonError that says what is wrong and where.
CapacityResult parse_capacity(const std::string& text);

}  // namespace wirelab::lab
