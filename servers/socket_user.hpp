#pragma once
// Who has an open WebSocket: a subscriber (servers/server.cpp) or the echo (servers/echo.hpp). Hung on the socket.
#include <string_view>

#include "net/host.hpp"

namespace wirelab::servers {

class SocketUser : public net::Attachment {
 public:
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary(std::string_view bytes) { (void)bytes; }
  virtual void on_ready() = 0;
  virtual void on_closed() = 0;
};

}  // namespace wirelab::servers
