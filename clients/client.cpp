#include "clients/client.hpp"

namespace wirelab::clients {

std::unique_ptr<Client> make_client(messages::Transport transport, net::Loop& loop, net::HttpDialer& http,
                                    net::SocketDialer* sockets, Inbox& inbox, const ClientOptions& options) {
  switch (transport) {
    case messages::Transport::short_poll: return make_short_poll(loop, http, inbox, options);
    case messages::Transport::keep_alive: return make_keep_alive(loop, http, inbox, options);
    case messages::Transport::long_poll: return make_long_poll(loop, http, inbox, options);
    case messages::Transport::websocket: return make_websocket(loop, *sockets, inbox, options);
  }
  return nullptr;
}

}  // namespace wirelab::clients
