#pragma once
// Exercise: a subscriber that loses its WebSocket and goes on where it was (docs/01-wire-format.md, `after` and `gap`).
// Write the bodies; check.cpp says whether they are right. One thread.
#include <cstddef>
#include <string>
#include <vector>

/// What each frame brings.
struct Envelope {
  std::string cursor;                 ///< where the reader stands now, in every envelope, also in one without messages
  std::vector<std::string> messages;  ///< oldest first
  bool gap = false;                   ///< messages before these are gone
};

class Reader {
 public:
  /// What to connect to: "/websocket/news" for whoever begins from now on, "/websocket/news?after=CURSOR" for whoever
  /// has heard something.
  std::string target() const { return {}; }

  void heard(const Envelope& envelope) { (void)envelope; }

  /// The connection is gone, or could not be made.
  void cut() {}

  /// How long to wait before connecting again, in milliseconds: `random` (0 to 1) of 100 ms, and of twice as much after
  /// each further cut without an envelope in between, up to 30 s. A connection that brings nothing proves nothing.
  double wait_ms(double random) const {
    (void)random;
    return 0;
  }

  /// All messages heard, in order.
  const std::vector<std::string>& news() const { return news_; }
  /// How many gaps were announced.
  std::size_t gaps() const { return 0; }

 private:
  std::vector<std::string> news_;
};
