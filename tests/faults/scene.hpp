#pragma once
// One fault, played on a simulated network with the real server, backends, clients and publisher: what happens when is
// drawn from the seed, so that a seed that goes wrong goes wrong every time.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "clients/generator.hpp"
#include "clients/inbox.hpp"
#include "messages/transport.hpp"
#include "net/dialer.hpp"
#include "net/host.hpp"
#include "servers/server.hpp"
#include "tests/faults/checker.hpp"

namespace wirelab::tests {

enum class Trouble {
  none,
  killed,   ///< once a second the server dies, and comes back knowing nothing
  outage,   ///< the subscribers' network is gone for up to a second, and the server publishes on
  cut,      ///< every 20 ms on average one connection is cut, whatever is under way on it
  frozen,   ///< the server's process stands still for 3 s
  lossy,    ///< 5% of all segments are lost, and repeated after TCP's timeout
  stalled,  ///< the WebSockets' peers do not read for up to a second
};

struct NamedTrouble {
  std::string_view name;
  Trouble trouble;
};
inline constexpr std::array kTroubles = {
    NamedTrouble{"none", Trouble::none},       NamedTrouble{"killed", Trouble::killed},
    NamedTrouble{"outage", Trouble::outage},   NamedTrouble{"cut", Trouble::cut},
    NamedTrouble{"frozen", Trouble::frozen},   NamedTrouble{"lossy", Trouble::lossy},
    NamedTrouble{"stalled", Trouble::stalled},
};

/// What stands between the parts in a scene whose server or client is a mutant; each may be empty.
struct Mutation {
  std::function<std::unique_ptr<net::Service>(servers::Server&)> server;
  std::function<std::unique_ptr<clients::Listener>(clients::Listener&)> listener;
  std::function<std::unique_ptr<net::HttpDialer>(net::HttpDialer&)> subscribers_dialer;
};

struct Scene {
  Trouble trouble = Trouble::none;
  messages::Transport transport = messages::Transport::long_poll;
  std::uint64_t seed = 1;
  clients::PublishVia via = clients::PublishVia::post;  ///< native: not where the server is killed
  std::uint64_t kept_messages = 24;                     ///< few: who is away for half a second has missed some
  Mutation mutation = {};
};

struct Played {
  Findings findings;
  std::uint64_t injected = 0;  ///< times
};

/// Throws std::runtime_error when the publisher cannot finish.
Played play(const Scene& scene);

}  // namespace wirelab::tests
