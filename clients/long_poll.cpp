// Long polling (RFC 6202): ask again as soon as the last answer is in, and let the server hold the question until there
// is news. News that comes while the next question is on its way waits for it: the re-arm gap, one round trip long.
#include "clients/backoff.hpp"
#include "clients/client.hpp"

namespace wirelab::clients {
namespace {

class LongPoll final : public Client {
 public:
  LongPoll(net::Loop& loop, net::HttpDialer& dialer, Inbox& inbox, const ClientOptions& options)
      : loop_(loop),
        inbox_(inbox),
        channel_(options.channel),
        hold_("hold=" + std::to_string(options.hold.count())),
        backoff_(options.seed),
        timer_(loop),
        line_(dialer.line(options.long_poll_reuse)) {}

  void start() override { ask(); }

 private:
  void ask() {
    // The first question is not held: its answer is the cursor to go on from.
    const std::string_view hold = inbox_.established() ? std::string_view(hold_) : "hold=0";
    line_->get(inbox_.target("long-poll", channel_, hold), [this](const net::HttpReply& reply) { hear(reply); });
  }

  void hear(const net::HttpReply& reply) {
    if (inbox_.take(reply)) {
      backoff_.succeeded();
      // In the next turn, when everyone who has an answer by now has heard it: of a message to many, the last one to
      // hear must not wait for all the others to ask again.
      timer_.set_at(loop_.now(), [this] { ask(); });
    } else {
      timer_.set_at(loop_.now() + backoff_.next(reply.retry_after), [this] { ask(); });
    }
  }

  net::Loop& loop_;
  Inbox& inbox_;
  const std::string channel_, hold_;
  Backoff backoff_;
  net::Timer timer_;
  std::unique_ptr<net::HttpLine> line_;  // last: no callback may find the others gone
};

}  // namespace

std::unique_ptr<Client> make_long_poll(net::Loop& loop, net::HttpDialer& dialer, Inbox& inbox,
                                       const ClientOptions& options) {
  return std::make_unique<LongPoll>(loop, dialer, inbox, options);
}

}  // namespace wirelab::clients
