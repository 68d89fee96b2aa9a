#include "clients/publisher.hpp"

#include <cinttypes>
#include <cstdio>
#include <utility>

#include "clients/inbox.hpp"
#include "clients/stamp.hpp"

namespace wirelab::clients {

constexpr std::size_t kQuoted = 200;  ///< of a server's error, in ours

/// One connection: the message under way on it, and the numbers its messages carry on each channel.
struct Publisher::Lane {
  Lane(net::Loop& loop, std::unique_ptr<net::HttpLine> http, std::size_t lane_number, std::size_t channels,
       std::uint64_t seed)
      : number(lane_number), next_sequence(channels), backoff(seed), retry(loop), line(std::move(http)) {}

  std::size_t number;
  std::vector<std::uint32_t> next_sequence;  ///< by channel
  Job job{};
  std::string payload, idempotency_key;
  Backoff backoff;
  net::Timer retry;
  std::unique_ptr<net::HttpLine> line;
};

/// A WebSocket to publish on. It is a subscriber as well, as every WebSocket is: what it hears of its own has arrived,
/// and what it has not heard yet it sends again when the connection was lost, under the same keys, so that none is
/// stored twice (docs/01-wire-format.md).
class Publisher::NativeLine final : public net::SocketListener, private Listener {
 public:
  NativeLine(Publisher& publisher, net::SocketDialer& dialer, std::size_t channel)
      : publisher_(publisher),
        dialer_(dialer),
        channel_(channel),
        inbox_(*this, 0),
        backoff_(publisher.plan_.seed + channel),
        redial_(publisher.loop_) {
    dial();
  }

  /// The texts' numbers are their stamps' sequences: 0, 1, 2 …
  void send(std::string text) {
    if (open_) line_->send_text(text);
    unheard_bytes_ += text.size();
    unheard_.push_back(std::move(text));
    ++next_sequence;
    while (unheard_bytes_ > kUnheardBytes) forget_first();
  }
  std::uint32_t next_sequence = 0;

 private:
  void dial() {
    char key[64];
    std::snprintf(key, sizeof key, "key=%08" PRIx32 "-%zu&from=%" PRIu32, publisher_.run_, channel_, first_unheard());
    line_ = dialer_.dial(inbox_.target("websocket", publisher_.channel_name(channel_), key), *this);
  }

  void on_open(std::uint64_t) override {
    open_ = true;
    failed_dials_ = 0;
    backoff_.succeeded();
    for (const std::string& text : unheard_) line_->send_text(text);
    if (std::exchange(was_open_, true)) return;
    const bool all = ++publisher_.native_open_ == publisher_.plan_.channels;
    if (all && publisher_.failure_.empty()) publisher_.be_ready();
  }
  void on_text(std::string_view text, net::Nanos received_at, net::FrameBytes bytes) override {
    inbox_.take(text, publisher_.channel_name(channel_), received_at, bytes);
  }
  void on_retry_after(std::chrono::seconds wait) override { retry_after_ = wait; }
  void on_close(std::string_view reason) override {
    open_ = false;
    line_.reset();
    const bool starting = publisher_.native_open_ < publisher_.plan_.channels;
    if (starting || ++failed_dials_ > kFailedDials)
      return publisher_.fail("the publisher's WebSocket closed: " + std::string(reason));
    ++publisher_.failures;
    redial_.set_at(publisher_.loop_.now() + backoff_.next(std::exchange(retry_after_, {})), [this] { dial(); });
  }

  /// They are stored in the order in which they are sent: with one, those before it have arrived, too.
  void on_message(std::uint32_t, std::string_view text, net::Nanos) override {
    const auto stamp = read_stamp(text);
    if (!stamp || stamp->run != publisher_.run_ || stamp->publisher != channel_) return;
    while (!unheard_.empty() && first_unheard() <= stamp->sequence) forget_first();
  }

  std::uint32_t first_unheard() const { return next_sequence - static_cast<std::uint32_t>(unheard_.size()); }
  void forget_first() {
    unheard_bytes_ -= unheard_.front().size();
    unheard_.pop_front();
  }

  /// What is beyond is not sent again, and counts as lost if it was.
  static constexpr std::size_t kUnheardBytes = 2 * 1024 * 1024;
  /// So often in a row it may fail to connect: with the backoff, for some ten seconds.
  static constexpr int kFailedDials = 10;

  Publisher& publisher_;
  net::SocketDialer& dialer_;
  const std::size_t channel_;
  Inbox inbox_;
  Backoff backoff_;
  std::optional<std::chrono::seconds> retry_after_;  // of the refusal whose end is to be told
  net::Timer redial_;
  bool open_ = false, was_open_ = false;
  int failed_dials_ = 0;
  std::deque<std::string> unheard_;
  std::size_t unheard_bytes_ = 0;
  std::unique_ptr<net::SocketLine> line_;  // last: no callback may find the others gone
};

Publisher::Publisher(net::Loop& loop, net::HttpDialer& http, net::SocketDialer* sockets, const LoadPlan& plan,
                     std::uint32_t run, Board& board)
    : published(plan.channels),
      series(empty_series(plan)),
      loop_(loop),
      http_(http),
      sockets_(sockets),
      plan_(plan),
      run_(run),
      board_(board),
      schedule_(plan),
      timer_(loop) {}

Publisher::~Publisher() = default;

void Publisher::prepare(std::function<void()> on_ready) {
  on_ready_ = std::move(on_ready);
  if (!dialect_of(plan_).primer().empty()) return prime(0);
  if (!is_native(plan_)) {
    timer_.set_at(loop_.now(), [this] { be_ready(); });
    return;
  }
  for (std::size_t channel = 0; channel < plan_.channels; ++channel)
    native_.push_back(std::make_unique<NativeLine>(*this, *sockets_, channel));
}

/// Channel by channel, each when the one before is open.
void Publisher::prime(std::size_t channel) {
  const Dialect& dialect = dialect_of(plan_);
  const auto [target, headers] = dialect.publication(channel_name(channel), "");
  if (!priming_) priming_ = http_.line(net::Reuse::keep_alive);
  priming_->post(target, std::string(dialect.primer()), headers, [this, channel](const net::HttpReply& reply) {
    if (!dialect_of(plan_).published(reply.status)) return fail(refusal(channel, reply));
    if (channel + 1 < plan_.channels) return prime(channel + 1);
    be_ready();
  });
}

void Publisher::be_ready() { std::exchange(on_ready_, nullptr)(); }

std::string Publisher::refusal(std::size_t channel, const net::HttpReply& reply) const {
  const std::string target = dialect_of(plan_).publication(channel_name(channel), "").target;
  if (reply.status == 0) return "POST " + target + ": " + reply.error;
  return "POST " + target + " was answered with " + std::to_string(reply.status) + " " +
         std::string(reply.body.substr(0, kQuoted));
}

void Publisher::start(net::Nanos start, std::function<void()> on_done) {
  start_ = start;
  series.set_window(net::Nanos(board_.window_begin_ns), net::Nanos(board_.window_end_ns));
  on_done_ = std::move(on_done);
  next_ = schedule_.next();
  arm();
}

void Publisher::stop() {
  next_.reset();
  timer_.cancel();
  waiting_.clear();
  finish_if_idle();
}

void Publisher::arm() {
  const net::Nanos due = next_ ? start_ + next_->offset : loop_.now();
  timer_.set_at(due, [this] { next_ ? on_due() : finish_if_idle(); });
}

void Publisher::on_due() {
  const net::Nanos now = loop_.now();
  while (next_ && start_ + next_->offset <= now) {
    const Job job{start_ + next_->offset, next_->channel, next_->text};
    planned += in_window(job.due) ? 1 : 0;
    send(job);
    next_ = schedule_.next();
  }
  arm();
}

void Publisher::send(const Job& job) {
  if (!native_.empty()) {
    NativeLine& line = *native_[job.channel];
    line.send(payload(stamp(job, static_cast<std::uint16_t>(job.channel), line.next_sequence), job));
    return accepted(job);
  }
  if (!idle_.empty()) {
    Lane& lane = *idle_.back();
    idle_.pop_back();
    return send_on(lane, job);
  }
  if (lanes_.size() == plan_.publish.lanes_max) return waiting_.push_back(job);
  lanes_.push_back(std::make_unique<Lane>(loop_, http_.line(net::Reuse::keep_alive), lanes_.size(), plan_.channels,
                                          plan_.seed + lanes_.size()));
  send_on(*lanes_.back(), job);
}

void Publisher::send_on(Lane& lane, const Job& job) {
  const auto publisher = static_cast<std::uint16_t>(lane.number * plan_.channels + job.channel);
  const Stamp stamped = stamp(job, publisher, lane.next_sequence[job.channel]++);
  lane.job = job;
  lane.payload = payload(stamped, job);
  char key[32];
  std::snprintf(key, sizeof key, "%08" PRIx32 "-%04x-%08" PRIx32, run_, publisher, stamped.sequence);
  lane.idempotency_key = key;
  ++under_way_;
  post(lane);
}

void Publisher::post(Lane& lane) {
  const auto [target, headers] = dialect_of(plan_).publication(channel_name(lane.job.channel), lane.idempotency_key);
  lane.line->post(target, lane.payload, headers, [this, &lane](const net::HttpReply& reply) { heard(lane, reply); });
}

void Publisher::heard(Lane& lane, const net::HttpReply& reply) {
  if (!dialect_of(plan_).published(reply.status)) {
    ++failures;
    const bool worth_another_try =
        reply.status == 0 || reply.status == 408 || reply.status == 429 || reply.status >= 500;
    if (!worth_another_try) return fail(refusal(lane.job.channel, reply));
    // The same message under the same key: if the server has it after all, it will say so and store nothing.
    lane.retry.set_at(loop_.now() + lane.backoff.next(reply.retry_after), [this, &lane] { post(lane); });
    return;
  }
  lane.backoff.succeeded();
  if (in_window(lane.job.due)) publish_time.record(reply.received_at - reply.sent_at);
  accepted(lane.job);
  --under_way_;
  if (waiting_.empty()) {
    idle_.push_back(&lane);
    return finish_if_idle();
  }
  const Job job = waiting_.front();
  waiting_.pop_front();
  send_on(lane, job);
}

void Publisher::accepted(const Job& job) {
  if (in_window(job.due)) {
    ++published[job.channel];
    series.published(job.due, subscribers_on(plan_, job.channel));
  }
  board_.accepted[job.channel].fetch_add(1, std::memory_order_relaxed);
}

void Publisher::fail(std::string why) {
  if (!failure_.empty()) return;
  failure_ = std::move(why);
  next_.reset();
  waiting_.clear();
  // After the last message, as when the server is ended, there is nobody left to be told.
  if (auto told = std::exchange(on_done_ ? on_done_ : on_ready_, nullptr)) timer_.set_at(loop_.now(), std::move(told));
}

void Publisher::finish_if_idle() {
  if (next_ || under_way_ > 0 || !waiting_.empty() || !on_done_) return;
  timer_.set_at(loop_.now(), std::exchange(on_done_, nullptr));
}

Stamp Publisher::stamp(const Job& job, std::uint16_t publisher, std::uint32_t sequence) {
  const net::Nanos now = loop_.now();
  if (in_window(job.due)) schedule_lag.record(now - job.due);
  return {run_, publisher, sequence, job.due, now};
}

std::string Publisher::payload(const Stamp& stamped, const Job& job) const {
  const bool recorded = !plan_.publish.replay.empty();  // as long as its text, then
  return write_stamp(stamped, recorded ? 0 : plan_.publish.payload_bytes, job.text);
}

bool Publisher::in_window(net::Nanos due) const {
  return due >= net::Nanos(board_.window_begin_ns.load()) && due < net::Nanos(board_.window_end_ns.load());
}

}  // namespace wirelab::clients
