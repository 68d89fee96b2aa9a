#pragma once
// What the contract suite runs on: one server and any number of subscribers, with or without sockets between them.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "clients/client.hpp"
#include "messages/limits.hpp"
#include "messages/store.hpp"
#include "messages/transport.hpp"
#include "servers/access.hpp"

namespace wirelab::tests {

/// One subscriber and everything it heard.
class Reader final : public clients::Listener {
 public:
  void on_message(std::uint32_t, std::string_view text, net::Nanos) override {
    heard.emplace_back(text);
    if (on_heard) on_heard();
  }
  void on_gap(std::uint32_t) override { gaps_before.push_back(heard.size()); }
  void on_established(std::uint32_t, net::Nanos) override { established = true; }
  void on_reply(const net::HttpReply& reply, std::size_t messages) override {
    ++answers;
    empty_answers += messages == 0 ? 1 : 0;
    connections += reply.opened_connection ? 1 : 0;
  }
  void on_frame(net::FrameBytes, std::size_t, net::Nanos) override { ++answers; }
  void on_upgraded(std::uint64_t) override { ++connections; }
  void on_failure(std::string_view reason) override { failures.emplace_back(reason); }

  bool established = false;
  std::vector<std::string> heard;
  std::vector<std::size_t> gaps_before;  ///< for each gap announced, how many messages had been heard by then
  std::vector<std::string> failures;
  std::size_t answers = 0, empty_answers = 0, connections = 0;
  std::function<void()> on_heard;
};

class Rig {
 public:
  virtual ~Rig() = default;

  virtual void start_client(messages::Transport transport, Reader& reader, const clients::ClientOptions& options) = 0;
  /// By POST, as any publisher would; `on_done` with the status.
  virtual void publish(const std::string& channel, const std::string& text, std::function<void(int)> on_done = {}) = 0;
  /// At this very moment, on the server's side of the network.
  virtual void publish_now(const std::string& channel, const std::string& text) = 0;
  /// Turns the loop until `done` holds; false after a generous limit.
  virtual bool run_until(const std::function<bool()>& done) = 0;
  /// Turns the loop for so long.
  virtual void run_for(net::Nanos time) = 0;

  /// Cuts every connection and stops listening; the store stays.
  virtual void server_down() = 0;
  /// Listens again, on the same address.
  virtual void server_up() = 0;
  /// Between server_down() and server_up(): the server lost its memory, and has a new epoch.
  virtual void forget() = 0;
  virtual messages::Store& store() = 0;
  virtual std::uint64_t connections_accepted() = 0;
};

/// Whom the server lets in, and what every request from the rig's side says of who it is.
struct Door {
  servers::Access access;
  net::Headers request_headers;
};

/// Sockets that do not exist, a clock that does not run: deterministic. `one_way_delay` is exact.
std::unique_ptr<Rig> make_fake_rig(const messages::Limits& limits, net::Nanos one_way_delay, Door door = {});
/// Server, subscribers and publisher on one event loop over loopback TCP, or TLS on it.
enum class Wire { tcp, tls };
std::unique_ptr<Rig> make_real_rig(const messages::Limits& limits, Door door = {}, Wire wire = Wire::tcp);

}  // namespace wirelab::tests
