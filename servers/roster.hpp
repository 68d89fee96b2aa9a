#pragma once
// Who is subscribed to which channel: add, remove and walk, each in O(1) a subscriber. Where there are several threads
// it says, for its own, on which channels somebody waits.
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "messages/replicas.hpp"
#include "servers/backend.hpp"

namespace wirelab::servers {

class Roster {
 public:
  /// `replica`: null where there is one thread.
  explicit Roster(messages::Replica* replica = nullptr) : replica_(replica) {}

  void add(Subscriber& subscriber) {
    auto& list = channels_[subscriber.channel()];
    if (replica_ && list.empty()) replica_->somebody_waits(subscriber.channel());
    subscriber.place_in_roster = list.size();
    list.push_back(&subscriber);
    ++size_;
  }

  /// Precondition: it was added and not removed since.
  void remove(Subscriber& subscriber) {
    const auto channel = channels_.find(subscriber.channel());
    auto& list = channel->second;
    list.back()->place_in_roster = subscriber.place_in_roster;
    list[subscriber.place_in_roster] = list.back();
    list.pop_back();
    if (list.empty()) forget(channel);
    --size_;
  }

  bool has(const Subscriber& subscriber) const {
    const auto& list = on(subscriber.channel());
    return subscriber.place_in_roster < list.size() && list[subscriber.place_in_roster] == &subscriber;
  }

  /// Everyone on the channel. Invalidated by add() and remove().
  const std::vector<Subscriber*>& on(std::string_view channel) const {
    static const std::vector<Subscriber*> nobody;
    const auto found = channels_.find(channel);
    return found == channels_.end() ? nobody : found->second;
  }

  /// Takes everyone off the channel and returns them.
  std::vector<Subscriber*> take(std::string_view channel) {
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return {};
    auto list = std::move(found->second);
    forget(found);
    size_ -= list.size();
    return list;
  }

  std::vector<Subscriber*> take_all() {
    std::vector<Subscriber*> all;
    all.reserve(size_);
    while (!channels_.empty()) {
      const auto& list = channels_.begin()->second;
      all.insert(all.end(), list.begin(), list.end());
      forget(channels_.begin());
    }
    size_ = 0;
    return all;
  }

  std::size_t size() const { return size_; }

 private:
  using Channels = std::map<std::string, std::vector<Subscriber*>, std::less<>>;

  void forget(Channels::iterator channel) {
    if (replica_) replica_->nobody_waits(channel->first);
    channels_.erase(channel);
  }

  messages::Replica* replica_;
  Channels channels_;
  std::size_t size_ = 0;
};

}  // namespace wirelab::servers
