#pragma once
// What the connections of LwsHost share, those that speak HTTP and those that are WebSockets.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/answer_text.hpp"
#include "net/deadlines.hpp"
#include "net/linger.hpp"
#include "net/lws_host.hpp"
#include "net/request_check.hpp"
#include "net/tls.hpp"

struct lws;
struct lws_context;

namespace wirelab::net {

class HttpConnection;
class TlsRelay;

/// An HTTP connection that is to become a WebSocket.
struct Upgrade {
  int fd = -1;
  Request request;
  std::string key;                  ///< Sec-WebSocket-Key
  std::string early;                ///< what came behind the request
  std::unique_ptr<TlsSession> tls;  ///< null: there is none
  std::string unsent;               ///< records that the kernel did not take
};

struct HostCore {
  HostCore(EventLoop& loop, Service& service, const HostOptions& options);
  virtual ~HostCore();

  /// Closes a WebSocket soon, never inside this call: in order, or (when it is broken) at once.
  enum class Ending { in_order, at_once };
  void end(lws* wsi, Ending how) const;
  /// Makes the library look at timeouts that were set outside of its own callbacks.
  void poke() const;

  /// Counts one more open connection; false, and it is not counted: there are as many as there may be.
  bool count_in();
  /// The same one again, as a WebSocket, before the HTTP connection that it was is gone.
  void count_again();
  void count_out();

  /// Counts what a connection holds in place of what it held: false, and as it was, if that is more, and more than all
  /// together may. For what waits for a slow peer only, so that others never come here.
  bool hold(std::size_t& held_bytes, std::size_t bytes);

  /// Has HttpConnection::go_on() called at the end of this turn.
  void go_on_later(HttpConnection& connection);
  void forget(const HttpConnection& connection);

  /// Destroys it.
  virtual void drop(HttpConnection& connection) = 0;
  virtual void drop(TlsRelay& relay) = 0;
  virtual void open_socket(Upgrade upgrade) = 0;

  EventLoop& loop;
  Service& service;
  HostOptions options;
  RequestLimits limits;
  HostCounters counters;
  AnswerWriter writer;
  Lingerer lingerer;
  Deadlines reading;        ///< HTTP connections of which a request is awaited or incomplete
  Deadlines idle;           ///< kept-alive ones without a request
  Deadlines silent;         ///< WebSockets that said nothing
  Deadlines unanswered;     ///< WebSockets that were pinged
  Deadlines leaving;        ///< of closed WebSockets, what TLS has still to send
  bool letting_go = false;  ///< LwsHost::let_go()
  lws_context* context = nullptr;
  std::shared_ptr<std::atomic<std::size_t>> buffered_bytes;     ///< of all connections
  std::size_t buffered_bytes_here = 0;                          ///< of this host's
  std::atomic<std::uint64_t> late{0}, beyond{0}, buffering{0};  ///< KeptOut: written here, read by any thread
  std::size_t turned_away = 0;  ///< connections that are open only to be told that there is no room

  /// What is read at once. One for all: it is empty again before the next connection is looked at.
  static constexpr std::size_t kReadBytes = 16 * 1024;
  std::array<char, kReadBytes> read_buffer{};
  // The same for TLS: what it decrypted, what it encrypted, what a WebSocket's library wrote.
  std::string plain, plain_answer, records;
  std::array<char, 4 * 1024> library_buffer{};

 private:
  void go_on_all();
  std::vector<HttpConnection*> later_, now_;  // null: it is gone
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace wirelab::net
