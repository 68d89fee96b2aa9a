// Socket.IO's server (https://socket.io/docs/v4/), protocol 5 over Engine.IO 4, by WebSocket. A text frame is a packet:
// its first digit is Engine.IO's (0 open, 2 ping, 3 pong, 4 message), and of a message the second Socket.IO's (0
// connect, 1 disconnect, 2 event, 3 acknowledgement, 4 refused).
//
//   server 0{"sid":…}   client 40   server 40{"sid":…}   client 420["subscribe","<channel>"]   server 430[]
//   server 42["message","<text>"]   and now and then   server 2   client 3
//
// What a channel is, and how one publishes, an application decides. Ours for the comparison is bench/peers/socketio.js:
// an event "subscribe", acknowledged, an event "message", and POST /publish/<channel>. There are no cursors: what is
// published while a connection is lost is lost.
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "clients/dialect.hpp"
#include "clients/generator.hpp"
#include "clients/publisher.hpp"

namespace wirelab::clients {
namespace {

/// An event's arguments; nullopt when it is none of ours. Throws as the parser does.
std::optional<std::string> message_of(std::string_view event) {
  const auto arguments = nlohmann::json::parse(event);
  const bool ours =
      arguments.is_array() && arguments.size() == 2 && arguments[0] == "message" && arguments[1].is_string();
  return ours ? std::optional(arguments[1].get<std::string>()) : std::nullopt;
}

class SocketIoDialect final : public Dialect {
 public:
  explicit SocketIoDialect(const Targets& targets)
      : publish_(targets.publish.empty() ? Target("/publish/{channel}") : Target(targets.publish)) {
    if (!targets.subscribe.empty())
      throw std::invalid_argument(
          "--targets with --dialect socket.io: subscribers all ask at /socket.io/, so leave the second empty");
  }

  std::string_view name() const override { return "socket.io"; }

  void check(const LoadPlan& plan) const override {
    if (plan.transport != messages::Transport::websocket)
      throw std::invalid_argument("'" + std::string(messages::name(plan.transport)) +
                                  "' with --dialect socket.io: only websocket is spoken");
    if (Publisher::is_native(plan))
      throw std::invalid_argument("--publish-via native with --dialect socket.io: leave it out, to publish by POST");
  }

  std::string target(std::string_view, std::string_view, std::string_view, std::string_view) const override {
    return "/socket.io/?EIO=4&transport=websocket";
  }

  std::optional<Told> hear(const net::HttpReply&, std::string& wrong) const override {
    wrong = "Socket.IO is not asked by HTTP";
    return std::nullopt;
  }

  std::optional<Told> hear_frame(std::string_view text, std::string_view channel, std::string& wrong) const override
      try {
    Told told;
    told.established = false;
    if (text.starts_with("42")) {
      if (auto message = message_of(text.substr(2))) told.envelope.messages.push_back(std::move(*message));
    } else if (text.starts_with("430")) {
      told.established = true;
    } else if (text.starts_with("40")) {
      told.answer = "420" + nlohmann::json({"subscribe", channel}).dump();
    } else if (text.starts_with("0")) {
      told.answer = "40";
    } else if (text == "2") {
      told.answer = "3";
    } else {
      wrong = "Socket.IO: " + std::string(text.substr(0, kQuoted));  // refused, disconnected, or nothing we know
      return std::nullopt;
    }
    return told;
  } catch (const nlohmann::json::exception&) {
    wrong = "Socket.IO: an event that is not JSON";
    return std::nullopt;
  }

  Publication publication(std::string_view channel, const std::string&) const override {
    return {publish_.of(channel), {{"Content-Type", "text/plain"}}};
  }

 private:
  static constexpr std::size_t kQuoted = 100;

  const Target publish_;
};

}  // namespace

std::shared_ptr<const Dialect> socketio_dialect(const Targets& targets) {
  return std::make_shared<SocketIoDialect>(targets);
}

}  // namespace wirelab::clients
