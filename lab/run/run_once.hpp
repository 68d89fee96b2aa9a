#pragma once
// One run of a comparison: a fresh server, a fresh load generator, and the record of what happened.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/process/interrupt.hpp"
#include "lab/process/placement.hpp"
#include "lab/result/load_settings.hpp"
#include "lab/result/result.hpp"
#include "link/packet.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

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
