#include "tests/mutants/delivery_faults.hpp"

#include <ctime>
#include <deque>
#include <memory>
#include <utility>

#include "messages/envelope.hpp"

namespace wirelab::tests {
namespace {

/// Of this thread, exact to the clock's own cost.
net::Nanos cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + net::Nanos(time.tv_nsec);
}

}  // namespace

/// What the inner service takes for the exchange. It hangs on the real one, and goes with it.
class DeliveryFaults::HeldExchange final : public net::Exchange, public net::Attachment {
 public:
  HeldExchange(DeliveryFaults& faults, net::Exchange& real) : faults_(faults), real_(real), timer_(faults.loop_) {}

  const net::Request& request() const override { return real_.request(); }

  void answer(net::Answer answer) override {
    answered_ = true;
    faults_.burn_for(answer.body);
    if (faults_.delay_ == net::Nanos::zero()) return leave(std::move(answer));
    ++faults_.ledger_.answers_delayed;
    timer_.set_at(faults_.loop_.now() + faults_.delay_,
                  [this, answer = std::move(answer)]() mutable { leave(std::move(answer)); });
  }

  /// The inner service is done with it, whether or not the peer has the answer.
  bool answered() const { return answered_; }

 private:
  void leave(net::Answer answer) {
    ++faults_.ledger_.answers;
    real_.answer(std::move(answer));  // last: this goes with it
  }

  DeliveryFaults& faults_;
  net::Exchange& real_;
  net::Timer timer_;
  bool answered_ = false;
};

/// The same for a WebSocket. While frames are held back it is always ready: the lag is ours, not the peer's.
class DeliveryFaults::HeldSocket final : public net::Socket, public net::Attachment {
 public:
  HeldSocket(DeliveryFaults& faults, net::Socket& real) : faults_(faults), real_(real), timer_(faults.loop_) {}

  bool ready() const override { return holds_back() || real_.ready(); }

  void send_text(const net::SharedText& text) override {
    faults_.burn_for(text);
    if (!holds_back()) return leave(text);
    ++faults_.ledger_.frames_delayed;
    held_.push_back({faults_.loop_.now() + faults_.delay_, text});
    if (!timer_.armed()) arm();
  }

  void send_binary(const net::SharedText& bytes) override { real_.send_binary(bytes); }  // which no delivery is

  void close(std::uint16_t code, std::string_view reason) override { real_.close(code, reason); }

  bool holds_back() const { return faults_.delay_ > net::Nanos::zero(); }

  void send_due() {
    while (!held_.empty() && held_.front().due <= faults_.loop_.now() && real_.ready()) {
      leave(held_.front().text);
      held_.pop_front();
    }
    if (!held_.empty() && real_.ready()) arm();  // else on_ready() comes
  }

 private:
  struct Frame {
    net::Nanos due;
    net::SharedText text;
  };

  void leave(const net::SharedText& text) {
    ++faults_.ledger_.frames;
    real_.send_text(text);
  }
  void arm() {
    timer_.set_at(held_.front().due, [this] { send_due(); });
  }

  DeliveryFaults& faults_;
  net::Socket& real_;
  net::Timer timer_;
  std::deque<Frame> held_;
};

DeliveryFaults::DeliveryFaults(net::Service& inner, net::Loop& loop, Fault fault, FaultLedger& ledger)
    : inner_(inner),
      loop_(loop),
      delay_(fault == Fault::delay ? kDelay : net::Nanos::zero()),
      burn_(fault == Fault::slow_cpu ? kBurn : net::Nanos::zero()),
      ledger_(ledger) {}

/// Looking into the envelope is a part of what is burnt.
void DeliveryFaults::burn_for(const net::SharedText& envelope) {
  if (burn_ == net::Nanos::zero()) return;
  const net::Nanos begin = cpu_now();
  const auto opened = messages::decode(envelope.text());
  const std::size_t messages = opened ? opened->messages.size() : 0;
  net::Nanos burnt{};
  while ((burnt = cpu_now() - begin) < burn_ * messages) {
  }
  ledger_.deliveries_burnt += messages;
  ledger_.burnt += burnt;
}

void DeliveryFaults::on_request(net::Exchange& exchange) {
  auto held = std::make_unique<HeldExchange>(*this, exchange);
  HeldExchange& stands_for_it = *held;
  exchange.attachment = std::move(held);
  inner_.on_request(stands_for_it);
}

void DeliveryFaults::on_gone(net::Exchange& exchange) {
  auto& held = static_cast<HeldExchange&>(*exchange.attachment);
  if (!held.answered()) inner_.on_gone(held);
}

void DeliveryFaults::on_open(net::Socket& socket, const net::Request& request) {
  auto held = std::make_unique<HeldSocket>(*this, socket);
  HeldSocket& stands_for_it = *held;
  socket.attachment = std::move(held);
  inner_.on_open(stands_for_it, request);
}

void DeliveryFaults::on_text(net::Socket& socket, std::string_view text) {
  inner_.on_text(static_cast<HeldSocket&>(*socket.attachment), text);
}

void DeliveryFaults::on_ready(net::Socket& socket) {
  auto& held = static_cast<HeldSocket&>(*socket.attachment);
  held.holds_back() ? held.send_due() : inner_.on_ready(held);
}

void DeliveryFaults::on_closed(net::Socket& socket) { inner_.on_closed(static_cast<HeldSocket&>(*socket.attachment)); }

}  // namespace wirelab::tests
