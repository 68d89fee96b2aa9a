#include "servers/echo.hpp"

#include <utility>

namespace wirelab::servers {
namespace {

constexpr std::uint16_t kPolicyViolation = 1008;  // RFC 6455 §7.4.1

}  // namespace

Echo::Echo(net::Socket& socket, std::size_t waiting_bytes) : socket_(socket), limit_bytes_(waiting_bytes) {
  socket.takes_binary = true;
}

void Echo::send(Message message) {
  if (socket_.ready()) return send_now(message);
  waiting_bytes_ += message.bytes.size() + sizeof(Message);  // empty ones are not free
  waiting_.push_back(std::move(message));
  if (waiting_bytes_ > limit_bytes_) socket_.close(kPolicyViolation, "read what comes back");
}

void Echo::send_now(const Message& message) {
  if (message.binary) return socket_.send_binary(message.bytes);
  socket_.send_text(message.bytes);
}

void Echo::on_ready() {
  while (!waiting_.empty() && socket_.ready()) {
    const Message message = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= message.bytes.size() + sizeof(Message);
    send_now(message);
  }
}

}  // namespace wirelab::servers
