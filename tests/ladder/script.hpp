#pragma once
// A conversation written down by hand, as the packets that carry it over a link with a round trip of 50 ms.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ladder/connection.hpp"
#include "ladder/passage.hpp"
#include "tests/link/segment_builder.hpp"

namespace wirelab::tests {

using ladder::Nanos;
using ladder::Passage;
using ladder::Side;

constexpr Nanos kRoundTrip = std::chrono::milliseconds(50), kTransit = kRoundTrip / 2;

constexpr Nanos ms(double milliseconds) { return Nanos(static_cast<std::int64_t>(milliseconds * 1e6)); }

/// One connection. Sequence numbers go on by themselves, and begin shortly before they start again at 0.
class Script {
 public:
  explicit Script(std::uint16_t port = 40'000) : port_(port) {}

  Script& send(Side from, double at_ms, unsigned flags, std::string_view payload = {}) {
    std::uint32_t& next = from == Side::client ? client_ : server_;
    last_ = {from, flags, next, std::string(payload)};
    next += static_cast<std::uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
    return put(at_ms);
  }
  /// The last one once more.
  Script& again(double at_ms) { return put(at_ms); }
  /// The last one does not arrive.
  Script& lost() {
    passages.back().arrives.reset();
    return *this;
  }
  /// SYN, SYN ACK, ACK: the client may speak at `at_ms` + 50.
  Script& connect(double at_ms) {
    return send(Side::client, at_ms, kSyn)
        .send(Side::server, at_ms + 25, kSyn | kAck)
        .send(Side::client, at_ms + 50, kAck);
  }
  Script& say(Side from, double at_ms, std::string_view payload) { return send(from, at_ms, kAck, payload); }

  std::vector<Passage> passages;

 private:
  struct Sent {
    Side from = Side::client;
    unsigned flags = 0;
    std::uint32_t sequence = 0;
    std::string payload;
  };

  Script& put(double at_ms) {
    const bool client = last_.from == Side::client;
    auto packet =
        tcp_packet(last_.flags, last_.sequence, last_.payload, client ? Flow{port_, 9'000} : Flow{9'000, port_});
    if (!client) std::swap_ranges(packet.begin() + 12, packet.begin() + 16, packet.begin() + 16);
    passages.push_back(
        {ms(at_ms), ms(at_ms) + kTransit, std::string(reinterpret_cast<const char*>(packet.data()), packet.size())});
    return *this;
  }

  std::uint16_t port_;
  std::uint32_t client_ = 0xffff'fff0, server_ = 7'000;
  Sent last_;
};

inline std::vector<Passage> operator+(std::vector<Passage> all, const std::vector<Passage>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// An answer with a body.
inline std::string answer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// POST /publish/news, answered: the server has the payload at `at_ms` + 75.
inline Script publisher(double at_ms, std::string_view payload, std::uint16_t port) {
  Script script(port);
  script.connect(at_ms).say(Side::client, at_ms + 50,
                            "POST /publish/news HTTP/1.1\r\nContent-Length: " + std::to_string(payload.size()) +
                                "\r\n\r\n" + std::string(payload));
  return script;
}

}  // namespace wirelab::tests
