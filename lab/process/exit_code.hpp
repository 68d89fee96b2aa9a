#pragma once
// What a wirelab process says to the shell when it ends. One that a signal ended returns 128 + the signal: 130 for
// Ctrl-C, 143 for SIGTERM.

namespace wirelab::lab {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kBadArguments = 2,
  kGateMissed = 3,  ///< measured, valid, and not what --expect asked for
  kNotValid = 4,    ///< measured, and not to be believed as it is: the verdict says why
};

}  // namespace wirelab::lab
