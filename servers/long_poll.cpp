// Long polling (RFC 6202 §2): answer when there is news. A request that finds none is parked until something is
// published on its channel or its hold ends; then the connection is kept for the next one. Between an answer and the
// next request the server is deaf towards this client; the cursor sees to it that nothing published in that gap is
// missed.
#include "servers/backend.hpp"
#include "servers/roster.hpp"

namespace wirelab::servers {
namespace {

class LongPoll final : public Backend {
 public:
  LongPoll(const messages::Store& store, net::Loop& loop, messages::Replica* replica)
      : store_(store), loop_(loop), parked_(replica) {}

  std::string_view name() const override { return "long-poll"; }

  void on_ask(Subscriber& subscriber) override {
    const auto slice = store_.after(subscriber.channel(), subscriber.cursor());
    if (slice.news() || subscriber.hold() <= net::Nanos::zero()) return subscriber.deliver(slice, net::Then::keep);
    parked_.add(subscriber);
    subscriber.end_of_hold =
        loop_.call_at(loop_.now() + subscriber.hold(), [this, &subscriber] { on_hold_end(subscriber); });
  }

  void on_published(std::string_view channel) override {
    for (Subscriber* subscriber : parked_.take(channel)) answer(*subscriber);
  }

  void on_gone(Subscriber& subscriber) override {
    parked_.remove(subscriber);
    loop_.cancel(subscriber.end_of_hold);
  }

  void on_drain() override {
    for (Subscriber* subscriber : parked_.take_all()) answer(*subscriber);
  }

  std::size_t parked() const override { return parked_.size(); }

 private:
  void on_hold_end(Subscriber& subscriber) {
    parked_.remove(subscriber);
    answer(subscriber);
  }

  void answer(Subscriber& subscriber) {
    loop_.cancel(subscriber.end_of_hold);
    subscriber.deliver(store_.after(subscriber.channel(), subscriber.cursor()), net::Then::keep);
  }

  const messages::Store& store_;
  net::Loop& loop_;
  Roster parked_;
};

}  // namespace

std::unique_ptr<Backend> make_long_poll(const messages::Store& store, net::Loop& loop, messages::Replica* replica) {
  return std::make_unique<LongPoll>(store, loop, replica);
}

}  // namespace wirelab::servers
