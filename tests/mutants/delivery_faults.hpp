#pragma once
// Faults in how things leave: a Service in front of another one that holds back every answer and every frame for an
// exact time, or burns an exact amount of processor time for each message that leaves.
#include "net/host.hpp"
#include "net/loop.hpp"
#include "tests/mutants/faults.hpp"

namespace wirelab::tests {

class DeliveryFaults final : public net::Service {
 public:
  /// `inner`, `loop` and `ledger` outlive it.
  DeliveryFaults(net::Service& inner, net::Loop& loop, Fault fault, FaultLedger& ledger);

  std::optional<net::Answer> refuse(const net::Request& request) override { return inner_.refuse(request); }
  void on_request(net::Exchange& exchange) override;
  void on_gone(net::Exchange& exchange) override;
  void on_open(net::Socket& socket, const net::Request& request) override;
  void on_text(net::Socket& socket, std::string_view text) override;
  void on_ready(net::Socket& socket) override;
  void on_closed(net::Socket& socket) override;

 private:
  class HeldExchange;
  class HeldSocket;

  void burn_for(const net::SharedText& envelope);

  net::Service& inner_;
  net::Loop& loop_;
  net::Nanos delay_, burn_;
  FaultLedger& ledger_;
};

}  // namespace wirelab::tests
