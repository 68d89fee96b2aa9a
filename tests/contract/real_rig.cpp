#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <list>

#include "net/certificate.hpp"
#include "net/curl_dialer.hpp"
#include "net/event_loop.hpp"
#include "net/lws_dialer.hpp"
#include "net/lws_host.hpp"
#include "servers/server.hpp"
#include "tests/contract/rig.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;

struct RealMember {
  RealMember(Reader& reader, std::uint32_t index) : inbox(reader, index) {}
  clients::Inbox inbox;
  std::unique_ptr<clients::Client> client;
};

class RealRig final : public Rig {
 public:
  RealRig(const messages::Limits& limits, Door door, Wire wire) : limits_(limits), access_(std::move(door.access)) {
    net::DialerOptions options;
    if (wire == Wire::tls) options.tls_ca = make_certificate();
    forget();
    server_up();
    options.url = (wire == Wire::tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
    options.request_headers = std::move(door.request_headers);
    curl_ = std::make_unique<net::CurlDialer>(loop_, options);
    lws_ = std::make_unique<net::LwsDialer>(loop_, options);
  }
  ~RealRig() override {
    members_.clear();
    lines_.clear();
    lws_.reset();
    curl_.reset();
    server_down();
    std::filesystem::remove(authority_file_);
  }

  void start_client(messages::Transport transport, Reader& reader, const clients::ClientOptions& options) override {
    RealMember& member = members_.emplace_back(reader, static_cast<std::uint32_t>(members_.size()));
    using messages::Transport;
    switch (transport) {
      case Transport::short_poll: member.client = make_short_poll(loop_, *curl_, member.inbox, options); break;
      case Transport::keep_alive: member.client = make_keep_alive(loop_, *curl_, member.inbox, options); break;
      case Transport::long_poll: member.client = make_long_poll(loop_, *curl_, member.inbox, options); break;
      case Transport::websocket: member.client = make_websocket(loop_, *lws_, member.inbox, options); break;
    }
    member.client->start();
  }

  /// On one line, one after the other, so that the store has them in the order of the calls.
  void publish(const std::string& channel, const std::string& text, std::function<void(int)> on_done) override {
    to_publish_.push_back({channel, text, std::move(on_done)});
    if (to_publish_.size() == 1) publish_next();
  }

  void publish_now(const std::string& channel, const std::string& text) override {
    server_->publish(channel, text, {});
  }

  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done, 90s); }
  void run_for(net::Nanos time) override {
    loop_.run_until([] { return false; }, time);
  }

  void server_down() override {
    if (host_) accepted_before_ += host_->counters().connections_accepted;
    host_.reset();
    server_.reset();
  }
  void server_up() override {
    server_ = std::make_unique<servers::Server>(
        *store_, loop_, limits_, std::vector(messages::kTransports.begin(), messages::kTransports.end()));
    server_->set_access(access_);
    net::HostOptions options;
    options.port = port_;
    options.tls = tls_;
    host_ = std::make_unique<net::LwsHost>(loop_, *server_, options);
    port_ = host_->port();
  }
  void forget() override { store_ = std::make_unique<messages::Store>(limits_, ++epoch_); }
  messages::Store& store() override { return *store_; }
  std::uint64_t connections_accepted() override {
    return accepted_before_ + (host_ ? host_->counters().connections_accepted : 0);
  }

 private:
  struct ToPublish {
    std::string channel, text;
    std::function<void(int)> on_done;
  };
  /// The server's; the file of the authority that the clients are to trust.
  std::string make_certificate() {
    const net::Certificate made = net::make_certificate();
    tls_ = net::TlsServer::from_texts(made.certificate, made.key);
    authority_file_ = own_temp("authority.pem");
    std::ofstream(authority_file_) << made.authority;
    return authority_file_;
  }
  void publish_next() {
    if (lines_.empty()) lines_.push_back(curl_->line(net::Reuse::keep_alive));
    const ToPublish& next = to_publish_.front();
    lines_.front()->post("/publish/" + next.channel, next.text, {}, [this](const net::HttpReply& reply) {
      const auto on_done = std::move(to_publish_.front().on_done);
      to_publish_.pop_front();
      if (!to_publish_.empty()) publish_next();
      if (on_done) on_done(reply.status);
    });
  }

  messages::Limits limits_;
  servers::Access access_;
  std::uint32_t epoch_ = 777;
  std::uint16_t port_ = 0;
  std::shared_ptr<net::TlsServer> tls_;  // null: plain
  std::string authority_file_;
  std::uint64_t accepted_before_ = 0;
  net::EventLoop loop_;
  std::unique_ptr<messages::Store> store_;
  std::unique_ptr<servers::Server> server_;
  std::unique_ptr<net::LwsHost> host_;
  std::unique_ptr<net::CurlDialer> curl_;
  std::unique_ptr<net::LwsDialer> lws_;
  std::list<std::unique_ptr<net::HttpLine>> lines_;
  std::list<ToPublish> to_publish_;
  std::list<RealMember> members_;
};

}  // namespace

std::unique_ptr<Rig> make_real_rig(const messages::Limits& limits, Door door, Wire wire) {
  return std::make_unique<RealRig>(limits, std::move(door), wire);
}

}  // namespace wirelab::tests
