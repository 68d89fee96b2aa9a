#include "clients/worker.hpp"

#include <utility>

namespace wirelab::clients {
namespace {

constexpr net::Nanos kDrainLook = std::chrono::milliseconds(5);  ///< how often a draining worker compares

/// How long a server may take to close what we have closed. Nothing is measured any more.
constexpr std::chrono::milliseconds kLastFin{1'000};

/// A held answer that is this much late is not coming.
constexpr std::chrono::seconds kBeyondHold{30};

std::size_t share_of(const LoadPlan& plan, std::size_t index) {
  return (plan.subscribers + plan.threads - 1 - index) / plan.threads;
}

/// A different stream of random numbers for each subscriber (the golden ratio spreads neighbours apart).
std::uint64_t seed_of(const LoadPlan& plan, std::size_t subscriber) {
  return plan.seed * 0x9e3779b97f4a7c15 + subscriber;
}

}  // namespace

Worker::Worker(const LoadPlan& plan, std::size_t index, std::uint32_t run, Board& board)
    : plan_(plan),
      board_(board),
      meter_(run, share_of(plan, index)),
      http_(std::in_place, loop_, dialer_options()),
      subscribers_on_(plan.channels),
      window_begin_(loop_),
      window_end_(loop_),
      drain_(loop_),
      lag_(loop_, seed_of(plan, plan.subscribers + index)) {
  // Only when it is needed: its end disturbs other threads (net/lws_context.hpp).
  if (plan.transport == messages::Transport::websocket) sockets_.emplace(loop_, dialer_options());
  meter_.series = empty_series(plan);
  members_.reserve(share_of(plan, index));
  for (std::size_t subscriber = index; subscriber < plan.subscribers; subscriber += plan.threads) {
    const std::size_t channel = subscriber % plan.channels;
    ++subscribers_on_[channel];
    ClientOptions options = plan.client;
    options.channel = channel_of(plan, channel);
    options.seed = seed_of(plan, subscriber);
    members_.push_back(
        {Inbox(meter_, static_cast<std::uint32_t>(members_.size()), dialect_of(plan)), std::move(options), nullptr});
  }
}

Worker::~Worker() { join(); }

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

std::optional<net::TlsTotals> Worker::read_tls() const {
  std::optional<net::TlsTotals> sum;
  if (http_ && http_->tls() != nullptr) sum = *http_->tls();
  if (sum && sockets_) *sum += *sockets_->tls();
  return sum;
}

void Worker::close_account() {
  tls_ = read_tls();
  http_.reset();
  sockets_.reset();
  ledger_.finish(kLastFin);
  meter_.tally.in.handshakes = meter_.tally.upgrades * ledger_.check().upgrade_answer_bytes;
}

net::DialerOptions Worker::dialer_options() {
  net::DialerOptions options;
  options.url = plan_.url;
  options.tls_ca = plan_.tls_ca;
  options.sources = plan_.sources;
  options.request_headers = plan_.request_headers;
  options.request_headers.insert(options.request_headers.end(), plan_.subscriber_headers.begin(),
                                 plan_.subscriber_headers.end());
  options.exchange_timeout = std::chrono::milliseconds(plan_.client.hold) + kBeyondHold;
  options.response_headers = dialect_of(plan_).response_headers();
  options.observer = this;
  return options;
}

void Worker::run() {
  meter_.on_first_envelope = [this](std::uint32_t) { on_established(); };
  loop_.on_wake([this] { look_at_board(); });
  const std::size_t at_once = std::max<std::size_t>(1, plan_.dials_under_way_max / plan_.threads);
  for (std::size_t i = 0; i < at_once; ++i) start_next_client();
  loop_.run();
  for (Member& member : members_) member.client.reset();
}

void Worker::on_established() {
  if (board_.established.fetch_add(1, std::memory_order_relaxed) + 1 == plan_.subscribers)
    board_.all_established_ns = loop_.now().count();
  start_next_client();
}

void Worker::start_next_client() {
  if (started_ == members_.size()) return;
  const std::size_t number = started_++;
  Member& member = members_[number];
  member.client =
      make_client(plan_.transport, loop_, *http_, sockets_ ? &*sockets_ : nullptr, member.inbox, member.options);
  meter_.dials(static_cast<std::uint32_t>(number), loop_.now());
  member.client->start();
}

void Worker::look_at_board() {
  if (board_.abandon) return loop_.stop();
  const net::Nanos begin(board_.window_begin_ns.load()), end(board_.window_end_ns.load());
  if (begin == net::Nanos::zero()) return;
  meter_.set_window(begin, end);
  if (!window_open_) window_begin_.set_at(begin, [this] { open_window(); });
  if (!window_closed_) window_end_.set_at(end, [this] { close_window(); });
  if (board_.publishing_done) drain();
}

void Worker::open_window() {
  window_open_ = true;
  ledger_.begin();
  tls_ = read_tls();
  meter_.open_window();
  lag_.begin();
  cpu_ = meter::read_thread_cpu();
}

void Worker::close_window() {
  window_closed_ = true;
  window_begin_.cancel();
  if (!window_open_) return;  // interrupted before it began
  cpu_ = meter::read_thread_cpu() - cpu_;
  lag_.end();
  meter_.close_window();
  wire_ = ledger_.total();
  if (const auto now = read_tls()) {
    meter_.tally.tls_bytes_out = now->added.out - tls_->added.out;
    meter_.tally.tls_bytes_in = now->added.in - tls_->added.in;
  }
  meter_.tally.connections = wire_.connections;
}

void Worker::drain() {
  const bool all_there = window_closed_ && meter_.received() >= expected();
  drained = all_there || loop_.now() >= net::Nanos(board_.drain_until_ns.load());
  if (!drained) drain_.set_at(loop_.now() + kDrainLook, [this] { drain(); });
}

std::uint64_t Worker::expected() const {
  std::uint64_t sum = 0;
  for (std::size_t channel = 0; channel < subscribers_on_.size(); ++channel)
    sum += board_.accepted[channel].load(std::memory_order_relaxed) * subscribers_on_[channel];
  return sum;
}

}  // namespace wirelab::clients
