#include "clients/generator.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "clients/board.hpp"
#include "clients/publisher.hpp"
#include "clients/schedule.hpp"
#include "clients/stamp.hpp"
#include "clients/worker.hpp"
#include "link/network_namespace.hpp"
#include "meter/process_tree.hpp"
#include "net/curl_dialer.hpp"
#include "net/event_loop.hpp"
#include "net/lws_dialer.hpp"

namespace wirelab::clients {
namespace {

using namespace std::chrono_literals;
using net::Nanos;

constexpr Nanos kLook = 20ms;       ///< how often the run's thread looks whether a phase is over
constexpr Nanos kProgress = 100ms;  ///< how often it says so
constexpr Nanos kLastSecond = 1s;   ///< how long an interrupted run waits for what is under way
constexpr Nanos kLead = 50ms;       ///< between "everyone is connected" and the first message: time for all to be told

void check(const LoadPlan& plan) {
  const auto require = [](bool holds, const std::string& otherwise) {
    if (!holds) throw std::invalid_argument(otherwise);
  };
  const PublishPlan& publish = plan.publish;
  require(plan.subscribers > 0 || publish.rate_per_second > 0 || !publish.replay.empty(),
          "neither subscribers nor messages: there is nothing to measure");
  require(plan.threads > 0, "no threads: there must be one at least");
  require(plan.channels > 0, "no channels: there must be one at least");
  require(publish.payload_bytes >= kStampBytes, "a payload of " + std::to_string(publish.payload_bytes) +
                                                    " bytes has no room for the stamp's " +
                                                    std::to_string(kStampBytes));
  require(publish.rate_per_second >= 0, "a rate cannot be negative");
  require(publish.speed > 0, "a replay's speed must be above 0");
  require(publish.lanes_max > 0 && publish.lanes_max * plan.channels <= kPublishers,
          "publishing lanes times channels must be from 1 to " + std::to_string(kPublishers) +
              ": the stamp numbers them in 16 bits");
  require(plan.client.poll_interval > Nanos::zero(), "the poll interval must be above 0");
  require(plan.series_step == Nanos::zero() ||
              meter::Series::intervals_of(Schedule::window(plan), plan.series_step) <= meter::Series::kIntervalsMax,
          "a series of more than " + std::to_string(meter::Series::kIntervalsMax) + " intervals: make them longer");
  require(Schedule::window(plan) > Nanos::zero(), "nothing to measure: the duration must be above 0");
  dialect_of(plan).check(plan);
}

net::DialerOptions dialer_options(const LoadPlan& plan, net::ConnectionObserver* observer) {
  net::DialerOptions options;
  options.url = plan.url;
  options.tls_ca = plan.tls_ca;
  options.request_headers = plan.request_headers;
  options.request_headers.insert(options.request_headers.end(), plan.publisher_headers.begin(),
                                 plan.publisher_headers.end());
  options.observer = observer;
  return options;
}

/// The publisher's thread: its loop, the readings of the server's load, and the publisher itself.
class Conductor final : private net::ConnectionObserver {
 public:
  Conductor(const LoadPlan& plan, std::uint32_t run, Board& board)
      : plan_(plan),
        board_(board),
        window_begin_(loop_),
        window_end_(loop_),
        http_(loop_, dialer_options(plan, this)),
        first_line_(http_.line(net::Reuse::keep_alive)),
        last_line_(http_.line(net::Reuse::keep_alive)) {
    // Only when it is needed: its end disturbs other threads (net/lws_context.hpp).
    if (Publisher::is_native(plan)) sockets_.emplace(loop_, dialer_options(plan, this));
    publisher_.emplace(loop_, http_, sockets_ ? &*sockets_ : nullptr, plan, run, board);
  }
  ~Conductor() override { join(); }

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  /// From any thread: the board has changed.
  void wake() { loop_.wake(); }

  std::atomic<bool> ready{false};           ///< the server was asked for its load, and what publishing needs is open
  std::atomic<bool> answered{false};        ///< it did, if only with an error
  std::atomic<bool> connected_read{false};  ///< and again when everyone was connected
  std::atomic<bool> finished{false};        ///< nothing is published any more, and the window is over
  std::atomic<bool> failed{false};          ///< publishing cannot go on; then `finished` as well

  /// After join().
  const Publisher& publisher() const { return *publisher_; }
  const meter::WireCounts& wire() const { return wire_; }
  Nanos window() const { return window_; }
  /// Of its thread, in the window.
  Nanos cpu() const { return cpu_; }
  /// Not empty: publishing did not even begin, and why.
  const std::string& trouble() const { return trouble_; }

  /// What a server said of itself, or what the kernel says of it.
  struct ServerReading {
    std::string said;
    std::optional<meter::ProcessLoad> process;
  };
  ServerReading load_idle, load_connected, load_begin, load_end;  ///< after join()

 private:
  void run() {
    if (!enter_namespace()) return;
    if (!find_server()) return;
    loop_.on_wake([this] { look_at_board(); });
    read_server_load(*first_line_, load_idle, [this] { publisher_->prepare([this] { on_ready(); }); });
    loop_.run();
  }

  /// Whether there is what --server-pid names, and it may be read.
  bool find_server() try {
    if (plan_.server_pid) meter::read_tree_load(*plan_.server_pid);
    return true;
  } catch (const std::runtime_error& error) {
    trouble_ = std::string("the server cannot be measured: ") + error.what();
    failed = finished = true;
    return false;
  }

  /// Of this thread, from where its sockets come. Whether it is there.
  bool enter_namespace() try {
    if (plan_.publisher_namespace) link::enter_network_namespace(*plan_.publisher_namespace);
    return true;
  } catch (const std::system_error& error) {
    trouble_ = std::string("the publisher cannot go to the server's end of the link: ") + error.what();
    failed = finished = true;
    return false;
  }

  void on_opened(int fd) override { ledger_.opened(fd); }
  void on_closing(int fd, const net::ParsedBytes& parsed) override {
    ledger_.closing(fd, {parsed.out, parsed.in, parsed.upgraded, parsed.tls.out, parsed.tls.in});
  }

  void on_ready() {
    if (!publisher_->failure().empty()) return finish();
    ready = true;
  }

  /// A server that has no /load is measured without.
  void read_server_load(net::HttpLine& line, ServerReading& into, std::function<void()> then) {
    if (plan_.server_pid) {
      into.process = read_server_process();
      answered = true;
      return then();
    }
    line.get("/load", [this, &into, then = std::move(then)](const net::HttpReply& reply) {
      answered = answered || reply.status != 0;
      if (reply.status == 401) return turned_away(reply);
      if (reply.status == 200) into.said = reply.body;
      then();
    });
  }

  /// Nobody else will be let in either: no use in waiting.
  void turned_away(const net::HttpReply& reply) {
    constexpr std::size_t kQuoted = 200;
    trouble_ = plan_.url + " answered 401: " + std::string(reply.body.substr(0, kQuoted)) +
               "; give the token with --token-file";
    failed = finished = true;
    loop_.stop();
  }

  std::optional<meter::ProcessLoad> read_server_process() const try {
    return meter::read_tree_load(*plan_.server_pid);
  } catch (const std::runtime_error&) {
    return std::nullopt;  // it was there when the run began: that it ended shows in the run
  }

  void look_at_board() {
    if (board_.abandon) return loop_.stop();
    const Nanos begin(board_.window_begin_ns.load()), end(board_.window_end_ns.load());
    if (board_.everyone_connected && !std::exchange(asked_connected_, true))
      read_server_load(*first_line_, load_connected, [this] { connected_read = true; });
    if (begin == Nanos::zero()) return;
    if (!std::exchange(started_, true)) {
      publisher_->start(begin - plan_.warm_up, [this] { publishing_over_ = true, finish_if_over(); });
      window_begin_.set_at(begin, [this] { open_window(); });
    }
    if (!window_over_) window_end_.set_at(end, [this] { close_window(); });
    if (end <= loop_.now()) publisher_->stop();  // brought forward
  }

  void open_window() {
    ledger_.begin();
    opened_at_ = loop_.now();
    cpu_begin_ = meter::read_thread_cpu();
    read_server_load(*first_line_, load_begin, [] {});
  }

  void close_window() {
    window_begin_.cancel();
    if (opened_at_ > Nanos::zero()) {  // else interrupted before it began
      wire_ = ledger_.total();
      window_ = loop_.now() - opened_at_;
      cpu_ = meter::read_thread_cpu() - cpu_begin_;
    }
    read_server_load(*last_line_, load_end, [this] { window_over_ = true, finish_if_over(); });
  }

  void finish_if_over() {
    if (publishing_over_ && (window_over_ || !publisher_->failure().empty())) finish();
  }

  void finish() {
    failed = !publisher_->failure().empty();
    finished = true;
    loop_.stop();
  }

  const LoadPlan& plan_;
  Board& board_;
  net::EventLoop loop_;
  net::Timer window_begin_, window_end_;
  meter::WireLedger ledger_;
  meter::WireCounts wire_;
  net::CurlDialer http_;
  std::optional<net::LwsDialer> sockets_;
  std::unique_ptr<net::HttpLine> first_line_, last_line_;  // two: the first answer may be late for the last question
  std::optional<Publisher> publisher_;
  Nanos opened_at_{}, window_{};
  Nanos cpu_begin_{}, cpu_{};
  std::string trouble_;
  bool asked_connected_ = false, started_ = false, publishing_over_ = false, window_over_ = false;
  std::thread thread_;
};

/// The run as a story; each phase is a method.
class Run {
 public:
  Run(const LoadPlan& plan, const std::atomic<bool>& interrupt, const std::function<void(const Progress&)>& on_progress)
      : plan_(plan),
        interrupt_(interrupt),
        on_progress_(on_progress),
        run_(std::random_device()()),
        board_(plan.channels),
        conductor_(plan, run_, board_) {
    for (std::size_t i = 0; i < plan.threads; ++i) workers_.push_back(std::make_unique<Worker>(plan, i, run_, board_));
  }

  LoadReport play() {
    conductor_.start();
    if (connect() && publish()) drain();
    abandon();
    collect();
    return std::move(report_);
  }

 private:
  /// Whether everyone is there.
  bool connect() {
    enter(Phase::connect);
    const Nanos deadline = net::monotonic_now() + plan_.connect_deadline;
    const auto over = [&] { return interrupt_ || conductor_.finished; };
    wait([&] { return conductor_.ready || over(); }, deadline);
    const Nanos first_dial = net::monotonic_now(), cpu_before = meter::read_own_cpu();
    if (conductor_.ready)
      for (const auto& worker : workers_) worker->start();
    wait([&] { return (conductor_.ready && board_.established == plan_.subscribers) || over(); }, deadline);
    if (const Nanos last(board_.all_established_ns); last > Nanos::zero()) {
      report_.connecting = last - first_dial;
      report_.connecting_cpu = meter::read_own_cpu() - cpu_before;
    }
    const bool somebody_there = plan_.subscribers > 0 || conductor_.answered;
    if (board_.established == plan_.subscribers && somebody_there) {
      board_.everyone_connected = true;
      conductor_.wake();
      wait([&] { return conductor_.connected_read || over(); }, deadline);
    }
    report_.interrupted = interrupt_;
    return everyone_connected() && !report_.interrupted;
  }

  bool everyone_connected() const { return conductor_.connected_read; }

  /// Whether it could be carried out, if only to an interruption.
  bool publish() {
    const Nanos begin = net::monotonic_now() + kLead + plan_.warm_up;
    const Nanos end = begin + Schedule::window(plan_);
    board_.window_end_ns = end.count();
    board_.window_begin_ns = begin.count();
    wake_all();
    const auto over = [&] { return interrupt_ || conductor_.finished; };
    enter(Phase::warm_up);
    wait(over, begin);
    report_.load_begin = meter::read_own_load();
    enter(Phase::measure);
    wait(over, end);
    report_.load_end = meter::read_own_load();
    report_.interrupted = interrupt_;
    if (interrupt_) {
      board_.window_end_ns = std::min(end, net::monotonic_now()).count();
      wake_all();
    }
    // A server that takes no message any more is given as long as the drain has to take the last one.
    wait([&] { return conductor_.finished.load(); }, net::monotonic_now() + patience());
    return !conductor_.failed;
  }

  void drain() {
    enter(Phase::drain);
    const Nanos all_sent = net::monotonic_now(), deadline = all_sent + patience();
    board_.drain_until_ns = deadline.count();
    board_.publishing_done = true;
    wake_all();
    const auto all_drained = [&] {
      return std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->drained.load(); });
    };
    wait(all_drained, deadline + kLook);
    report_.waited_since_due = net::monotonic_now() - Nanos(board_.window_end_ns);
    report_.waited_since_sent = net::monotonic_now() - all_sent;
  }

  /// Everyone stops, whatever he is at. What is left of the dialers ends afterwards, with no thread running.
  void abandon() {
    board_.abandon = true;
    wake_all();
    conductor_.join();
    for (const auto& worker : workers_) worker->join();
    for (const auto& worker : workers_) worker->close_account();
    enter(Phase::done);
    if (on_progress_) tell();
  }

  /// Who interrupts has waited long enough.
  Nanos patience() const {
    return report_.interrupted ? std::min(plan_.drain_deadline, kLastSecond) : plan_.drain_deadline;
  }

  void collect() {
    for (const auto& worker : workers_) {
      report_.tally += worker->meter().tally;
      report_.age.merge(worker->meter().age);
      report_.age_from_send.merge(worker->meter().age_from_send);
      report_.service_time.merge(worker->meter().service_time);
      report_.first_message.merge(worker->meter().first_message);
      report_.series.merge(worker->meter().series);
      report_.generator_lag.merge(worker->lag());
      report_.busiest_thread_cpu = std::max(report_.busiest_thread_cpu, worker->cpu());
      report_.subscribers_wire += worker->wire();
      report_.run_wire += worker->ledger().run_total();
      report_.run_parsed.out += worker->ledger().run_parsed().out;
      report_.run_parsed.in += worker->ledger().run_parsed().in;
      report_.run_parsed.tls_out += worker->ledger().run_parsed().tls_out;
      report_.run_parsed.tls_in += worker->ledger().run_parsed().tls_in;
      if (worker->tls()) report_.tls = report_.tls.value_or(net::TlsTotals{}) += *worker->tls();
      report_.tcp_min_rtt.merge(worker->ledger().least_round_trips());
      report_.witnesses += worker->ledger().check();
    }
    collect_from_publisher();
    if (!everyone_connected() && !report_.interrupted && report_.failure.empty()) report_.failure = why_not_connected();
  }

  void collect_from_publisher() {
    const Publisher& publisher = conductor_.publisher();
    report_.planned = publisher.planned;
    report_.publish_failures = publisher.failures;
    report_.publish_time = publisher.publish_time;
    report_.schedule_lag = publisher.schedule_lag;
    report_.series.merge(publisher.series);
    report_.failure = conductor_.trouble().empty() ? publisher.failure() : conductor_.trouble();
    for (std::size_t channel = 0; channel < plan_.channels; ++channel) {
      report_.published += publisher.published[channel];
      report_.expected += publisher.published[channel] * subscribers_on(plan_, channel);
    }
    report_.publisher_wire = conductor_.wire();
    report_.window = conductor_.window();
    report_.busiest_thread_cpu = std::max(report_.busiest_thread_cpu, conductor_.cpu());
    report_.subscribers = board_.established;
    report_.server_load_idle = conductor_.load_idle.said;
    report_.server_load_connected = conductor_.load_connected.said;
    report_.server_load_begin = conductor_.load_begin.said;
    report_.server_load_end = conductor_.load_end.said;
    report_.server_process_idle = conductor_.load_idle.process;
    report_.server_process_connected = conductor_.load_connected.process;
    report_.server_process_begin = conductor_.load_begin.process;
    report_.server_process_end = conductor_.load_end.process;
  }

  std::string why_not_connected() const {
    if (board_.everyone_connected) return plan_.url + " does not say anything any more, now that everyone is connected";
    if (plan_.subscribers == 0) return "no answer from " + plan_.url;
    std::string why = "only " + std::to_string(board_.established) + " of " + std::to_string(plan_.subscribers) +
                      " subscribers got an answer from " + plan_.url;
    const auto& reasons = report_.tally.failure_reasons;
    const auto most = std::max_element(reasons.begin(), reasons.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == reasons.end() ? why : why + "; most often: " + most->first;
  }

  void wake_all() {
    conductor_.wake();
    for (const auto& worker : workers_) worker->wake();
  }

  void enter(Phase phase) {
    phase_ = phase;
    entered_ = net::monotonic_now();
  }

  /// Until it is done, or the deadline.
  template <typename Done>
  void wait(Done done, Nanos deadline) {
    for (Nanos now = net::monotonic_now(); !done() && now < deadline; now = net::monotonic_now()) {
      if (on_progress_ && now - told_ >= kProgress) tell();
      std::this_thread::sleep_for(std::min(kLook, deadline - now));
    }
  }

  void tell() {
    told_ = net::monotonic_now();
    std::uint64_t delivered = 0;
    for (const auto& worker : workers_) delivered += worker->received();
    on_progress_({phase_, static_cast<std::size_t>(board_.established), delivered, told_ - entered_});
  }

  const LoadPlan& plan_;
  const std::atomic<bool>& interrupt_;
  const std::function<void(const Progress&)>& on_progress_;
  const std::uint32_t run_;
  Board board_;
  LoadReport report_;
  Conductor conductor_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Phase phase_ = Phase::connect;
  Nanos entered_{}, told_{};
};

}  // namespace

const Dialect& dialect_of(const LoadPlan& plan) { return plan.dialect ? *plan.dialect : wirelab_dialect(); }

std::string channel_of(const LoadPlan& plan, std::size_t channel) {
  if (plan.channels == 1) return plan.channel;
  const std::string number = std::to_string(channel), last = std::to_string(plan.channels - 1);
  return plan.channel + "-" + std::string(last.size() - std::min(last.size(), number.size()), '0') + number;
}

std::uint64_t subscribers_on(const LoadPlan& plan, std::size_t channel) {
  return (plan.subscribers + plan.channels - 1 - channel) / plan.channels;
}

meter::Series empty_series(const LoadPlan& plan) {
  if (plan.series_step == Nanos::zero()) return {};
  return {plan.series_step, meter::Series::intervals_of(Schedule::window(plan), plan.series_step)};
}

LoadReport generate(const LoadPlan& plan, const std::atomic<bool>& interrupt,
                    const std::function<void(const Progress&)>& on_progress) {
  check(plan);
  return Run(plan, interrupt, on_progress).play();
}

}  // namespace wirelab::clients
