#pragma once
// The link of one run, and what is to be said of it afterwards: packets, and how late the relay was.
#include <memory>
#include <optional>
#include <vector>

#include "lab/result/link_settings.hpp"
#include "lab/result/result.hpp"
#include "link/link.hpp"
#include "link/pcap_writer.hpp"
#include "meter/histogram.hpp"

namespace wirelab::lab {

class RunLink {
 public:
  /// `relay_cpu`: the processor that the relay is confined to; none: to none. `observers` outlive it. Throws
  /// std::runtime_error when the system will not have it, or the capture's file cannot be made.
  RunLink(const LinkSettings& settings, std::uint64_t seed, std::optional<int> relay_cpu,
          std::vector<link::PacketObserver*> observers);

  int server_namespace() const { return link_->server_namespace(); }
  int clients_namespace() const { return link_->clients_namespace(); }

  /// Takes the link down, completes the capture. Throws std::runtime_error when the one failed or the other did.
  LinkRecord finish();

 private:
  /// What the relay adds to every packet's way: it left then, and was due then.
  class Lateness final : public link::PacketObserver {
   public:
    void on_left(const link::Packet& packet) override { added.record(packet.left - packet.due); }
    meter::Histogram added;
  };

  Lateness lateness_;
  std::optional<link::PcapWriter> pcap_;
  std::unique_ptr<link::Link> link_;
};

}  // namespace wirelab::lab
