#pragma once
// Who runs where: the server under test and the load generator on a processor each, so that neither is measured in
// the other's time.
#include <optional>
#include <string>

namespace wirelab::lab {

/// Where server, generator and the relay of a link run, null being wherever the system puts them; and what the server
/// is.
struct Placement {
  std::optional<int> server_cpu, generator_cpu, relay_cpu;
  /// The command that is given `serve --backend NAME --port 0 [--bind ADDRESS] [--cpu N]` (docs/01-wire-format.md says
  /// what is expected of it); the shell finds it and splits it into words. Empty: this very binary.
  std::string server_program{};
};

/// On different processors where this process may use two; the relay never on the server's, and on one of its own where
/// there are three.
Placement place();

}  // namespace wirelab::lab
