#include "servers/access.hpp"

#include <algorithm>
#include <stdexcept>

namespace wirelab::servers {
namespace {

constexpr std::string_view kAnyOrigin = "*";
constexpr std::string_view kSchemeEnd = "://";

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// "app.example.com:8080" of "https://app.example.com:8080".
std::string_view authority_of(std::string_view origin) {
  const auto scheme_end = origin.find(kSchemeEnd);
  return scheme_end == origin.npos ? std::string_view() : origin.substr(scheme_end + kSchemeEnd.size());
}

std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

/// Nobody can make such a name mean another machine.
bool is_fixed(std::string_view host) {
  const bool numeric = host.starts_with('[') || host.find_first_not_of("0123456789.") == host.npos;
  return numeric || same_ignoring_case(host, "localhost");
}

bool is_listed(std::string_view origin, const Access& access) {
  return std::any_of(access.origins.begin(), access.origins.end(), [&](const std::string& listed) {
    return listed == kAnyOrigin || same_ignoring_case(listed, origin);
  });
}

bool is_host_of_listed(std::string_view host, const Access& access) {
  return std::any_of(access.origins.begin(), access.origins.end(), [&](const std::string& listed) {
    return listed == kAnyOrigin || same_ignoring_case(without_port(authority_of(listed)), host);
  });
}

/// http, or https if a proxy speaks it for us.
bool is_own(std::string_view origin, std::string_view host) {
  const bool web = origin.starts_with("http://") || origin.starts_with("https://");
  return web && same_ignoring_case(authority_of(origin), host) && is_fixed(without_port(host));
}

/// The token of `Authorization: Bearer <token>`; nullopt when there is none.
std::optional<std::string_view> bearer_token(const net::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  auto value = request.header("authorization");
  if (value.size() < kScheme.size() || !same_ignoring_case(value.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  value.remove_prefix(std::min(value.find_first_not_of(' ', kScheme.size()), value.size()));
  return value;
}

bool is_token(const net::Request& request, const std::string& secret) {
  const auto given = bearer_token(request);
  return given && !secret.empty() && equal_in_constant_time(*given, secret);
}

enum class Right { nothing, publish, subscribe, either };

Right needed(const Route& route) {
  if (std::holds_alternative<PublishRoute>(route)) return Right::publish;
  if (std::holds_alternative<SubscribeRoute>(route)) return Right::subscribe;
  return std::holds_alternative<HomeRoute>(route) ? Right::nothing : Right::either;
}

bool has(Right right, const net::Request& request, const Access& access) {
  const std::string &publish = access.publish_token, &subscribe = access.subscribe_token;
  switch (right) {
    case Right::nothing: return true;
    case Right::publish: return publish.empty() || is_token(request, publish);
    case Right::subscribe: return subscribe.empty() || is_token(request, subscribe);
    case Right::either:
      return (publish.empty() && subscribe.empty()) || is_token(request, publish) || is_token(request, subscribe);
  }
  return false;
}

net::Headers challenge(std::string_view parameters) {
  return {{"WWW-Authenticate", "Bearer realm=\"wirelab\"" + std::string(parameters)}};
}

}  // namespace

std::optional<net::Answer> refuse_stranger(const net::Request& request, const Access& access) {
  const auto host = request.header("host"), name = without_port(host), origin = request.header("origin");
  if (access.names_are_checked && !is_fixed(name) && !is_host_of_listed(name, access))
    return error_answer(421,
                        "this server is not known by that name: ask for its address, or start it with --allow-origin "
                        "and the name");
  if (origin.empty() || is_own(origin, host) || is_listed(origin, access)) return std::nullopt;
  return error_answer(403, "pages of another origin may not: start the server with --allow-origin and theirs");
}

std::optional<net::Answer> refuse_without_token(const net::Request& request, const Route& route, const Access& access) {
  const Right right = needed(route);
  if (has(right, request, access)) return std::nullopt;
  if (!bearer_token(request))
    return error_answer(401, "this takes a token: send Authorization: Bearer <token> (RFC 6750 §2.1)", challenge(""));
  if (has(Right::either, request, access))
    return error_answer(403, "this token is for something else", challenge(", error=\"insufficient_scope\""));
  return error_answer(401, "this token is not one of this server's", challenge(", error=\"invalid_token\""));
}

bool may_publish(const net::Request& request, const Access& access) { return has(Right::publish, request, access); }

net::Headers allow_origin(const net::Request& request, const Access& access) {
  const auto origin = request.header("origin");
  if (origin.empty() || !is_listed(origin, access)) return {};
  return {{"Access-Control-Allow-Origin", std::string(origin)}, {"Vary", "Origin"}};
}

std::optional<net::Answer> answer_preflight(const net::Request& request, const Access& access) {
  net::Headers allowed = allow_origin(request, access);
  if (request.method != "OPTIONS" || allowed.empty()) return std::nullopt;
  constexpr const char* kRemember_s = "600";  // a browser asks again after that
  net::Answer answer;
  answer.headers = std::move(allowed);
  answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST");
  answer.headers.emplace_back("Access-Control-Allow-Headers", "authorization, content-type, idempotency-key");
  answer.headers.emplace_back("Access-Control-Max-Age", kRemember_s);
  return answer;
}

bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  if (secret.empty()) return given.empty();
  volatile std::size_t difference = given.size() ^ secret.size();  // or a compiler might leave the loop early
  for (std::size_t i = 0; i < given.size(); ++i)
    difference =
        difference | static_cast<std::size_t>(static_cast<unsigned char>(given[i] ^ secret[i % secret.size()]));
  return difference == 0;
}

void check_origin(std::string_view text) {
  const auto authority = authority_of(text);
  const bool web = text.starts_with("http://") || text.starts_with("https://");
  const bool plain = authority.find_first_of("/?#@ ,") == authority.npos && !without_port(authority).empty();
  if (text != kAnyOrigin && !(web && plain))
    throw std::invalid_argument("'" + std::string(text) +
                                "' is no origin: give one like https://app.example.com, or *");
}

}  // namespace wirelab::servers
