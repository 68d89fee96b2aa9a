// Short polling: answer at once, perhaps with nothing, and close the connection. What a client pays: a TCP handshake
// and a full set of headers for each question, and up to a whole poll interval of age for each answer.
#include "servers/backend.hpp"

namespace wirelab::servers {
namespace {

class ShortPoll final : public Backend {
 public:
  explicit ShortPoll(const messages::Store& store) : store_(store) {}

  std::string_view name() const override { return "short-poll"; }

  void on_ask(Subscriber& subscriber) override {
    subscriber.deliver(store_.after(subscriber.channel(), subscriber.cursor()), net::Then::close);
  }

 private:
  const messages::Store& store_;
};

}  // namespace

std::unique_ptr<Backend> make_short_poll(const messages::Store& store) { return std::make_unique<ShortPoll>(store); }

}  // namespace wirelab::servers
