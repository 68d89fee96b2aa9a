#include <list>

#include "servers/server.hpp"
#include "sim/network.hpp"
#include "tests/contract/rig.hpp"

namespace wirelab::tests {
namespace {

struct FakeMember {
  FakeMember(Reader& reader, std::uint32_t index) : inbox(reader, index) {}
  clients::Inbox inbox;
  std::unique_ptr<clients::Client> client;
};

class FakeRig final : public Rig {
 public:
  FakeRig(const messages::Limits& limits, net::Nanos one_way_delay, Door door)
      : limits_(limits),
        access_(std::move(door.access)),
        network_(loop_, one_way_delay, {std::move(door.request_headers), "127.0.0.1:9000", 0}) {
    forget();
    server_up();
  }
  ~FakeRig() override {
    server_down();
    members_.clear();
    loop_.run_until([] { return false; }, std::chrono::seconds(1));  // what is under way refers to the network
  }

  void start_client(messages::Transport transport, Reader& reader, const clients::ClientOptions& options) override {
    FakeMember& member = members_.emplace_back(reader, static_cast<std::uint32_t>(members_.size()));
    member.client = make_client(transport, loop_, network_, &network_, member.inbox, options);
    member.client->start();
  }

  void publish(const std::string& channel, const std::string& text, std::function<void(int)> on_done) override {
    lines_.push_back(network_.line(net::Reuse::keep_alive));
    lines_.back()->post("/publish/" + channel, text, {}, [on_done](const net::HttpReply& reply) {
      if (on_done) on_done(reply.status);
    });
  }

  void publish_now(const std::string& channel, const std::string& text) override {
    server_->publish(channel, text, {});
  }

  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done, std::chrono::minutes(10)); }
  void run_for(net::Nanos time) override { loop_.advance(time); }

  void server_down() override {
    if (!server_) return;
    network_.down();
    server_.reset();
  }
  void server_up() override {
    server_ = std::make_unique<servers::Server>(
        *store_, loop_, limits_, std::vector(messages::kTransports.begin(), messages::kTransports.end()), [this] {
          return net::HostReading{network_.counters(), {}};
        });
    server_->set_access(access_);
    network_.up(*server_);
  }
  void forget() override { store_ = std::make_unique<messages::Store>(limits_, ++epoch_); }
  messages::Store& store() override { return *store_; }
  std::uint64_t connections_accepted() override { return network_.counters().connections_accepted; }

 private:
  messages::Limits limits_;
  servers::Access access_;
  std::uint32_t epoch_ = 777;
  sim::VirtualLoop loop_;
  sim::Network network_;
  std::unique_ptr<messages::Store> store_;
  std::unique_ptr<servers::Server> server_;
  std::list<std::unique_ptr<net::HttpLine>> lines_;
  std::list<FakeMember> members_;
};

}  // namespace

std::unique_ptr<Rig> make_fake_rig(const messages::Limits& limits, net::Nanos one_way_delay, Door door) {
  return std::make_unique<FakeRig>(limits, one_way_delay, std::move(door));
}

}  // namespace wirelab::tests
