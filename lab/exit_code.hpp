#pragma once
// What a wirelab process says to the shell when it ends. 3 is kept for a missed gate and 4 for a run that is not valid;
// one that a signal ended returns 128 + the signal: 130 for Ctrl-C, 143 for SIGTERM.

namespace wirelab::lab {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kBadArguments = 2,
};

}  // namespace wirelab::lab
