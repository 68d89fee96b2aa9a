#include "clients/inbox.hpp"

#include <utility>

namespace wirelab::clients {

bool Inbox::take(const net::HttpReply& reply) {
  std::string wrong = reply.error;
  auto told = reply.status == 0 ? std::nullopt : dialect_.hear(reply, wrong);
  if (!told) {
    listener_.on_failure(wrong);
    return false;
  }
  listener_.on_reply(reply, note(std::move(*told), reply.received_at));
  return true;
}

bool Inbox::take(std::string_view text, std::string_view channel, net::Nanos received_at, net::FrameBytes bytes) {
  std::string wrong;
  auto told = dialect_.hear_frame(text, channel, wrong);
  if (!told) {
    listener_.on_failure(wrong);
    return false;
  }
  listener_.on_frame(bytes, note(std::move(*told), received_at), received_at);
  return true;
}

/// How many messages were in it.
std::size_t Inbox::note(Told told, net::Nanos received_at) {
  messages::Envelope& envelope = told.envelope;
  answer_ = std::move(told.answer);
  if (!envelope.cursor.empty()) cursor_ = std::move(envelope.cursor);
  if (envelope.gap) listener_.on_gap(subscriber_);
  std::size_t messages = 0;
  for (const std::string& message : envelope.messages) {
    if (!dialect_.primer().empty() && message == dialect_.primer()) continue;
    listener_.on_message(subscriber_, message, received_at);
    ++messages;
  }
  if (told.established && !std::exchange(established_, true)) listener_.on_established(subscriber_, received_at);
  return messages;
}

}  // namespace wirelab::clients
