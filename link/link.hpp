#pragma once
// An emulated wide-area link: two network namespaces, one for a server and one for its clients, joined by two TUN
// devices and a relay that delays, loses and squeezes packets. Both ends are real kernel TCP, with all that belongs to
// it: handshake, acknowledgements, retransmission, slow start. Only the distance is made up. (The idea is mahimahi's
// mm-delay and mm-loss: Netravali et al., "Mahimahi: Accurate Record-and-Replay for HTTP", USENIX ATC 2015.)
//
//   clients' namespace                   relay (this process)                    server's namespace
//   subscribers -> TCP -> TUN -------->  impairments, up  ------------------------> TUN -> TCP -> server
//                             <--------  impairments, down <------------------------
//
// A link is made for one run: its kernel remembers nothing of the run before (round trips, slow-start thresholds).
#include <memory>
#include <optional>
#include <vector>

#include "link/device.hpp"
#include "link/impairment.hpp"
#include "link/network_namespace.hpp"
#include "link/packet_counter.hpp"
#include "link/relay.hpp"

namespace wirelab::link {

// Of 198.18.0.0/15, which is for testing networks against each other and used nowhere else (RFC 2544, RFC 6890).
inline constexpr const char* kServerAddress = "198.18.0.1";
inline constexpr const char* kClientsAddress = "198.18.0.2";

struct LinkOptions {
  Impairments impairments;
  std::optional<int> relay_cpu;              ///< none: where the system likes
  std::vector<PacketObserver*> observers{};  ///< besides the link's own counter; they outlive it
};

class Link {
 public:
  /// Packets flow from now on. Throws std::invalid_argument for impairments that check() refuses, std::system_error
  /// when the system will not have it; after gain_rights() it should.
  explicit Link(const LinkOptions& options);

  /// For enter_network_namespace(), by threads or by a child before it executes.
  int server_namespace() const { return server_.network.fd(); }
  int clients_namespace() const { return clients_.network.fd(); }

  /// Takes it down when all have arrived who are under way, or the longest way is over twice; what follows is to be
  /// read afterwards. Throws std::runtime_error if it failed at some time before.
  void stop();
  const PacketCounts& counts(Direction direction) const { return counter_.counts(direction); }
  /// What the relay's thread has taken of a processor.
  Nanos relay_cpu_time() const { return relay_->cpu_time(); }
  bool relay_realtime() const { return relay_->realtime(); }
  /// Packets that the kernel dropped because the relay did not take them in time: no link would have. 0, or the machine
  /// was too busy for what it was asked to carry.
  std::uint64_t not_taken() const { return not_taken_; }

 private:
  struct End {
    End(const char* address, const char* peer);
    std::uint64_t not_taken() const;
    std::unique_ptr<TunDevice> device;  // made in it, so before it
    NetworkNamespace network;
  };

  End server_, clients_;
  PacketCounter counter_;
  std::unique_ptr<Relay> relay_;
  Nanos patience_;
  std::uint64_t not_taken_ = 0;
};

}  // namespace wirelab::link
