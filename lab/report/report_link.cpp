#include "lab/report/report_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lab/result/distribution.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kNameWidth = 12;

std::string way(const char* name, const link::PacketCounts& counts) {
  std::string out = fmt::format("{} {} packets, {} B, {} SYN, {} repeated", name, grouped(counts.packets),
                                grouped(counts.bytes), grouped(counts.syns), grouped(counts.retransmissions));
  const std::uint64_t dropped = counts.lost + counts.queue_full + counts.drop_segment + counts.cut;
  return dropped == 0 ? out : out + fmt::format(", {} dropped", grouped(dropped));
}

link::PacketCounts& operator+=(link::PacketCounts& sum, const link::PacketCounts& other) {
  for (const auto member :
       {&link::PacketCounts::packets, &link::PacketCounts::bytes, &link::PacketCounts::syns,
        &link::PacketCounts::retransmissions, &link::PacketCounts::lost, &link::PacketCounts::queue_full,
        &link::PacketCounts::drop_segment, &link::PacketCounts::cut})
    sum.*member += other.*member;
  return sum;
}

/// Two lines; nothing if no run of it had a link.
std::string of_transport(const std::string& transport, const std::vector<Run>& runs) {
  link::PacketCounts up, down;
  double added_p99_us = 0;
  bool any = false;
  for (const Run& run : runs) {
    if (run.transport != transport || !run.link) continue;
    any = true;
    up += run.link->up;
    down += run.link->down;
    added_p99_us = std::max(added_p99_us, run.link->relay_added_us.p99);
  }
  if (!any) return "";
  return fmt::format("  {:<{}}{}; relay late by {:.2f} ms at p99\n  {:<{}}{}\n", transport, kNameWidth, way("up", up),
                     added_p99_us / 1000, "", kNameWidth, way("down", down));
}

}  // namespace

std::string report_link(const Result& result) {
  std::string out;
  for (const std::string& transport : result.configuration.transports) out += of_transport(transport, result.runs);
  return out.empty() ? out : "on the link, whole runs, headers included:\n" + out;
}

}  // namespace wirelab::lab
