#pragma once
// An LwsHost under test, its loop, and a Service that does what the path says and writes down what it hears.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/event_loop.hpp"
#include "net/lws_host.hpp"
#include "tests/net/raw_client.hpp"

namespace wirelab::tests {

inline constexpr net::Nanos kGiveUp = std::chrono::seconds(30);

/// Counts how many of them are alive.
struct CountedAttachment final : net::Attachment {
  explicit CountedAttachment(int& alive_) : alive(alive_) { ++alive; }
  ~CountedAttachment() override { --alive; }
  int& alive;
};

class RecordingService final : public net::Service {
 public:
  /// /park…: answered when the test says so; /close…: closes; anything else: answered at once. The body is what was
  /// asked.
  void on_request(net::Exchange& exchange) override {
    const Entered entered(*this);
    const net::Request& request = exchange.request();
    const std::string target = request.path + (request.query.empty() ? "" : "?" + request.query);
    asked.push_back(request.method + " " + target + " " + request.body);
    last_request = request;
    exchange.attachment = std::make_unique<CountedAttachment>(attachments);
    if (on_asked) return on_asked(exchange);
    if (target.starts_with("/park")) return parked.push_back(&exchange);
    net::Answer answer = echo(asked.back());
    if (target.starts_with("/close")) answer.then = net::Then::close;
    exchange.answer(std::move(answer));
  }
  std::optional<net::Answer> refuse(const net::Request& request) override {
    const Entered entered(*this);
    refuse_asked.push_back(request.method + " " + request.path);
    return on_refuse ? on_refuse(request) : std::nullopt;
  }
  void on_gone(net::Exchange& exchange) override {
    const Entered entered(*this);
    EXPECT_NE(exchange.attachment, nullptr);
    ++gone;
    std::erase(parked, &exchange);
  }
  void on_open(net::Socket& socket, const net::Request& request) override {
    const Entered entered(*this);
    opened.push_back(request.path);
    socket.attachment = std::make_unique<CountedAttachment>(attachments);
    sockets.push_back(&socket);
    if (on_opened) on_opened(socket);
  }
  void on_text(net::Socket& socket, std::string_view text) override {
    const Entered entered(*this);
    texts.emplace_back(text);
    if (on_message) on_message(socket, text);
  }
  void on_binary(net::Socket&, std::string_view bytes) override {
    const Entered entered(*this);
    binaries.emplace_back(bytes);
  }
  void on_ready(net::Socket& socket) override {
    const Entered entered(*this);
    ++ready;
    if (on_readied) on_readied(socket);
  }
  void on_closed(net::Socket& socket) override {
    const Entered entered(*this);
    EXPECT_NE(socket.attachment, nullptr);
    ++closed;
    std::erase(sockets, &socket);
  }

  static net::Answer echo(std::string_view body) {
    net::Answer answer;
    answer.content_type = "text/plain";
    answer.body = net::SharedText(body);
    return answer;
  }
  /// As a timer or another connection would.
  void answer_parked(std::size_t index = 0, net::Then then = net::Then::keep) {
    net::Exchange* const exchange = parked.at(index);
    parked.erase(parked.begin() + static_cast<std::ptrdiff_t>(index));
    net::Answer answer = echo("parked " + exchange->request().path);
    answer.then = then;
    const Entered entered(*this);
    exchange->answer(std::move(answer));
  }
  /// Anything that the Service does to the Host: no callback may come from inside.
  void act(const std::function<void()>& what) {
    const Entered entered(*this);
    what();
  }

  std::vector<std::string> asked, refuse_asked, opened, texts, binaries;
  net::Request last_request;
  std::vector<net::Exchange*> parked;
  std::vector<net::Socket*> sockets;
  int gone = 0, ready = 0, closed = 0, attachments = 0;
  std::function<void(net::Exchange&)> on_asked;
  std::function<std::optional<net::Answer>(const net::Request&)> on_refuse;
  std::function<void(net::Socket&)> on_opened, on_readied;
  std::function<void(net::Socket&, std::string_view)> on_message;

 private:
  /// A Host never calls the Service from inside a call of the Service.
  struct Entered {
    explicit Entered(RecordingService& service_) : service(service_) {
      EXPECT_FALSE(service.inside_) << "the host called back from inside a call to it";
      service.inside_ = true;
    }
    ~Entered() { service.inside_ = false; }
    RecordingService& service;
  };
  bool inside_ = false;
};

class HostTest : public testing::Test {
 protected:
  void start() { host = std::make_unique<net::LwsHost>(loop, service, options); }
  std::unique_ptr<RawClient> client() {
    if (!host) start();
    return std::make_unique<RawClient>(loop, host->port());
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done, kGiveUp); }
  void pass(net::Nanos time) {
    loop.run_until([] { return false; }, time);
  }
  /// Waits for so many whole answers.
  std::vector<Reply> replies(RawClient& to, std::size_t count, Bodies bodies = Bodies::present) {
    EXPECT_TRUE(until([&] { return replies_in(to.received, bodies).size() >= count || to.over(); }));
    return replies_in(to.received, bodies);
  }
  /// Waits until the server has closed the connection.
  std::vector<Reply> replies_until_close(RawClient& to) {
    EXPECT_TRUE(until([&] { return to.over(); })) << to.received.substr(0, 1000);
    return replies_in(to.received);
  }
  /// How often the loop turns in a while in which nothing happens: a busy loop shows.
  int turns_in(net::Nanos time) {
    int turns = 0;
    loop.run_until([&] { return ++turns >= 5'000; }, time);
    return turns;
  }
  /// Another client is served as ever.
  void expect_alive() {
    const auto other = client();
    other->send("GET /alive HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(replies(*other, 1).size(), 1U);
  }
  static std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
  }
  static std::string post(const std::string& target, const std::string& body, const std::string& fields = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  std::unique_ptr<RawClient> open_socket(const std::string& target = "/socket") {
    auto opening = client();
    opening->send(handshake(target));
    const std::size_t before = service.sockets.size();
    EXPECT_TRUE(until([&] { return service.sockets.size() > before && opening->received.ends_with("\r\n\r\n"); }));
    return opening;
  }

  net::EventLoop loop;
  RecordingService service;
  net::HostOptions options;
  std::unique_ptr<net::LwsHost> host;  // before the service and the loop
};

}  // namespace wirelab::tests
