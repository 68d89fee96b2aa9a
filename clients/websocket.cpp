// WebSocket (RFC 6455): dial once, then only listen. When the connection is lost, dial again and resume at the cursor.
#include <utility>

#include "clients/backoff.hpp"
#include "clients/client.hpp"

namespace wirelab::clients {
namespace {

class WebSocket final : public Client, private net::SocketListener {
 public:
  WebSocket(net::Loop& loop, net::SocketDialer& dialer, Inbox& inbox, const ClientOptions& options)
      : loop_(loop), dialer_(dialer), inbox_(inbox), channel_(options.channel), backoff_(options.seed), timer_(loop) {}

  void start() override { dial(); }

 private:
  void dial() { line_ = dialer_.dial(inbox_.target("websocket", channel_), *this); }

  void on_open(std::uint64_t request_bytes) override { inbox_.upgraded(request_bytes); }

  void on_text(std::string_view text, net::Nanos received_at, net::FrameBytes bytes) override {
    if (!inbox_.take(text, channel_, received_at, bytes)) return dial_later();
    backoff_.succeeded();
    if (!inbox_.answer().empty()) line_->send_text(inbox_.answer());
  }

  void on_retry_after(std::chrono::seconds wait) override { retry_after_ = wait; }

  void on_close(std::string_view reason) override {
    inbox_.failed(reason);
    dial_later();
  }

  void dial_later() {
    line_.reset();
    timer_.set_at(loop_.now() + backoff_.next(std::exchange(retry_after_, {})), [this] { dial(); });
  }

  net::Loop& loop_;
  net::SocketDialer& dialer_;
  Inbox& inbox_;
  const std::string channel_;
  Backoff backoff_;
  std::optional<std::chrono::seconds> retry_after_;  // of the refusal whose end is to be told
  net::Timer timer_;
  std::unique_ptr<net::SocketLine> line_;  // last: no callback may find the others gone
};

}  // namespace

std::unique_ptr<Client> make_websocket(net::Loop& loop, net::SocketDialer& dialer, Inbox& inbox,
                                       const ClientOptions& options) {
  return std::make_unique<WebSocket>(loop, dialer, inbox, options);
}

}  // namespace wirelab::clients
