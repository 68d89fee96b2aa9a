#include "tests/faults/scene.hpp"

#include <list>
#include <random>
#include <stdexcept>

#include "clients/board.hpp"
#include "clients/client.hpp"
#include "clients/publisher.hpp"
#include "sim/network.hpp"
#include "tests/faults/recorder.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;
using net::Nanos;

constexpr std::size_t kChannels = 2, kSubscribers = 6;
constexpr double kRate = 100;
constexpr Nanos kOneWay = 3ms;
constexpr Nanos kTroubledFor = 4s;
constexpr Nanos kQuietAfter = 1s;  ///< publishing goes on, so that everybody has something to catch up with
constexpr Nanos kPatience = 120s;  ///< virtual: whoever has not heard it then never will
constexpr double kLoss = 0.05;
constexpr Nanos kRetransmission = 200ms;  ///< Linux's least timeout; it doubles each time (RFC 6298)
constexpr Nanos kFrozenFor = 3s;

clients::LoadPlan load_of(const Scene& scene) {
  clients::LoadPlan load;
  load.transport = scene.transport;
  load.channels = kChannels;
  load.subscribers = kSubscribers;
  load.warm_up = 0ms;
  load.duration = kTroubledFor + kQuietAfter;
  load.publish.rate_per_second = kRate;
  load.publish.lanes_max = 1;
  load.publish.via = scene.via;
  load.seed = scene.seed;
  return load;
}

class Stage {
 public:
  explicit Stage(const Scene& scene)
      : scene_(scene),
        load_(load_of(scene)),
        random_(scene.seed),
        history_(kChannels),
        recorder_(history_, loop_),
        publishers_dialer_(near_, history_, loop_),
        publishers_sockets_(near_, history_, loop_),
        board_(kChannels),
        publisher_(loop_, publishers_dialer_, &publishers_sockets_, load_, kRecordedRun, board_) {
    limits_.kept_messages = scene.kept_messages;
    if (scene.mutation.listener) listener_ = scene.mutation.listener(recorder_);
    if (scene.mutation.subscribers_dialer) dialer_ = scene.mutation.subscribers_dialer(far_);
    start_server();
  }
  ~Stage() {
    publisher_.stop();
    kill_server();
    members_.clear();
    loop_.run_until([] { return false; }, 10s);  // what is under way refers to the networks
  }

  Played run() {
    subscribe();
    board_.window_end_ns = Nanos::max().count();
    publisher_.prepare([this] { ready_ = true; });
    loop_.run_until([this] { return ready_; }, kPatience);
    publisher_.start(loop_.now(), [this] { published_ = true; });
    trouble_ends_ = loop_.now() + kTroubledFor;
    loop_.call_at(loop_.now() + between(50ms, 300ms), [this] { trouble(); });
    if (!loop_.run_until([this] { return published_; }, kPatience))
      throw std::runtime_error("the publisher did not finish: seed " + std::to_string(scene_.seed));
    loop_.run_until([&] { return all_heard_the_last(history_); }, kPatience);
    loop_.advance(1s);  // for what should not come
    return {check(history_, scene_.kept_messages), injected_};
  }

 private:
  struct Member {
    clients::Inbox inbox;
    std::unique_ptr<clients::Client> client;
  };

  Nanos between(Nanos least, Nanos most) {
    return Nanos(std::uniform_int_distribution<std::int64_t>(least.count(), most.count())(random_));
  }

  void subscribe() {
    for (std::uint32_t i = 0; i < kSubscribers; ++i) {
      history_.subscribers.push_back({i % kChannels, loop_.now(), {}});
      clients::Listener& listener = listener_ ? *listener_ : recorder_;
      Member& member = members_.emplace_back(Member{clients::Inbox(listener, i), nullptr});
      clients::ClientOptions options;
      options.channel = channel_of(load_, i % kChannels);
      options.poll_interval = 40ms;
      options.hold = 1s;
      options.seed = scene_.seed * 100 + i;
      net::HttpDialer& http = dialer_ ? *dialer_ : static_cast<net::HttpDialer&>(far_);
      member.client = make_client(scene_.transport, loop_, http, &far_, member.inbox, options);
      member.client->start();
    }
    if (!loop_.run_until([this] { return recorder_.established == kSubscribers; }, kPatience))
      throw std::runtime_error("not everybody could subscribe");
  }

  void start_server() {
    store_ = std::make_unique<messages::Store>(limits_, ++epoch_);
    server_ = std::make_unique<servers::Server>(*store_, loop_, limits_, std::vector{scene_.transport});
    if (scene_.mutation.server) mutant_ = scene_.mutation.server(*server_);
    near_.up(service());
    far_.up(service());
  }
  net::Service& service() { return mutant_ ? *mutant_ : static_cast<net::Service&>(*server_); }
  void kill_server() {
    if (!server_) return;
    far_.down();
    near_.down();
    mutant_.reset();
    server_.reset();
    store_.reset();
  }

  /// Does it, and comes again until the trouble is over.
  void trouble() {
    if (loop_.now() >= trouble_ends_) return;
    const Nanos wait = inject();
    if (wait > 0s) loop_.call_at(loop_.now() + wait, [this] { trouble(); });
  }

  /// When to come again; 0: not.
  Nanos inject() {
    switch (scene_.trouble) {
      case Trouble::none: return 0s;
      case Trouble::killed: return kill();
      case Trouble::outage: return lose_network();
      case Trouble::cut: return cut();
      case Trouble::frozen: return freeze();
      case Trouble::lossy: return lose_segments();
      case Trouble::stalled: return stall();
    }
    return 0s;
  }

  Nanos kill() {
    ++injected_;
    kill_server();
    history_.restarts.push_back(loop_.now());
    const Nanos down_for = between(0ms, 400ms);
    loop_.call_at(loop_.now() + down_for, [this] { start_server(); });
    return std::max<Nanos>(1s, down_for + 1ms);
  }

  Nanos lose_network() {
    ++injected_;
    far_.down();
    const Nanos down_for = between(0ms, 1s);
    loop_.call_at(loop_.now() + down_for, [this] { far_.up(service()); });
    return down_for + between(1ms, 500ms);
  }

  Nanos cut() {
    sim::Network& network = random_() % 4 == 0 ? near_ : far_;
    injected_ += network.cut_one(random_()) ? 1 : 0;
    return between(0ms, 40ms);
  }

  Nanos freeze() {
    ++injected_;
    near_.freeze_until(loop_.now() + kFrozenFor);
    far_.freeze_until(loop_.now() + kFrozenFor);
    return 0s;
  }

  Nanos lose_segments() {
    const auto extra = [this] {
      Nanos late{}, timeout = kRetransmission;
      for (; std::bernoulli_distribution(kLoss)(random_) && loop_.now() < trouble_ends_; timeout *= 2) {
        ++injected_;
        late += timeout;
      }
      return late;
    };
    near_.hinder(extra);
    far_.hinder(extra);
    return 0s;
  }

  Nanos stall() {
    ++injected_;
    far_.stall_sockets(true);
    const Nanos stalled_for = between(0ms, 1s);
    loop_.call_at(loop_.now() + stalled_for, [this] { far_.stall_sockets(false); });
    return stalled_for + between(1ms, 300ms);
  }

  const Scene& scene_;
  const clients::LoadPlan load_;
  std::mt19937_64 random_;
  messages::Limits limits_;
  sim::VirtualLoop loop_;
  sim::Network near_{loop_, 100us}, far_{loop_, kOneWay};  // the publisher's, the subscribers'
  History history_;
  Recorder recorder_;
  std::unique_ptr<clients::Listener> listener_;
  std::unique_ptr<net::HttpDialer> dialer_;
  WitnessedDialer publishers_dialer_;
  WitnessedSockets publishers_sockets_;
  std::uint32_t epoch_ = 776;
  std::unique_ptr<messages::Store> store_;
  std::unique_ptr<servers::Server> server_;
  std::unique_ptr<net::Service> mutant_;
  clients::Board board_;
  bool ready_ = false, published_ = false;
  clients::Publisher publisher_;
  std::list<Member> members_;
  Nanos trouble_ends_{};
  std::uint64_t injected_ = 0;
};

}  // namespace

Played play(const Scene& scene) { return Stage(scene).run(); }

}  // namespace wirelab::tests
