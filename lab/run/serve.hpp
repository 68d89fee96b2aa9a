#pragma once
// `wirelab serve`: the four backends, or some of them, on one port over one store, until SIGTERM or SIGINT.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/header_set.hpp"
#include "messages/limits.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {

struct ServeCommand {
  std::vector<messages::Transport> backends{messages::kTransports.begin(), messages::kTransports.end()};
  std::string bind = "127.0.0.1";
  std::uint16_t port = 9000;  ///< 0: the kernel picks one
  std::optional<int> cpu;
  std::size_t threads = 1;
  messages::Limits limits;
  bool echo = false;                                                      ///< a WebSocket echo at /echo
  std::string publish_token_file, subscribe_token_file;                   ///< empty: nobody needs one
  std::vector<std::string> allowed_origins;                               ///< servers::Access::origins
  const messages::HeaderSet* headers = &messages::header_sets().front();  ///< of deliveries
};

/// Serves until told to stop; prints one line on standard output when it listens. Returns the exit code. Throws
/// std::runtime_error when it cannot listen, std::invalid_argument for what is wrong with a token's file or an origin.
int serve(const ServeCommand& command);

/// "http://127.0.0.1:9000", "http://[::1]:9000".
std::string server_url(const std::string& bind, std::uint16_t port);

/// What a server prints when it listens: a line that names its URL and, for people, what it serves.
std::string listening_line(const std::string& url, const std::string& what);

/// The URL in such a line; nullopt for any other line.
std::optional<std::string> listening_url(const std::string& line);

}  // namespace wirelab::lab
