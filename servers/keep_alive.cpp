// Keep-alive polling: answer at once, perhaps with nothing, and keep the connection (RFC 9112 §9.3). The one word that
// differs from short_poll.cpp saves the TCP handshake; it does nothing for the age of the news.
#include "servers/backend.hpp"

namespace wirelab::servers {
namespace {

class KeepAlive final : public Backend {
 public:
  explicit KeepAlive(const messages::Store& store) : store_(store) {}

  std::string_view name() const override { return "keep-alive"; }

  void on_ask(Subscriber& subscriber) override {
    subscriber.deliver(store_.after(subscriber.channel(), subscriber.cursor()), net::Then::keep);
  }

 private:
  const messages::Store& store_;
};

}  // namespace

std::unique_ptr<Backend> make_keep_alive(const messages::Store& store) { return std::make_unique<KeepAlive>(store); }

}  // namespace wirelab::servers
