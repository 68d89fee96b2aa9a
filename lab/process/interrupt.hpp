#pragma once
// Ctrl-C as people expect it: the first SIGINT or SIGTERM asks the run to stop and to report what it measured, the
// second ends the process at once.
#include <atomic>

namespace wirelab::lab {

/// While it lives, the two signals are caught. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const std::atomic<bool>& requested() const;
  /// 128 + the signal that came. Precondition: requested().
  int exit_code() const;
};

}  // namespace wirelab::lab
