#pragma once
// A backend is one answer to the question "WHEN do I deliver?". Everything else (routes, store, envelope, sockets) is
// shared, so the diff between two neighbouring backends is the lesson:
//
//   short_poll.cpp   at once, perhaps with nothing; then the connection is closed
//   keep_alive.cpp   at once, perhaps with nothing; the connection stays
//   long_poll.cpp    when there is news, or when the hold ends; the connection stays
//   websocket.cpp    whenever there is news, for ever
//
// All calls are on the loop's thread.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "messages/replicas.hpp"
#include "messages/store.hpp"
#include "net/http.hpp"
#include "net/loop.hpp"

namespace wirelab::servers {

/// Someone who wants everything on one channel after a cursor: an HTTP request (served once) or a WebSocket (often).
/// Owned by the server; valid until Backend::on_gone(), or, for an HTTP request, until it was delivered to.
class Subscriber {
 public:
  Subscriber(std::string channel, messages::Cursor cursor, net::Nanos hold)
      : channel_(std::move(channel)), hold_(hold), cursor_(cursor) {}
  virtual ~Subscriber() = default;

  const std::string& channel() const { return channel_; }
  messages::Cursor cursor() const { return cursor_; }  ///< what it has; moved by deliver()
  net::Nanos hold() const { return hold_; }            ///< how long it is willing to wait

  /// Whether deliver() may be called now: false while the peer is slower than the news, or after an HTTP answer.
  virtual bool ready() const = 0;
  /// Sends the slice as one envelope. Precondition: ready(). `then` means nothing to a WebSocket.
  void deliver(const messages::Slice& slice, net::Then then) {
    cursor_ = slice.to;
    send(slice, then);
  }

  std::size_t place_in_roster = 0;     ///< Roster's own
  net::Loop::TimerId end_of_hold = 0;  ///< LongPoll's own

 protected:
  virtual void send(const messages::Slice& slice, net::Then then) = 0;

 private:
  std::string channel_;
  net::Nanos hold_;
  messages::Cursor cursor_;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  /// The subscriber wants everything after its cursor, or, having been slow, is ready for more.
  virtual void on_ask(Subscriber& subscriber) = 0;
  /// The store grew on this channel, by one message or, when several came in one turn of the loop, by more.
  virtual void on_published(std::string_view channel) { (void)channel; }
  /// The subscriber left: forget it. Not called for a request that was answered.
  virtual void on_gone(Subscriber& subscriber) { (void)subscriber; }
  /// The server is about to stop: answer whoever waits.
  virtual void on_drain() {}
  /// Subscribers that wait for news.
  virtual std::size_t parked() const { return 0; }
};

std::unique_ptr<Backend> make_short_poll(const messages::Store& store);
std::unique_ptr<Backend> make_keep_alive(const messages::Store& store);
/// `replica`: that of the store, where there are several threads, for the roster of those who wait.
std::unique_ptr<Backend> make_long_poll(const messages::Store& store, net::Loop& loop,
                                        messages::Replica* replica = nullptr);
std::unique_ptr<Backend> make_websocket(const messages::Store& store, messages::Replica* replica = nullptr);

}  // namespace wirelab::servers
