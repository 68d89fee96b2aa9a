#include "link/link.hpp"

#include <utility>

namespace wirelab::link {

namespace {

/// Of ends and relay on a busy machine, when the link is taken down.
constexpr Nanos kLateness = std::chrono::milliseconds(200);

}  // namespace

Link::End::End(const char* address, const char* peer)
    : network([&] { device = std::make_unique<TunDevice>(address, peer); }) {}

std::uint64_t Link::End::not_taken() const {
  std::uint64_t packets = 0;
  visit_network_namespace(network.fd(), [&] { packets = packets_not_taken(); });
  return packets;
}

Link::Link(const LinkOptions& options)
    : server_((check(options.impairments), kServerAddress), kClientsAddress),
      clients_(kClientsAddress, kServerAddress),
      patience_(2 * (options.impairments.round_trip + options.impairments.jitter) + kLateness) {
  std::vector<PacketObserver*> observers = {&counter_};
  observers.insert(observers.end(), options.observers.begin(), options.observers.end());
  relay_ = std::make_unique<Relay>(Relay::Ends{clients_.device->fd(), server_.device->fd()}, options.impairments,
                                   std::move(observers), options.relay_cpu);
}

void Link::stop() {
  relay_->stop(patience_);
  not_taken_ = server_.not_taken() + clients_.not_taken();
}

}  // namespace wirelab::link
