#pragma once
// The last few envelopes sent, so that everyone who is at the same cursor shares the same bytes: one message to 5,000
// subscribers is encoded once.
#include <array>
#include <string>
#include <string_view>

#include "messages/store.hpp"
#include "net/http.hpp"

namespace wirelab::servers {

class EnvelopeCache {
 public:
  /// The envelope of this slice of this channel. The text stays valid as long as anyone holds it.
  net::SharedText of(std::string_view channel, const messages::Slice& slice);

 private:
  static constexpr std::size_t kEntries = 64;
  static constexpr std::size_t kKeptBytes = 64 * 1024;  ///< a longer one is not kept: the whole is bounded by 4 MiB

  struct Entry {
    std::string channel;
    messages::Cursor from, to;
    bool gap = false;
    net::SharedText text;

    /// One that was never filled has epoch 0, which no slice has.
    bool is(std::string_view name, const messages::Slice& slice) const {
      return to == slice.to && from == slice.from && gap == slice.gap && channel == name;
    }
  };
  std::array<Entry, kEntries> entries_;  // each slice has one place it can be in; the newest one there wins
  std::size_t last_ = 0;                 // the one that was asked for last
};

}  // namespace wirelab::servers
