#pragma once
// How a server is spoken to: where to ask, how its answers are read, how to publish. What is measured stays the same:
// when clients ask is in the four of them (client.hpp), and the moment a message was due is in its text (stamp.hpp).
//
//   wirelab_dialect.cpp    docs/01-wire-format.md, with envelopes and cursors
//   nchan_dialect.cpp      nginx with the nchan module
//   socketio_dialect.cpp   Socket.IO's server
//
// A dialect is a value without state: any thread may use it, for as many subscribers as it likes.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/envelope.hpp"
#include "net/dialer.hpp"

namespace wirelab::clients {

struct LoadPlan;

/// What one answer or frame says.
struct Told {
  messages::Envelope envelope;  ///< its cursor is empty where the server gave none: then the last one stays
  /// A subscriber that hears this misses nothing from here on.
  bool established = true;
  std::string answer;  ///< what a WebSocket's client must say to it; empty: nothing
};

/// A POST that publishes.
struct Publication {
  std::string target;
  net::Headers headers;
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  /// As --dialect has it.
  virtual std::string_view name() const = 0;
  /// Throws std::invalid_argument that names what of the plan this server cannot do, and what to ask instead.
  virtual void check(const LoadPlan& plan) const = 0;

  // -- asking -------------------------------------------------------------------------------------------------------

  /// The fields that hear() needs: net::DialerOptions::response_headers.
  virtual std::vector<std::string> response_headers() const { return {}; }
  /// Path and query of one question, or of the upgrade. `route` is the transport's name; `cursor` is empty the first
  /// time; `parameter` is "hold=<seconds>" or nothing.
  virtual std::string target(std::string_view route, std::string_view channel, std::string_view cursor,
                             std::string_view parameter) const = 0;
  /// Nullopt, and the reason in `wrong`, for an answer that is none.
  virtual std::optional<Told> hear(const net::HttpReply& reply, std::string& wrong) const = 0;
  /// The same of a message on a WebSocket that was opened for `channel`.
  virtual std::optional<Told> hear_frame(std::string_view text, std::string_view channel, std::string& wrong) const = 0;

  // -- publishing ---------------------------------------------------------------------------------------------------

  /// Not empty: published once in each channel before anybody subscribes, for a server that cannot say where an empty
  /// channel begins. Subscribers do not count it.
  virtual std::string_view primer() const { return {}; }
  /// `key` is the same in every attempt to publish a message, for servers that can tell by it.
  virtual Publication publication(std::string_view channel, const std::string& key) const = 0;
  /// Whether this status of the answer says that the message is in.
  virtual bool published(int status) const { return status == 200 || status == 201; }
};

/// Ours. It lives as long as the program.
const Dialect& wirelab_dialect();

/// Where a foreign server's locations are, each a request target with "{channel}" in it. Empty: the dialect's own.
struct Targets {
  std::string publish, subscribe;
};

/// One of them. Throws std::invalid_argument for a target without a place for the channel.
class Target {
 public:
  explicit Target(std::string text);
  std::string of(std::string_view channel) const;

 private:
  std::string text_;
};

/// nginx with nchan. Throws as Target does.
std::shared_ptr<const Dialect> nchan_dialect(const Targets& targets = {});

/// Socket.IO's server with bench/peers/socketio.js. Throws std::invalid_argument for a place to subscribe at, too.
std::shared_ptr<const Dialect> socketio_dialect(const Targets& targets = {});

}  // namespace wirelab::clients
