#include "servers/routes.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

namespace wirelab::servers {
namespace {

using messages::Limits;
using messages::Transport;
using net::Answer;
using net::Request;

// The parameters that a route knows.
constexpr std::array<std::string_view, 0> kNothing = {};
constexpr std::array<std::string_view, 1> kAfter = {"after"};
constexpr std::array<std::string_view, 3> kAfterKeyAndFrom = {"after", "key", "from"};
constexpr std::array<std::string_view, 2> kAfterAndHold = {"after", "hold"};

/// Thrown and caught in this file only: parsing stops at the first thing that is wrong.
struct Refused {
  Answer answer;
};

[[noreturn]] void refuse(int status, const std::string& error, net::Headers headers = {}) {
  throw Refused{error_answer(status, error, std::move(headers))};
}

/// Text from outside, as it may stand in an error: bounded, and the JSON encoder escapes the rest.
std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 80;
  return "'" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "…'" : "'");
}

void require_method(const Request& request, std::string_view allowed) {
  const bool reads = allowed == "GET, HEAD" && (request.method == "GET" || request.method == "HEAD");
  if (reads || request.method == allowed) return;
  refuse(405, in_quotes(request.method) + " is not for this path; it takes " + std::string(allowed),
         {{"Allow", std::string(allowed)}});
}

std::string parse_channel(std::string_view name, const Limits& limits) {
  if (messages::is_channel_name(name, limits.channel_name_bytes)) return std::string(name);
  refuse(400, "bad channel " + in_quotes(name) + ": 1 to " + std::to_string(limits.channel_name_bytes) +
                  " of A-Z a-z 0-9 . _ -, not starting with a dot");
}

After parse_after(std::string_view text) {
  if (text == "earliest") return AllThatIsKept{};
  if (const auto cursor = messages::parse_cursor(text)) return *cursor;
  refuse(400, "bad cursor " + in_quotes(text) +
                  ": give back the one of the last answer, or 'earliest', or none for from now on");
}

net::Nanos parse_hold(std::string_view text, const Limits& limits) {
  const double hold_max_s = std::chrono::duration<double>(limits.hold_max).count();
  double seconds = -1;
  const bool plain = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (plain && error == std::errc{} && end == text.data() + text.size() && seconds <= hold_max_s)
    return std::chrono::duration_cast<net::Nanos>(std::chrono::duration<double>(seconds));
  refuse(400, "bad hold " + in_quotes(text) + ": seconds from 0 to " + std::to_string(limits.hold_max.count() / 1000));
}

/// "a=1&b=2", each name once and among `known`: their values, in the order of `known`.
template <std::size_t count>
std::array<std::optional<std::string_view>, count> parse_query(std::string_view query,
                                                               const std::array<std::string_view, count>& known) {
  std::array<std::optional<std::string_view>, count> values;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = pair.substr(0, equals), value = pair.substr(std::min(equals + 1, pair.size()));
    const auto place = static_cast<std::size_t>(std::find(known.begin(), known.end(), name) - known.begin());
    if (place == count) refuse(400, "unknown parameter " + in_quotes(name));
    if (values[place]) refuse(400, "parameter " + in_quotes(name) + " is there twice");
    values[place] = value;
  }
  return values;
}

PublishRoute parse_publish(const Request& request, std::string_view channel, const Limits& limits) {
  PublishRoute route{parse_channel(channel, limits), std::string(request.header("idempotency-key"))};
  require_method(request, "POST");
  parse_query(request.query, kNothing);
  if (route.idempotency_key.size() > limits.idempotency_key_bytes)
    refuse(400, "Idempotency-Key is longer than " + std::to_string(limits.idempotency_key_bytes) + " bytes");
  return route;
}

void require_upgrade(const Request& request) {
  require_method(request, "GET");
  if (!request.upgrade)
    refuse(426, "this path speaks WebSocket: send Upgrade: websocket (RFC 6455 §4.1)", {{"Upgrade", "websocket"}});
}

/// A key leaves room for a dash and the longest number.
void parse_key(SubscribeRoute& route, std::optional<std::string_view> key, std::optional<std::string_view> from,
               const Limits& limits) {
  constexpr std::size_t kNumber = 1 + std::numeric_limits<std::uint64_t>::digits10 + 1;
  const std::size_t most = limits.idempotency_key_bytes - std::min(limits.idempotency_key_bytes, kNumber);
  if (key && !messages::is_channel_name(*key, most))
    refuse(400, "bad key " + in_quotes(*key) + ": 1 to " + std::to_string(most) +
                    " of A-Z a-z 0-9 . _ -, not starting with a dot");
  if (from) {
    const char* const end = from->data() + from->size();
    const auto [stop, error] = std::from_chars(from->data(), end, route.publish_from);
    if (!key || from->empty() || error != std::errc{} || stop != end)
      refuse(400, "bad from " + in_quotes(*from) + ": the number of the first text, beside a key");
  }
  route.publish_key = key.value_or("");
}

SubscribeRoute parse_subscribe(const Request& request, Transport transport, std::string_view channel,
                               const Limits& limits) {
  SubscribeRoute route{transport, parse_channel(channel, limits), NewestOnly{}, limits.hold_default};
  if (transport == Transport::websocket) {
    require_upgrade(request);
  } else {
    require_method(request, "GET, HEAD");
  }
  if (transport == Transport::long_poll) {
    const auto [after, hold] = parse_query(request.query, kAfterAndHold);
    if (after) route.after = parse_after(*after);
    if (hold) route.hold = parse_hold(*hold, limits);
  } else if (transport == Transport::websocket) {
    const auto [after, key, from] = parse_query(request.query, kAfterKeyAndFrom);
    if (after) route.after = parse_after(*after);
    parse_key(route, key, from, limits);
  } else if (const auto [after] = parse_query(request.query, kAfter); after) {
    route.after = parse_after(*after);
  }
  return route;
}

Route parse(const Request& request, const Limits& limits, const Served& served, bool echo) {
  const std::string_view path = request.path;
  const auto slash = path.find('/', 1);
  const bool has_channel = slash != std::string_view::npos;
  const auto first = path.substr(std::min<std::size_t>(1, path.size()), has_channel ? slash - 1 : slash);
  const auto channel = has_channel ? path.substr(slash + 1) : std::string_view{};
  const auto transport = messages::parse_transport(first);
  const bool to_echo = echo && path == "/echo";
  const bool upgradable = to_echo || (has_channel && transport == Transport::websocket);
  if (request.upgrade && !upgradable)
    refuse(400, "no WebSocket at " + in_quotes(path) + ": upgrade at /websocket/<channel>");

  if (has_channel && first == "publish") return parse_publish(request, channel, limits);
  if (has_channel && transport) {
    if (!served[static_cast<std::size_t>(*transport)])
      refuse(404, std::string(first) + " is not served here: start the server with --backend " + std::string(first));
    return parse_subscribe(request, *transport, channel, limits);
  }
  if (to_echo) {
    require_upgrade(request);
    parse_query(request.query, kNothing);
    return EchoRoute{};
  }
  const auto plain = [&](Route route) {
    require_method(request, "GET, HEAD");
    parse_query(request.query, kNothing);
    return route;
  };
  if (path == "*" && request.method == "OPTIONS") require_method(request, "GET, HEAD, POST");  // of the whole server
  if (path == "/") return plain(HomeRoute{});
  if (path == "/load") return plain(LoadRoute{});
  if (path == "/metrics") return plain(MetricsRoute{});
  refuse(404, "nothing at " + in_quotes(path) + "; GET / says what there is");
}

}  // namespace

net::Answer error_answer(int status, std::string_view error, net::Headers headers) {
  // Replaces what is not UTF-8: the text may quote what a stranger sent.
  const auto body = nlohmann::json{{"error", error}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  Answer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");  // it may quote what a stranger sent
  answer.body = net::SharedText(body);
  return answer;
}

std::variant<Route, net::Answer> parse_route(const Request& request, const Limits& limits, const Served& served,
                                             bool echo) {
  try {
    return parse(request, limits, served, echo);
  } catch (Refused& refused) {
    return std::move(refused.answer);
  }
}

}  // namespace wirelab::servers
