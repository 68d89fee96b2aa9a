#pragma once
// Who may do what: bearer tokens for those who publish and those who listen (RFC 6750), and which web pages may (RFC
// 6454). Pure functions of a request's header section; SECURITY.md says what each is against.
//
// A token is a secret of everybody who has it: nothing here, and nothing above, writes one anywhere.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"
#include "servers/routes.hpp"

namespace wirelab::servers {

struct Access {
  std::string publish_token;    ///< empty: whoever reaches the server may publish
  std::string subscribe_token;  ///< empty: whoever reaches it may listen
  /// The pages of these origins ("https://app.example.com") may do what anybody may, besides the server's own pages;
  /// "*": every page. A browser says in Origin whose page asks; who sends none is no browser's page, and is let in.
  std::vector<std::string> origins;
  /// Whether a Host that is a name is taken only if it is localhost or that of one of the origins. It is what stops a
  /// page whose own name has come to mean this machine (DNS rebinding): to its browser it is of the same origin.
  bool names_are_checked = false;
};

/// 403 for a page of a strange origin; 421 for a strange Host.
std::optional<net::Answer> refuse_stranger(const net::Request& request, const Access& access);

/// 401, or 403 for a token that is for something else. GET / is for everybody; /load, /metrics and the echo are for
/// whoever has one of the tokens.
std::optional<net::Answer> refuse_without_token(const net::Request& request, const Route& route, const Access& access);

/// Whether what comes over this request's WebSocket may be published.
bool may_publish(const net::Request& request, const Access& access);

/// What tells a browser that a page of another origin may read the answer (Fetch, §3.2); nothing for all others, so
/// that what is measured is no longer for it.
net::Headers allow_origin(const net::Request& request, const Access& access);

/// 200 for a browser that asks on behalf of a page whether it may send a header or a method (Fetch, §3.2.2). Of a
/// request that refuse_stranger() let pass.
std::optional<net::Answer> answer_preflight(const net::Request& request, const Access& access);

/// Takes as long for a wrong text as for the right one, of whatever it is that they differ.
bool equal_in_constant_time(std::string_view given, std::string_view secret);

/// Throws std::invalid_argument for a text that is no origin: "http://127.0.0.1:8080", without a path, or "*".
void check_origin(std::string_view text);

}  // namespace wirelab::servers
