// Keep-alive polling: ask every interval, on the connection we have. The one word that differs from short_poll.cpp
// saves the handshake; the news is as old as before.
#include "clients/backoff.hpp"
#include "clients/client.hpp"
#include "clients/poll_schedule.hpp"

namespace wirelab::clients {
namespace {

class KeepAlive final : public Client {
 public:
  KeepAlive(net::Loop& loop, net::HttpDialer& dialer, Inbox& inbox, const ClientOptions& options)
      : loop_(loop),
        inbox_(inbox),
        channel_(options.channel),
        schedule_(options),
        backoff_(options.seed),
        timer_(loop),
        line_(dialer.line(net::Reuse::keep_alive)) {}

  void start() override { ask(); }

 private:
  void ask() {
    line_->get(inbox_.target("keep-alive", channel_), [this](const net::HttpReply& reply) { hear(reply); });
  }

  void hear(const net::HttpReply& reply) {
    if (inbox_.take(reply)) {
      backoff_.succeeded();
      timer_.set_at(schedule_.next(loop_.now()), [this] { ask(); });
    } else {
      timer_.set_at(loop_.now() + backoff_.next(reply.retry_after), [this] { ask(); });
    }
  }

  net::Loop& loop_;
  Inbox& inbox_;
  const std::string channel_;
  PollSchedule schedule_;
  Backoff backoff_;
  net::Timer timer_;
  std::unique_ptr<net::HttpLine> line_;  // last: no callback may find the others gone
};

}  // namespace

std::unique_ptr<Client> make_keep_alive(net::Loop& loop, net::HttpDialer& dialer, Inbox& inbox,
                                        const ClientOptions& options) {
  return std::make_unique<KeepAlive>(loop, dialer, inbox, options);
}

}  // namespace wirelab::clients
