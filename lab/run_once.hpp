#pragma once
// One run of a comparison: a fresh server, a fresh load generator, and the record of what happened.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/interrupt.hpp"
#include "lab/load_settings.hpp"
#include "lab/result.hpp"
#include "link/packet.hpp"
#include "messages/transport.hpp"

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

/// Throws std::invalid_argument for settings beyond the default limits, which are those of the runs' servers: what is
/// beyond them would measure refusals. `command` is whose servers they are: "compare".
void check_limits(const LoadSettings& settings, std::string_view command);

/// Waits for it; `on_tick` is called about ten times a second. When `interrupt` is requested meanwhile the generator is
/// told to stop, and what it measured until then is returned; nullopt if that was nothing. Throws std::runtime_error
/// when server, generator or link fail: their own messages have gone to standard error by then.
///
/// With a link (settings.link) the server is at one end of it and the subscribers at the other; the publisher, and who
/// reads the server's load, are at the server's end, in its network. `observers` are told of the link's packets.
std::optional<Run> run_once(const LoadSettings& settings, messages::Transport transport, const Placement& placement,
                            const Interrupt& interrupt, const std::function<void()>& on_tick,
                            const std::vector<link::PacketObserver*>& observers = {});

}  // namespace wirelab::lab
