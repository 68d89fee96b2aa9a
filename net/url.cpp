#include "net/url.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace wirelab::net {
namespace {

constexpr std::string_view kPlainScheme = "http://", kTlsScheme = "https://";

[[noreturn]] void refuse(std::string_view url, const std::string& why) {
  throw std::invalid_argument("URL \"" + std::string(url) + "\": " + why + "; give it as http://host:port");
}

std::uint16_t parse_port(std::string_view url, std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65'535)
    refuse(url, "the port \"" + std::string(text) + "\" is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/// Splits "host:port", "host", "[v6]:port" or "[v6]".
std::pair<std::string_view, std::string_view> split_authority(std::string_view url, std::string_view authority,
                                                              std::string_view usual_port) {
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) refuse(url, "the bracket of an IPv6 address is not closed");
    const auto rest = authority.substr(bracket + 1);
    if (!rest.empty() && !rest.starts_with(':')) refuse(url, "only a port may follow an IPv6 address");
    return {authority.substr(1, bracket - 1), rest.empty() ? usual_port : rest.substr(1)};
  }
  const auto colon = authority.find(':');
  if (colon == std::string_view::npos) return {authority, usual_port};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

void check_host(std::string_view url, std::string_view authority, const std::string& host) {
  if (authority.starts_with('[')) {
    in6_addr ignored{};
    if (inet_pton(AF_INET6, host.c_str(), &ignored) != 1) refuse(url, "\"" + host + "\" is no IPv6 address");
    return;
  }
  if (host.empty()) refuse(url, "the host is missing");
  if (!std::all_of(host.begin(), host.end(), is_host_character)) refuse(url, "\"" + host + "\" is no host name");
}

int family_of(const std::string& numeric) { return numeric.find(':') == std::string::npos ? AF_INET : AF_INET6; }

}  // namespace

Url parse_url(std::string_view text) {
  const bool tls = text.starts_with(kTlsScheme);
  if (!tls && !text.starts_with(kPlainScheme)) refuse(text, "only http:// and https:// are spoken here");
  std::string_view authority = text.substr(tls ? kTlsScheme.size() : kPlainScheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.find_first_of("/?#") != std::string_view::npos) refuse(text, "a path or query has no place in it");
  if (authority.find('@') != std::string_view::npos) refuse(text, "a user name has no place in it");
  const auto [host, port] = split_authority(text, authority, tls ? "443" : "80");
  Url url{std::string(host), parse_port(text, port), std::string(authority), tls};
  check_host(text, authority, url.host);
  return url;
}

std::string numeric_address(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(url.host.c_str(), nullptr, &hints, &found); error != 0)
    throw std::invalid_argument("host \"" + url.host + "\" cannot be resolved: " + gai_strerror(error) +
                                "; check its spelling or give a numeric address");
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  const addrinfo* chosen = found;
  while (chosen->ai_next != nullptr && chosen->ai_family != AF_INET) chosen = chosen->ai_next;
  if (chosen->ai_family != AF_INET) chosen = found;
  char text[NI_MAXHOST];
  getnameinfo(chosen->ai_addr, chosen->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

Sources::Sources(const std::vector<std::string>& texts, const std::string& server) {
  for (const std::string& text : texts) {
    SourceAddress source{text};
    const int family = family_of(text);
    auto* v4 = reinterpret_cast<sockaddr_in*>(&source.address);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&source.address);
    source.address.ss_family = static_cast<sa_family_t>(family);
    source.length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    void* where = family == AF_INET ? static_cast<void*>(&v4->sin_addr) : static_cast<void*>(&v6->sin6_addr);
    if (family != family_of(server) || inet_pton(family, text.c_str(), where) != 1)
      throw std::invalid_argument(std::string("source address \"")
                                      .append(text)
                                      .append("\": give a numeric one of the server's kind: ")
                                      .append(server));
    addresses_.push_back(source);
  }
}

const SourceAddress* Sources::next() {
  if (addresses_.empty()) return nullptr;
  return &addresses_[next_++ % addresses_.size()];
}

}  // namespace wirelab::net
