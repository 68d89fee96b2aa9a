#pragma once
// A client is one answer to the question "WHEN do I ask?". Decoding, cursor, order and counting are shared (Inbox), so
// the diff between two neighbouring clients is the lesson:
//
//   short_poll.cpp   every interval, on a new connection
//   keep_alive.cpp   every interval, on the connection it has
//   long_poll.cpp    as soon as the last answer is in
//   websocket.cpp    never: it listens
//
// All calls are on the loop's thread.
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "clients/inbox.hpp"
#include "messages/transport.hpp"
#include "net/dialer.hpp"
#include "net/loop.hpp"

namespace wirelab::clients {

/// When the next poll is due: T after the last one was (the usual timer), or T after its answer.
enum class PollTimer { fixed_rate, fixed_delay };

struct ClientOptions {
  std::string channel = "bench";
  net::Nanos poll_interval = std::chrono::milliseconds(250);
  PollTimer poll_timer = PollTimer::fixed_rate;
  /// What the long poll asks the server for; whole seconds.
  std::chrono::seconds hold{25};
  /// Whether the long poll asks again on the connection it has: if not, each news costs it a handshake more.
  net::Reuse long_poll_reuse = net::Reuse::keep_alive;
  /// Seeds the poll's phase and the backoff's jitter. A poller in step with the publisher gives any answer one likes
  /// (docs/02-measuring.md), so no two clients may share one.
  std::uint64_t seed = 1;
};

class Client {
 public:
  virtual ~Client() = default;
  /// Asks for the first time, now: the answer brings the cursor to go on from. After that the polling clients wait for
  /// a random phase of their interval, and every client goes on until it is destroyed, reconnecting when it must.
  virtual void start() = 0;
};

/// `inbox`, `loop` and the dialer must outlive the client.
std::unique_ptr<Client> make_short_poll(net::Loop&, net::HttpDialer&, Inbox& inbox, const ClientOptions&);
std::unique_ptr<Client> make_keep_alive(net::Loop&, net::HttpDialer&, Inbox& inbox, const ClientOptions&);
std::unique_ptr<Client> make_long_poll(net::Loop&, net::HttpDialer&, Inbox& inbox, const ClientOptions&);
std::unique_ptr<Client> make_websocket(net::Loop&, net::SocketDialer&, Inbox& inbox, const ClientOptions&);

/// The one of this transport. `sockets` may be null unless it is WebSocket.
std::unique_ptr<Client> make_client(messages::Transport, net::Loop&, net::HttpDialer& http, net::SocketDialer* sockets,
                                    Inbox& inbox, const ClientOptions&);

}  // namespace wirelab::clients
