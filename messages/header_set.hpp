#pragma once
// What a request and its answer carry besides what the protocol needs: the headers that a real application pays for
// with every poll. `--headers` of serve, load and compare chooses one for both sides.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wirelab::messages {

struct HeaderSet {
  using Fields = std::vector<std::pair<std::string, std::string>>;

  std::string name;
  Fields request;            ///< besides the request line and Host; on upgrades too
  Fields response;           ///< of a delivery, besides Date, Content-Type, Content-Length and Connection
  std::string content_type;  ///< of a delivery
};

/// minimal   what the exchange cannot do without
/// browser   a fetch() from a page, as Chromium sends it, with a session cookie, and what a site's proxy adds
/// lg2009    the servlet exchange of P. Lubbers and F. Greco, "HTML5 Web Sockets: A Quantum Leap in Scalability for the
///           Web" (2010): the famous 871 bytes. They are the characters of the published lines; as sent, with a line
///           end each and the two blank lines, the same exchange is 909 bytes.
const std::vector<HeaderSet>& header_sets();

/// Null for a name that is none.
const HeaderSet* find_header_set(std::string_view name);

}  // namespace wirelab::messages
