#include "ladder/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>

namespace wirelab::ladder {
namespace {

/// One direction's bytes, put together again from its segments.
class Stream {
 public:
  /// Where the segment's payload belongs; whether every byte of it was seen before.
  void place(Transit& transit) {
    const link::TcpSegment& segment = transit.segment;
    if (segment.syn) {
      first_ = segment.sequence + 1;  // of the payload: a SYN takes up one number itself
      opened_ = true;
    }
    const auto offset = static_cast<std::int32_t>(segment.sequence + (segment.syn ? 1u : 0u) - first_);
    const bool counts = opened_ && offset >= 0;  // below 0: a keep-alive probe
    const std::size_t length = counts ? segment.payload.size() : 0;
    if (length > 0 && static_cast<std::size_t>(offset) + length > kStreamBytes)
      throw std::runtime_error(
          fmt::format("a connection with more than {} MiB one way is no ladder: record less", kStreamBytes >> 20));
    transit.begin = counts ? static_cast<std::size_t>(offset) : 0;
    transit.end = transit.begin + length;
    if (length == 0) return;
    if (bytes_.size() < transit.end) {
      bytes_.resize(transit.end);
      seen_.resize(transit.end, false);
    }
    const auto begin = seen_.begin() + static_cast<std::ptrdiff_t>(transit.begin);
    const auto end = seen_.begin() + static_cast<std::ptrdiff_t>(transit.end);
    transit.retransmission = std::all_of(begin, end, [](bool seen) { return seen; });
    std::fill(begin, end, true);
    bytes_.replace(transit.begin, length, text_of(segment.payload));
  }

  /// Up to the first hole.
  std::string_view contiguous() const {
    const auto hole = std::find(seen_.begin(), seen_.end(), false);
    return std::string_view(bytes_).substr(0, static_cast<std::size_t>(hole - seen_.begin()));
  }

 private:
  std::uint32_t first_ = 0;
  bool opened_ = false;
  std::string bytes_;
  std::vector<bool> seen_;
};

/// When the receiver can read up to where: it reads in order, so what overtakes a lost segment waits for it.
class Reading {
 public:
  Reading(const std::vector<Transit>& transits, Side from) {
    std::vector<const Transit*> arriving;
    for (const Transit& transit : transits)
      if (transit.from == from && transit.arrives && transit.end > transit.begin) arriving.push_back(&transit);
    std::stable_sort(arriving.begin(), arriving.end(),
                     [](const Transit* a, const Transit* b) { return *a->arrives < *b->arrives; });
    std::map<std::size_t, std::size_t> waiting;  // begin -> end
    std::size_t readable = 0;
    for (const Transit* transit : arriving) {
      waiting[transit->begin] = std::max(waiting[transit->begin], transit->end);
      for (auto next = waiting.begin(); next != waiting.end() && next->first <= readable; next = waiting.erase(next))
        readable = std::max(readable, next->second);
      steps_.emplace_back(readable, *transit->arrives);
    }
  }

  std::optional<Nanos> when(std::size_t end) const {
    for (const auto& [readable, at] : steps_)
      if (readable >= end) return at;
    return std::nullopt;
  }

 private:
  std::vector<std::pair<std::size_t, Nanos>> steps_;
};

std::vector<Said> said(std::vector<Item> items, const std::vector<Transit>& transits, Side from) {
  const Reading reading(transits, from);
  std::vector<Said> all;
  for (Item& item : items) {
    const auto first = std::find_if(transits.begin(), transits.end(), [&](const Transit& transit) {
      return transit.from == from && transit.begin <= item.begin && item.begin < transit.end;
    });
    const std::size_t end = item.end;
    all.push_back({std::move(item), first->sent, reading.when(end)});
  }
  return all;
}

/// A SYN or FIN that went before, of the same number.
bool repeats_a_flag(const std::vector<Transit>& before, const Transit& transit) {
  const link::TcpSegment& segment = transit.segment;
  if (!segment.syn && !segment.fin) return false;
  return std::any_of(before.begin(), before.end(), [&](const Transit& other) {
    return other.from == transit.from && other.segment.syn == segment.syn && other.segment.fin == segment.fin &&
           other.segment.sequence == segment.sequence && other.segment.payload.size() == segment.payload.size();
  });
}

struct Assembly {
  Connection connection;
  Stream client, server;
};

void add(Assembly& assembly, Transit transit) {
  Stream& stream = transit.from == Side::client ? assembly.client : assembly.server;
  stream.place(transit);
  transit.retransmission = transit.retransmission || repeats_a_flag(assembly.connection.transits, transit);
  assembly.connection.transits.push_back(transit);
}

Connection read(Assembly assembly) {
  Connection& connection = assembly.connection;
  Conversation conversation = read_conversation(assembly.client.contiguous(), assembly.server.contiguous());
  connection.from_client = said(std::move(conversation.from_client), connection.transits, Side::client);
  connection.from_server = said(std::move(conversation.from_server), connection.transits, Side::server);
  return std::move(connection);
}

}  // namespace

std::vector<Connection> connections_of(const std::vector<Passage>& passages) {
  std::vector<const Passage*> in_order;
  for (const Passage& passage : passages) in_order.push_back(&passage);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const Passage* a, const Passage* b) { return a->sent < b->sent; });

  std::vector<Assembly> assemblies;
  std::map<std::pair<Endpoint, Endpoint>, std::size_t> open;  // client, server -> which
  for (const Passage* passage : in_order) {
    const auto segment = segment_of(passage->packet);
    if (!segment) continue;
    const std::pair up(source(*segment), destination(*segment)), down(destination(*segment), source(*segment));
    const bool opens = segment->syn && !segment->ack;
    if (opens) {
      const auto known = open.find(up);
      const bool repeated = known != open.end() &&
                            assemblies[known->second].connection.transits.front().segment.sequence == segment->sequence;
      if (!repeated) {
        open[up] = assemblies.size();
        assemblies.push_back({.connection = {.client = source(*segment),
                                             .server = destination(*segment),
                                             .transits = {},
                                             .from_client = {},
                                             .from_server = {}},
                              .client = {},
                              .server = {}});
      }
    }
    const bool from_client = open.contains(up);
    const auto found = open.find(from_client ? up : down);
    if (found == open.end()) continue;
    add(assemblies[found->second], {.from = from_client ? Side::client : Side::server,
                                    .sent = passage->sent,
                                    .arrives = passage->arrives,
                                    .segment = *segment});
  }
  std::vector<Connection> connections;
  for (Assembly& assembly : assemblies) connections.push_back(read(std::move(assembly)));
  return connections;
}

}  // namespace wirelab::ladder
