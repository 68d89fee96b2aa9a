#pragma once
// Whether the guarantee of docs/01-wire-format.md held: within what is kept, each message once and in order, and a gap
// announced where messages are gone and nowhere else. It knows what every reader of the contract knows, and besides
// what this server's cursors mean: which life of the server, and which place in its log.
#include <cstdint>
#include <string>
#include <vector>

#include "tests/faults/history.hpp"

namespace wirelab::tests {

/// Counts are over all subscribers. The first eight must be 0.
struct Findings {
  std::uint64_t lost = 0;          ///< never heard though they were kept, whether or not a gap was announced for them
  std::uint64_t duplicated = 0;    ///< heard twice in one life of the server
  std::uint64_t reordered = 0;     ///< heard after a later one
  std::uint64_t gaps_missing = 0;  ///< messages are gone, or the server's memory is, and nobody said so
  std::uint64_t gaps_untrue = 0;   ///< announced, and nothing was gone
  std::uint64_t stored_twice =
      0;  ///< places in the log that no acknowledged message has: a retry that was not recognised
  std::uint64_t unacknowledged = 0;  ///< messages that the publisher gave up
  std::uint64_t strangers = 0;       ///< heard on a channel they were not published on, or never published at all

  std::uint64_t published = 0;  ///< acknowledged
  std::uint64_t retried = 0;    ///< of those, more than once sent
  std::uint64_t delivered = 0;  ///< to all subscribers
  std::uint64_t gaps = 0;       ///< announced
  std::uint64_t gone = 0;       ///< messages that a subscriber never heard, as a gap truly said
  /// Heard again after a gap: the server that had taken it died before it could say so, and the publisher's retry came
  /// to one that remembers nothing.
  std::uint64_t again_after_restart = 0;

  std::vector<std::string> sentences;  ///< what is wrong, in words; the first few

  bool clean() const {
    return lost + duplicated + reordered + gaps_missing + gaps_untrue + stored_twice + unacknowledged + strangers == 0;
  }
  void add(const Findings& other);
};

/// Judges while it happens, and forgets what was judged, so that a history may be as long as one likes: what is kept is
/// a place a subscriber and a line a message published.
class Checker {
 public:
  /// `kept_messages`: messages::Limits::kept_messages of the server; its kept_bytes were not reached. `history`
  /// outlives it, and has its subscribers.
  Checker(History& history, std::uint64_t kept_messages);
  ~Checker();

  /// Judges what was heard before the first publication that is not acknowledged yet, and takes it out of the history:
  /// what is said of a message later cannot change the judgement any more.
  void judge_settled(net::Nanos now);
  /// Nothing more will come: judges all that is left.
  void finish();

  /// Numbers above all that each has heard, so far.
  bool everybody_heard_everything() const;
  /// What is known by now; of the publications only after finish().
  Findings findings() const;
  const Findings& of(std::size_t subscriber) const;

 private:
  class Log;
  class Walk;

  History& history_;
  std::vector<Log> logs_;
  std::vector<Findings> of_;  // by subscriber
  std::vector<Walk> walks_;   // the same; they refer to the others, which do not grow
  Findings publications_;
};

/// Of a history that is over.
Findings check(History history, std::uint64_t kept_messages);

}  // namespace wirelab::tests
