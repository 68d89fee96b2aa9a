#include "tests/faults/recorder.hpp"

#include <algorithm>
#include <string>

namespace wirelab::tests {
namespace {

/// Of {"cursor":"k3f9-17"}; one of epoch 0 when it says none.
messages::Cursor place_in(std::string_view body) {
  constexpr std::string_view kBefore = R"({"cursor":")";
  if (!body.starts_with(kBefore)) return {};
  body.remove_prefix(kBefore.size());
  const auto cursor = messages::parse_cursor(body.substr(0, body.find('"')));
  return cursor && cursor->sequence > 0 ? *cursor : messages::Cursor{};
}

}  // namespace

class WitnessedDialer::Line final : public net::HttpLine {
 public:
  Line(WitnessedDialer& dialer, std::unique_ptr<net::HttpLine> inner) : dialer_(dialer), inner_(std::move(inner)) {}

  void get(std::string_view target, net::OnReply on_reply) override { inner_->get(target, std::move(on_reply)); }
  void post(std::string_view target, std::string body, const net::Headers& headers, net::OnReply on_reply) override {
    const MessageId id = Recorder::id_of(body);
    dialer_.history_.attempted(id, dialer_.loop_.now());
    inner_->post(target, std::move(body), headers,
                 [&dialer = dialer_, id, on_reply = std::move(on_reply)](const net::HttpReply& reply) {
                   dialer.answered(id, reply);
                   on_reply(reply);
                 });
  }

 private:
  WitnessedDialer& dialer_;
  std::unique_ptr<net::HttpLine> inner_;
};

std::unique_ptr<net::HttpLine> WitnessedDialer::line(net::Reuse reuse) {
  return std::make_unique<Line>(*this, inner_.line(reuse));
}

void WitnessedDialer::answered(MessageId id, const net::HttpReply& reply) {
  if (reply.status == 200 || reply.status == 201) {
    history_.acknowledged(id, place_in(reply.body));
  } else if (reply.status == 0) {
    ++history_.publication(id).unanswered;
  }
}

class WitnessedSockets::Line final : public net::SocketLine {
 public:
  Line(WitnessedSockets& dialer, std::unique_ptr<net::SocketLine> inner) : dialer_(dialer), inner_(std::move(inner)) {}

  net::FrameBytes send_text(std::string_view text) override {
    const MessageId id = Recorder::id_of(text);
    dialer_.history_.attempted(id, dialer_.loop_.now());
    dialer_.history_.acknowledged(id, {kTheOnlyLife, id.number + 1});
    return inner_->send_text(text);
  }

 private:
  static constexpr std::uint32_t kTheOnlyLife = 1;
  WitnessedSockets& dialer_;
  std::unique_ptr<net::SocketLine> inner_;
};

std::unique_ptr<net::SocketLine> WitnessedSockets::dial(std::string_view target, net::SocketListener& listener) {
  return std::make_unique<Line>(*this, inner_.dial(target, listener));
}

bool all_heard_the_last(const History& history) {
  return std::all_of(history.subscribers.begin(), history.subscribers.end(), [&](const SubscriberHistory& one) {
    const std::size_t published = history.channels.at(one.channel).size();
    if (published == 0) return true;
    const auto last = std::find_if(one.heard.rbegin(), one.heard.rend(), [](const Heard& h) { return h.message; });
    return last != one.heard.rend() && last->message->number + 1 == published;
  });
}

}  // namespace wirelab::tests
