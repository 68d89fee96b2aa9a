// WebSocket (RFC 6455): push whenever there is news, for ever. The first envelope goes out at once, so that the
// subscriber has a cursor to resume at. One that is slower than the news is left alone until its socket drains; it then
// gets all it lacks in one envelope, or is told of a gap.
#include "servers/backend.hpp"
#include "servers/roster.hpp"

namespace wirelab::servers {
namespace {

class WebSocket final : public Backend {
 public:
  WebSocket(const messages::Store& store, messages::Replica* replica) : store_(store), joined_(replica) {}

  std::string_view name() const override { return "websocket"; }

  void on_ask(Subscriber& subscriber) override {
    if (!joined_.has(subscriber)) {
      joined_.add(subscriber);
      subscriber.deliver(store_.after(subscriber.channel(), subscriber.cursor()), net::Then::keep);
    }
    push(subscriber);
  }

  void on_published(std::string_view channel) override {
    const auto newest = store_.newest(channel);
    messages::Cursor at;  // most are at one cursor, and lack the same
    messages::Slice lacking;
    for (Subscriber* subscriber : joined_.on(channel)) {
      if (!subscriber->ready()) continue;
      if (subscriber->cursor() != at) {
        at = subscriber->cursor();
        lacking = store_.after(channel, at);
      }
      if (lacking.news()) subscriber->deliver(lacking, net::Then::keep);
      if (lacking.to != newest) push(*subscriber);
    }
  }

  void on_gone(Subscriber& subscriber) override { joined_.remove(subscriber); }

  std::size_t parked() const override { return joined_.size(); }

 private:
  void push(Subscriber& subscriber) {
    while (subscriber.ready()) {
      const auto slice = store_.after(subscriber.channel(), subscriber.cursor());
      if (!slice.news()) return;
      subscriber.deliver(slice, net::Then::keep);
    }
  }

  const messages::Store& store_;
  Roster joined_;
};

}  // namespace

std::unique_ptr<Backend> make_websocket(const messages::Store& store, messages::Replica* replica) {
  return std::make_unique<WebSocket>(store, replica);
}

}  // namespace wirelab::servers
