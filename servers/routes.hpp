#pragma once
// The routes of docs/01-wire-format.md as one pure function: a request goes in, and what it asks for, or why it cannot
// be had, comes out.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "messages/cursor.hpp"
#include "messages/limits.hpp"
#include "messages/transport.hpp"
#include "net/http.hpp"
#include "net/loop.hpp"

namespace wirelab::servers {

struct HomeRoute {};
struct LoadRoute {};
struct MetricsRoute {};
struct EchoRoute {};  ///< a WebSocket, as parse_route() lets it pass

struct PublishRoute {
  std::string channel;
  std::string idempotency_key;
};

struct NewestOnly {};     ///< no `after`: from now on
struct AllThatIsKept {};  ///< after=earliest
using After = std::variant<NewestOnly, AllThatIsKept, messages::Cursor>;

struct SubscribeRoute {
  messages::Transport transport;
  std::string channel;
  After after;
  net::Nanos hold{};  ///< long-poll only
  /// WebSocket only: its n-th text, from 0, is published under the idempotency key "<publish_key>-<publish_from + n>".
  /// Empty: under none.
  std::string publish_key = {};
  std::uint64_t publish_from = 0;
};

using Route = std::variant<HomeRoute, LoadRoute, MetricsRoute, EchoRoute, PublishRoute, SubscribeRoute>;

/// Which of the four a server answers for.
using Served = std::array<bool, messages::kTransports.size()>;

/// The route, or the answer that refuses: 400, 404, 405, 426, each with a JSON body that names what was wrong. What is
/// wrong with HTTP itself (no Host, too long, no Content-Length …) the Host has refused before. `echo`: there is one.
std::variant<Route, net::Answer> parse_route(const net::Request& request, const messages::Limits& limits,
                                             const Served& served, bool echo = false);

/// {"error":"…"} with this status.
net::Answer error_answer(int status, std::string_view error, net::Headers headers = {});

}  // namespace wirelab::servers
