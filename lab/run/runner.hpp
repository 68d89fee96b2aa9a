#pragma once
// Carries out one run after the other behind one progress bar that says how much is left: what `compare`, `sweep` and
// `capacity` share. In which order, and what becomes of the runs, is theirs.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lab/process/interrupt.hpp"
#include "lab/process/progress.hpp"
#include "lab/result/load_settings.hpp"
#include "lab/result/result.hpp"
#include "lab/run/run_once.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

struct RunRequest {
  const LoadSettings& settings;  ///< after complete()
  messages::Transport transport;
  std::string what;       ///< for the bar and for errors: "websocket, round 2 of 3"
  std::size_t point = 0;  ///< of a SweepPlan
};

/// How runs are carried out: a Runner's run(), or a test's own. Null when a signal came before anything was measured.
/// Throws std::runtime_error, which says of what, when the run could not be carried out.
using CarryOut = std::function<std::optional<Run>(const RunRequest&)>;

/// What a run takes: its measured time, processes starting, subscribers connecting, the last poll.
Nanos expected_run_time(const LoadSettings& settings);

/// "48 s", "24 min"
std::string about(Nanos time);

class Runner {
 public:
  /// `interrupt` must outlive it.
  Runner(const Placement& placement, const Interrupt& interrupt, bool with_bar = true);

  /// Says on standard error what will run and for how long, and what about this machine or this build disturbs it.
  /// `parts` is what makes so many runs: "transports: 4, rounds: 3".
  void announce(std::uint64_t runs, const std::string& parts, Nanos expected) const;
  /// From here on so much is expected, the next run included. What the bar says is corrected by what runs really took.
  void expect(Nanos left) { left_ = left; }
  std::optional<Run> run(const RunRequest& request);
  /// Takes the bar away, to make room for other output.
  void clear() { bar_.clear(); }

 private:
  void draw(const RunRequest& request, Nanos elapsed);

  Placement placement_;
  const Interrupt& interrupt_;
  ProgressBar bar_;
  Nanos left_{}, done_{}, taken_{};  // of the runs that are done: what was expected, and what it took
};

}  // namespace wirelab::lab
