#include "sim/simulation.hpp"

#include <algorithm>
#include <list>
#include <stdexcept>

#include "clients/board.hpp"
#include "clients/load_meter.hpp"
#include "clients/publisher.hpp"
#include "messages/store.hpp"
#include "servers/server.hpp"
#include "sim/network.hpp"
#include "sim/virtual_loop.hpp"

namespace wirelab::sim {
namespace {

constexpr std::uint32_t kSomeEpoch = 2'000'000'000, kSomeRun = 1;
constexpr net::Nanos kGiveUp = std::chrono::hours(1);

struct Subscriber {
  clients::Inbox inbox;
  clients::ClientOptions options;
  std::unique_ptr<clients::Client> client;
};

class Simulation {
 public:
  explicit Simulation(const Plan& plan)
      : plan_(plan),
        load_(plan.load),
        store_({}, kSomeEpoch),
        far_(loop_, plan.round_trip / 2, {plan.headers->request, kAuthority, plan.exchange_header_bytes}),
        near_(loop_),
        server_(
            store_, loop_, {}, {load_.transport}, [] { return net::HostReading{}; }, *plan.headers),
        meter_(kSomeRun, load_.subscribers),
        board_(load_.channels),
        publisher_(loop_, near_, &near_, load_, kSomeRun, board_) {
    far_.up(server_);
    near_.up(server_);
    meter_.on_first_envelope = [this](std::uint32_t) { ++established_; };
  }
  ~Simulation() {
    far_.down();
    near_.down();
    subscribers_.clear();
    loop_.run_until([] { return false; }, kGiveUp);  // what is under way refers to the networks
  }

  Report run() {
    Report report;
    report.first_answer = connect();
    const net::Nanos start = loop_.now();
    open_window_at(start + load_.warm_up, start + load_.warm_up + load_.duration);
    bool published = false;
    publisher_.prepare([&] { publisher_.start(start, [&] { published = true; }); });
    const net::Nanos longest = load_.warm_up + load_.duration + kGiveUp;
    const bool all =
        loop_.run_until([&] { return published && window_closed_ && meter_.received() >= owed(); }, longest);
    if (!all) throw std::runtime_error("simulation: a message did not arrive, which the real code must not let happen");
    report.age = meter_.age;
    report.tally = meter_.tally;
    report.tally.connections = connections_at_end_ - connections_at_begin_;
    report.planned = publisher_.planned;
    for (std::size_t channel = 0; channel < load_.channels; ++channel)
      report.expected += publisher_.published[channel] * subscribers_on(load_, channel);
    report.window = load_.duration;
    return report;
  }

 private:
  net::Nanos connect() {
    for (std::size_t i = 0; i < load_.subscribers; ++i) {
      Subscriber& one = subscribers_.emplace_back(
          Subscriber{clients::Inbox(meter_, static_cast<std::uint32_t>(i)), load_.client, nullptr});
      one.options.channel = channel_of(load_, i % load_.channels);
      one.options.seed = load_.seed * 0x9e3779b97f4a7c15 + i;
      one.client = make_client(load_.transport, loop_, far_, &far_, one.inbox, one.options);
      one.client->start();
    }
    const net::Nanos start = loop_.now();
    loop_.run_until([this] { return established_ == load_.subscribers; }, kGiveUp);
    return loop_.now() - start;
  }

  void open_window_at(net::Nanos begin, net::Nanos end) {
    board_.window_begin_ns = begin.count();
    board_.window_end_ns = end.count();
    meter_.set_window(begin, end);
    loop_.call_at(begin, [this] {
      meter_.open_window();
      connections_at_begin_ = far_.counters().connections_accepted;
    });
    loop_.call_at(end, [this] {
      meter_.close_window();
      connections_at_end_ = far_.counters().connections_accepted;
      window_closed_ = true;
    });
  }

  /// Every subscriber is owed each message of its channel.
  std::uint64_t owed() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < load_.subscribers; ++i) sum += board_.accepted[i % load_.channels];
    return sum;
  }

  const Plan plan_;
  const clients::LoadPlan& load_ = plan_.load;
  VirtualLoop loop_;
  messages::Store store_;
  Network far_, near_;
  servers::Server server_;
  clients::LoadMeter meter_;
  clients::Board board_;
  clients::Publisher publisher_;
  std::list<Subscriber> subscribers_;
  std::size_t established_ = 0;
  std::uint64_t connections_at_begin_ = 0, connections_at_end_ = 0;
  bool window_closed_ = false;
};

}  // namespace

Report simulate(const Plan& plan) { return Simulation(plan).run(); }

}  // namespace wirelab::sim
