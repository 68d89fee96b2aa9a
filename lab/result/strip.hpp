#pragma once
// The age of each message, in order, around the one that got oldest: what a lost segment holds up, message by message,
// and when it is over. Of runs of one subscriber and messages at a constant gap, so that an interval of the series
// (lab/result/series_file.hpp) as long as the gap has one message in it.
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/result/load_settings.hpp"
#include "lab/text/units.hpp"

namespace wirelab::lab {

/// [ms, age in us], in order of the first.
using MessageAges = std::vector<std::pair<double, double>>;

/// One transport's at one value of the axis. A chart has a panel for it.
struct Strip {
  std::string transport, variant;  ///< as of a series
  double value = 0;
  std::vector<MessageAges> rounds;         ///< of each run, by when a message was due, from the oldest on
  MessageAges theory;                      ///< empty: silent
  std::optional<double> predicted_max_us;  ///< of the oldest; null: silent
};

/// How many messages are kept before the oldest and behind it.
inline constexpr std::size_t kStripBefore = 16, kStripBehind = 60;

/// The step of a series that has one message an interval. Throws std::invalid_argument for settings that have none.
Nanos strip_step(const LoadSettings& settings);

/// Those of a run whose series is in the file, around the oldest. Throws std::runtime_error that names a file which
/// cannot be read.
MessageAges read_strip(const std::filesystem::path& series);

/// All of `ages` from kStripBefore before the oldest to kStripBehind behind it, by when each was due from there on.
MessageAges around_oldest(const MessageAges& ages);

}  // namespace wirelab::lab
