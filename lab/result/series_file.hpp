#pragma once
// The series file: what happened when, for plots over time. NDJSON: a JSON object a line, one for each interval of each
// run. docs/03-result-format.md explains the keys, docs/series.schema.json says the same to programs.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lab/text/units.hpp"
#include "meter/series.hpp"

namespace wirelab::lab {

/// Where `compare` leaves it, in the folder of its result; the charts look for it there.
inline constexpr const char* kSeriesFile = "series.ndjson";

/// 100 ms, or as much more as keeps a window of this length within meter::Series::kIntervalsMax.
Nanos default_series_step(Nanos window);

/// Throws std::invalid_argument that says which step would do.
void check_series_step(Nanos window, Nanos step);

/// The lines of one run.
std::string series_text(const meter::Series& series, std::string_view transport, std::uint64_t round);

/// Moves one run's lines to the end of a comparison's, as that round's; the one run's file is gone then. Throws
/// std::runtime_error that names the file which cannot be read or written.
void move_series(const std::filesystem::path& one_run, const std::filesystem::path& all, std::uint64_t round);

}  // namespace wirelab::lab
