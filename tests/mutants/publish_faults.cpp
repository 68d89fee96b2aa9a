#include "tests/mutants/publish_faults.hpp"

#include <utility>

namespace wirelab::tests {
namespace {

constexpr std::string_view kPublish = "/publish/", kWebSocket = "/websocket/";

/// What the publisher of a message that went astray is told: nothing that gives the fault away.
net::Answer created() {
  net::Answer answer;
  answer.status = 201;
  answer.body = net::SharedText(R"({"cursor":"1-0"})");
  return answer;
}

}  // namespace

void PublishFaults::on_request(net::Exchange& exchange) {
  const net::Request& request = exchange.request();
  if (!request.path.starts_with(kPublish)) return server_.on_request(exchange);
  const std::string channel = request.path.substr(kPublish.size()), text = request.body;
  publish(
      channel, text, [&] { server_.on_request(exchange); }, [&] { exchange.answer(created()); });
}

void PublishFaults::on_text(net::Socket& socket, std::string_view text) {
  publish(
      channel_of_.at(&socket), text, [&] { server_.on_text(socket, text); }, [] {});
}

void PublishFaults::publish(const std::string& name, std::string_view text,
                            const std::function<void()>& as_it_should_be, const std::function<void()>& pretend) {
  if (++ledger_.messages == 1 && on_first_message) on_first_message();
  Channel& channel = channels_[name];
  const std::uint64_t place = ++channel.published % kEvery;  // 0: the one that is hit
  if (fault_ == Fault::drop && place == 0) {
    ++ledger_.dropped;
    return pretend();
  }
  if (fault_ == Fault::reorder && place == kEvery - 1) {
    channel.held_back = text;
    return pretend();
  }
  as_it_should_be();
  if (fault_ == Fault::duplicate && place == 0) {
    ++ledger_.duplicated;
    server_.publish(name, text, {});
  }
  if (const auto overtaken = std::exchange(channel.held_back, std::nullopt)) {
    ++ledger_.reordered;
    server_.publish(name, *overtaken, {});
  }
}

void PublishFaults::on_open(net::Socket& socket, const net::Request& request) {
  channel_of_[&socket] = request.path.substr(kWebSocket.size());
  server_.on_open(socket, request);
}

void PublishFaults::on_closed(net::Socket& socket) {
  channel_of_.erase(&socket);
  server_.on_closed(socket);
}

}  // namespace wirelab::tests
