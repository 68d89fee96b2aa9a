#pragma once
// Faults in what is stored: the real server behind a Service that loses, repeats or swaps what is published, by POST or
// in a WebSocket frame. Since a subscriber is a cursor into one shared log, every subscriber of the channel meets the
// fault, whatever brings it the message.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/host.hpp"
#include "servers/server.hpp"
#include "tests/mutants/faults.hpp"

namespace wirelab::tests {

class PublishFaults final : public net::Service {
 public:
  /// `server` and `ledger` outlive it.
  PublishFaults(servers::Server& server, Fault fault, FaultLedger& ledger)
      : server_(server), fault_(fault), ledger_(ledger) {}

  std::function<void()> on_first_message;

  std::optional<net::Answer> refuse(const net::Request& request) override { return server_.refuse(request); }
  void on_request(net::Exchange& exchange) override;
  void on_gone(net::Exchange& exchange) override { server_.on_gone(exchange); }
  void on_open(net::Socket& socket, const net::Request& request) override;
  void on_text(net::Socket& socket, std::string_view text) override;
  void on_ready(net::Socket& socket) override { server_.on_ready(socket); }
  void on_closed(net::Socket& socket) override;

 private:
  struct Channel {
    std::uint64_t published = 0;
    std::optional<std::string> held_back;
  };

  void publish(const std::string& name, std::string_view text, const std::function<void()>& as_it_should_be,
               const std::function<void()>& pretend);

  servers::Server& server_;
  Fault fault_;
  FaultLedger& ledger_;
  std::map<std::string, Channel> channels_;
  std::map<net::Socket*, std::string> channel_of_;
};

}  // namespace wirelab::tests
