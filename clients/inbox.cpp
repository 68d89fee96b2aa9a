#include "clients/inbox.hpp"

#include "messages/envelope.hpp"

namespace wirelab::clients {

std::string Inbox::target(std::string_view route, std::string_view channel, std::string_view parameter) const {
  std::string target = "/" + std::string(route) + "/" + std::string(channel);
  char separator = '?';
  const auto add = [&](std::string_view name_and_value) {
    target.append(1, std::exchange(separator, '&')).append(name_and_value);
  };
  if (!cursor_.empty()) add("after=" + cursor_);
  if (!parameter.empty()) add(parameter);
  return target;
}

bool Inbox::take(const net::HttpReply& reply) {
  if (reply.status != 200) {
    listener_.on_failure(reply.status == 0 ? reply.error : "HTTP " + std::to_string(reply.status));
    return false;
  }
  const auto messages = open(reply.body, reply.received_at);
  if (messages) listener_.on_reply(reply, *messages);
  return messages.has_value();
}

bool Inbox::take(std::string_view text, net::Nanos received_at, net::FrameBytes bytes) {
  const auto messages = open(text, received_at);
  if (messages) listener_.on_frame(bytes, *messages, received_at);
  return messages.has_value();
}

std::optional<std::size_t> Inbox::refuse(std::string_view why) {
  listener_.on_failure(why);
  return std::nullopt;
}

/// How many messages were in it, or nullopt when it is no envelope.
std::optional<std::size_t> Inbox::open(std::string_view text, net::Nanos received_at) {
  std::string wrong;
  auto envelope = messages::decode(text, &wrong);
  if (!envelope) return refuse(wrong);
  if (envelope->cursor.empty()) return refuse("not an envelope: \"cursor\" is empty");
  const bool first = cursor_.empty();
  cursor_ = std::move(envelope->cursor);
  if (envelope->gap) listener_.on_gap(subscriber_);
  for (const auto& message : envelope->messages) listener_.on_message(subscriber_, message, received_at);
  if (first) listener_.on_established(subscriber_, received_at);
  return envelope->messages.size();
}

}  // namespace wirelab::clients
