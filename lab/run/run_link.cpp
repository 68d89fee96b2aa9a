#include "lab/run/run_link.hpp"

#include <utility>

#include "lab/result/distribution.hpp"
#include "lab/text/units.hpp"

namespace wirelab::lab {

RunLink::RunLink(const LinkSettings& settings, std::uint64_t seed, std::optional<int> relay_cpu,
                 std::vector<link::PacketObserver*> observers) {
  observers.push_back(&lateness_);
  if (!settings.pcap_file.empty()) observers.push_back(&pcap_.emplace(settings.pcap_file));
  link_ = std::make_unique<link::Link>(link::LinkOptions{settings.of_run(seed), relay_cpu, std::move(observers)});
}

LinkRecord RunLink::finish() {
  link_->stop();
  if (pcap_) pcap_->finish();
  LinkRecord record;
  record.up = link_->counts(link::Direction::up);
  record.down = link_->counts(link::Direction::down);
  record.relay_added_us = to_distribution(lateness_.added);
  record.relay_cpu_us = to_us(link_->relay_cpu_time());
  record.relay_realtime = link_->relay_realtime();
  record.packets_not_taken = link_->not_taken();
  return record;
}

}  // namespace wirelab::lab
