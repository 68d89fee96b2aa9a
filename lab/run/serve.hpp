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
  bool echo = false;                                     ///< a WebSocket echo at /echo
  std::string publish_token_file, subscribe_token_file;  ///< empty: nobody needs one
  std::vector<std::string> allowed_origins;              ///< servers::Access::origins
  std::string tls_certificate_file, tls_key_file;        ///< both or none: PEM
  std::string tls_self_signed_folder;  ///< a certificate is made, and its authority's left there; empty: not wanted
  const messages::HeaderSet* headers = &messages::header_sets().front();  ///< of deliveries
};

/// Serves until told to stop; prints one line on standard output when it listens, and with a
/// certificate that it made a second one, which names the authority's file. Returns the exit code. Throws
/// std::runtime_error when it cannot listen, std::invalid_argument for what is wrong with a token's file, an origin, a
/// certificate or its key.
int serve(const ServeCommand& command);

/// In the folder of ServeCommand::tls_self_signed_folder, what clients are to trust.
inline constexpr const char* kAuthorityFile = "ca.pem";

/// "http://127.0.0.1:9000", "https://[::1]:9000".
std::string server_url(const std::string& bind, std::uint16_t port, bool tls = false);

/// What a server prints when it listens: a line that names its URL and, for people, what it serves.
std::string listening_line(const std::string& url, const std::string& what);

/// The URL in such a line; nullopt for any other line.
std::optional<std::string> listening_url(const std::string& line);

}  // namespace wirelab::lab
