#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "net/url.hpp"
#include "servers/routes.hpp"
#include "sim/network.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace wirelab::fuzz {
namespace {

void check_refusal(const net::Answer& answer) {
  require(answer.status >= 400 && answer.status < 600, "a refusal has a status that says so");
  require(nlohmann::json::parse(answer.body.text()).at("error").is_string(), "and says why, in JSON");
}

void check_route(const servers::Route& route, const messages::Limits& limits) {
  if (const auto* publish = std::get_if<servers::PublishRoute>(&route)) {
    require(messages::is_channel_name(publish->channel, limits.channel_name_bytes), "a channel is a channel's name");
  } else if (const auto* subscribe = std::get_if<servers::SubscribeRoute>(&route)) {
    require(messages::is_channel_name(subscribe->channel, limits.channel_name_bytes), "a channel is a channel's name");
    require(subscribe->hold >= net::Nanos::zero() && subscribe->hold <= limits.hold_max, "a hold is within its limit");
  }
}

}  // namespace

/// "GET /long-poll/news?after=k3f9-17"; "UPGRADE /websocket/news" is a GET to become a WebSocket.
void read_target(std::string_view bytes) {
  const auto space = bytes.find(' ');
  const auto method = bytes.substr(0, space);
  const auto target = space == bytes.npos ? std::string_view() : bytes.substr(space + 1);
  const bool upgrade = method == "UPGRADE";
  auto request = sim::make_request(upgrade ? "GET" : std::string(method), target);
  request.upgrade = upgrade;
  const messages::Limits limits;
  const auto parsed = servers::parse_route(request, limits, {true, true, true, true}, true);
  if (const auto* refusal = std::get_if<net::Answer>(&parsed)) return check_refusal(*refusal);
  check_route(std::get<servers::Route>(parsed), limits);
}

void read_url(std::string_view bytes) try {
  const net::Url url = net::parse_url(bytes);
  require(!url.host.empty() && !url.authority.empty(), "a URL names a host");
  const net::Url again = net::parse_url((url.tls ? "https://" : "http://") + url.authority);
  require(again.host == url.host && again.port == url.port, "the Host field names the same");
} catch (const std::invalid_argument& error) {
  require(*error.what() != '\0', "an error says what is wrong");
}

}  // namespace wirelab::fuzz
