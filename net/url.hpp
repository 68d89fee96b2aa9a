#pragma once
// Where the server is: the address as a user gives it, and as sockets take it.
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wirelab::net {

struct Url {
  std::string host;  ///< a name or a numeric address, without the brackets of an IPv6 one
  std::uint16_t port = 80;
  std::string authority;  ///< what the Host field says (RFC 9110 §7.2): as the user gave it
  bool tls = false;       ///< https
};

/// "http://host[:port]", or https://, a slash at the end allowed. Throws std::invalid_argument, naming what is wrong,
/// for anything else.
Url parse_url(std::string_view text);

/// The host's numeric address, looked up once, so that no connection waits for a resolver. Of several the first IPv4
/// one: "localhost" is often both, and servers listen on 127.0.0.1 by default. Throws std::invalid_argument, naming the
/// host.
std::string numeric_address(const Url& url);

/// A numeric source address to bind a socket to, its port left to the kernel.
struct SourceAddress {
  std::string text;
  sockaddr_storage address{};
  socklen_t length = 0;
};

/// Source addresses, handed out in turn, so that each has its share of the ephemeral ports.
class Sources {
 public:
  /// Throws std::invalid_argument for a text that is no numeric address of the same family as `server`.
  Sources(const std::vector<std::string>& texts, const std::string& server);
  /// Null: the system's choice.
  const SourceAddress* next();

 private:
  std::vector<SourceAddress> addresses_;
  std::size_t next_ = 0;
};

}  // namespace wirelab::net
