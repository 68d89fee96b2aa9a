#pragma once
// Network devices of the namespace that the calling thread is in (netdevice(7)), above all TUN: what the kernel routes
// into one is read from its descriptor as IP packets, and what is written to it arrives
// (Documentation/networking/tuntap).
//
// Without IFF_VNET_HDR and offloads: a packet is one packet of 1500 bytes at most, its checksum complete, never a batch
// that the network would have had to cut up (GSO) or that the receiver has put together (GRO).
#include <cstddef>
#include <cstdint>
#include <string>

namespace wirelab::link {

/// Throws std::system_error.
void bring_up_loopback();

class TunDevice {
 public:
  /// From `address` to `peer`, a line between two ("198.18.0.1"). Throws std::system_error that names the call.
  TunDevice(const std::string& address, const std::string& peer);
  ~TunDevice();
  TunDevice(const TunDevice&) = delete;
  TunDevice& operator=(const TunDevice&) = delete;

  /// Does not block; reads and writes one packet at a time.
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

/// Packets that the kernel had for the thread's TUN device and nobody took in time. From its namespace.
std::uint64_t packets_not_taken();

}  // namespace wirelab::link
