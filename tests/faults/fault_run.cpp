// One fault, one transport, one line of JSON about it:
//
//   fault_run --fault killed --transport websocket --wirelab build/rel/wirelab [--seed N] [--seconds S]
//   fault_run --simulated --fault cut --transport long-poll [--seeds N]
//   fault_run --fault soak --wirelab build/rel/wirelab [--seed N] [--seconds S] [--subscribers N]
//
// The last is tests/faults/soak.hpp. The first has a real server in a process of its own, real sockets and the real
// clients in between; the second plays tests/faults/scene.hpp. Exit code 1 when the checker finds anything.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <list>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "clients/board.hpp"
#include "clients/client.hpp"
#include "clients/publisher.hpp"
#include "lab/text/json_fields.hpp"
#include "link/link.hpp"
#include "link/rights.hpp"
#include "messages/limits.hpp"
#include "net/curl_dialer.hpp"
#include "net/lws_dialer.hpp"
#include "tests/faults/broken_line.hpp"
#include "tests/faults/recorder.hpp"
#include "tests/faults/scene.hpp"
#include "tests/faults/server_process.hpp"
#include "tests/faults/soak.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;
using net::Nanos;

constexpr std::size_t kChannelsCount = 2, kListeners = 6;
constexpr double kMessagesPerSecond = 200;
constexpr double kMessagesPerSecondFarAway =
    50;  ///< one waits for the other's answer, and some answers are repeated late
constexpr Nanos kCalmAfter = 1s;
constexpr Nanos kGiveUpAfter = 60s;  ///< a sanitized build on a busy machine; what takes so long never comes
constexpr Nanos kStoppedFor = 3s;
constexpr double kSegmentLoss = 0.05;
constexpr Nanos kRoundTrip = 10ms;

// For half-open connections: how soon either side gives up.
constexpr std::chrono::milliseconds kClientPatience{1'500};  ///< a hold and half a second
constexpr const char* kServerPatience = "1s";                ///< a ping, and half as long again for its answer

struct FaultCommand {
  std::string fault, transport, wirelab;
  bool simulated = false;
  std::uint64_t seed = 1, seeds = 100;
  double seconds = 3;
  std::size_t subscribers = 1'000;
};

lab::Json record(const FaultCommand& command, const Findings& found, std::uint64_t injected) {
  return {{"fault", command.fault},
          {"transport", command.transport},
          {"where", command.simulated ? "simulated" : "processes"},
          {"seed", command.seed},
          {"schedules", command.simulated ? command.seeds : 1},
          {"injected", injected},
          {"published", found.published},
          {"retried", found.retried},
          {"delivered", found.delivered},
          {"lost", found.lost},
          {"duplicated", found.duplicated},
          {"reordered", found.reordered},
          {"gaps", found.gaps},
          {"gaps_missing", found.gaps_missing},
          {"gaps_untrue", found.gaps_untrue},
          {"gone", found.gone},
          {"again_after_restart", found.again_after_restart},
          {"stored_twice", found.stored_twice},
          {"unacknowledged", found.unacknowledged},
          {"strangers", found.strangers},
          {"clean", found.clean()},
          {"sentences", found.sentences}};
}

std::vector<std::string> server_flags(const FaultCommand& command, int servers_namespace) {
  std::vector<std::string> flags = {"--backend", command.transport, "--keep-messages",
                                    std::to_string(messages::Limits().kept_messages)};
  if (servers_namespace >= 0) flags.insert(flags.end(), {"--bind", link::kServerAddress});
  if (command.fault == "half-open")
    for (const char* flag : {"--ping-interval", "--idle-timeout", "--header-timeout"})
      flags.insert(flags.end(), {flag, kServerPatience});
  return flags;
}

class FaultRun {
 public:
  FaultRun(const FaultCommand& command, int servers_namespace)
      : command_(command),
        server_(command.wirelab, server_flags(command, servers_namespace), servers_namespace),
        random_(command.seed) {
    if (command.fault == "cut") line_.emplace(loop_, server_.port(), BrokenLine::Way::cut, 6'000, command.seed);
    if (command.fault == "half-open") line_.emplace(loop_, server_.port(), BrokenLine::Way::mute, 12'000, command.seed);
    load_.transport = *messages::parse_transport(command.transport);
    load_.channels = kChannelsCount;
    load_.warm_up = 0ms;
    load_.duration = seconds() + kCalmAfter;
    load_.publish.rate_per_second = command.fault == "lossy" ? kMessagesPerSecondFarAway : kMessagesPerSecond;
    load_.publish.lanes_max = 1;
    load_.seed = command.seed;
    net::DialerOptions options;
    options.url = line_ ? "http://127.0.0.1:" + std::to_string(line_->port()) : server_.url();
    if (command.fault == "half-open") options.exchange_timeout = options.silence_timeout = kClientPatience;
    http_.emplace(loop_, options);
    sockets_.emplace(loop_, options);
    publishers_dialer_.emplace(*http_, history_, loop_);
    publisher_.emplace(loop_, *publishers_dialer_, &*sockets_, load_, kRecordedRun, board_);
  }
  ~FaultRun() {
    publisher_.reset();
    members_.clear();
    sockets_.reset();
    http_.reset();
  }

  lab::Json run() {
    subscribe();
    publish();
    const bool noticed = !line_ || loop_.run_until([&] { return line_->not_noticed == 0; }, kGiveUpAfter);
    const auto injected = line_ ? line_->breaks : injected_;
    lab::Json json = record(command_, check(history_, messages::Limits().kept_messages), injected);
    json["failures"] = recorder_.failures;
    if (command_.fault == "half-open") {
      json["clients_noticed_within_ms"] = line_->clients_noticed_within / 1ms;
      json["server_noticed_within_ms"] = line_->server_noticed_within / 1ms;
      json["clean"] = json["clean"].get<bool>() && noticed;
    }
    members_.clear();
    publisher_.reset();
    json["server_exit_code"] = server_.stop().value_or(-1);
    return json;
  }

 private:
  struct Member {
    clients::Inbox inbox;
    std::unique_ptr<clients::Client> client;
  };

  Nanos seconds() const { return std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(command_.seconds)); }

  void subscribe() {
    for (std::uint32_t i = 0; i < kListeners; ++i) {
      history_.subscribers.push_back({i % kChannelsCount, loop_.now(), {}});
      Member& member = members_.emplace_back(Member{clients::Inbox(recorder_, i), nullptr});
      clients::ClientOptions options;
      options.channel = channel_of(load_, i % kChannelsCount);
      options.poll_interval = 20ms;
      options.hold = 1s;
      options.seed = command_.seed * 100 + i;
      member.client = make_client(load_.transport, loop_, *http_, &*sockets_, member.inbox, options);
      member.client->start();
    }
    if (!loop_.run_until([this] { return recorder_.established == kListeners; }, kGiveUpAfter))
      throw std::runtime_error("not everybody could subscribe");
  }

  void publish() {
    bool published = false;
    board_.window_end_ns = Nanos::max().count();
    net::Timer fault(loop_), calm(loop_);
    publisher_->start(loop_.now(), [&] { published = true; });
    trouble_ends_ = loop_.now() + seconds();
    fault.set_at(loop_.now() + 300ms, [&] { inject(fault); });
    calm.set_at(trouble_ends_, [this] {
      if (line_) line_->heal();
    });
    if (!loop_.run_until([&] { return published; }, kGiveUpAfter)) throw std::runtime_error("publishing did not end");
    loop_.run_until([this] { return all_heard_the_last(history_); }, kGiveUpAfter);
    loop_.run_until([] { return false; }, 200ms);  // for what should not come
  }

  void inject(net::Timer& again) {
    if (loop_.now() >= trouble_ends_) return;
    if (command_.fault == "killed") {
      // Half of them are stopped before, so that requests are under way that will not be answered.
      const bool first_stopped = random_() % 2 == 0;
      if (first_stopped) server_.signal(SIGSTOP);
      again.set_at(loop_.now() + (first_stopped ? between(1ms, 20ms) : Nanos{}), [&] { kill(again); });
    } else if (command_.fault == "stopped") {
      server_.signal(SIGSTOP);
      ++injected_;
      again.set_at(loop_.now() + kStoppedFor, [this] { server_.signal(SIGCONT); });
    }
  }

  void kill(net::Timer& again) {
    server_.kill();
    history_.restarts.push_back(loop_.now());
    ++injected_;
    const Nanos down_for = between(0ms, 300ms);
    again.set_at(loop_.now() + down_for, [this, &again, down_for] {
      server_.start_again();
      again.set_at(loop_.now() + 1s - down_for, [&] { inject(again); });
    });
  }

  Nanos between(Nanos least, Nanos most) {
    return Nanos(std::uniform_int_distribution<std::int64_t>(least.count(), most.count())(random_));
  }

  const FaultCommand& command_;
  net::EventLoop loop_;
  ServerProcess server_;
  std::mt19937_64 random_;
  std::optional<BrokenLine> line_;
  clients::LoadPlan load_;
  History history_{kChannelsCount};
  Recorder recorder_{history_, loop_};
  std::optional<net::CurlDialer> http_;
  std::optional<net::LwsDialer> sockets_;
  std::optional<WitnessedDialer> publishers_dialer_;
  clients::Board board_{kChannelsCount};
  std::optional<clients::Publisher> publisher_;
  std::list<Member> members_;
  Nanos trouble_ends_{};
  std::uint64_t injected_ = 0;
};

/// Packets that the link lost, both ways.
std::uint64_t lost_on(const link::Link& link) {
  std::uint64_t lost = 0;
  for (const auto direction : {link::Direction::up, link::Direction::down}) lost += link.counts(direction).lost;
  return lost;
}

lab::Json run_over_link(const FaultCommand& command) {
  link::gain_rights();
  link::LinkOptions options;
  options.impairments.round_trip = kRoundTrip;
  options.impairments.loss = kSegmentLoss;
  options.impairments.seed = command.seed;
  link::Link link(options);
  link::enter_network_namespace(link.clients_namespace());
  lab::Json json = FaultRun(command, link.server_namespace()).run();
  link.stop();
  json["injected"] = lost_on(link);
  return json;
}

lab::Json simulate(const FaultCommand& command) {
  Scene scene;
  scene.transport = *messages::parse_transport(command.transport);
  bool found = false;
  for (const NamedTrouble& known : kTroubles)
    if (known.name == command.fault) found = true, scene.trouble = known.trouble;
  if (!found) throw std::invalid_argument("--fault " + command.fault + ": none that is simulated");
  Findings all;
  std::uint64_t injected = 0;
  for (std::uint64_t i = 0; i < command.seeds; ++i) {
    scene.seed = command.seed + i;
    Played played = play(scene);
    for (std::string& sentence : played.findings.sentences) sentence.insert(0, fmt::format("seed {}, ", scene.seed));
    all.add(played.findings);
    injected += played.injected;
  }
  return record(command, all, injected);
}

SoakCommand soak_command(const FaultCommand& command) {
  return {command.wirelab, command.seed,
          std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(command.seconds)), command.subscribers};
}

int run_fault(int argc, char** argv) try {
  CLI::App app("Delivery under one fault, judged");
  FaultCommand command;
  app.add_option("--fault", command.fault,
                 "killed, stopped, cut, half-open, lossy, soak; simulated, those of scene.hpp")
      ->required();
  std::vector<std::string> transports;
  for (const auto transport : messages::kTransports) transports.emplace_back(messages::name(transport));
  app.add_option("--transport", command.transport, "Not of a soak, which has all")->check(CLI::IsMember(transports));
  app.add_option("--subscribers", command.subscribers, "Of a soak, on each transport");
  app.add_option("--wirelab", command.wirelab, "The program whose `serve` is put to the test");
  app.add_flag("--simulated", command.simulated);
  app.add_option("--seed", command.seed);
  app.add_option("--seeds", command.seeds, "So many schedules, simulated, from --seed on");
  app.add_option("--seconds", command.seconds, "So long there is trouble; then there is publishing without, for 1 s");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> real = {"none", "killed", "stopped", "cut", "half-open", "lossy", "soak"};
  if (!command.simulated && std::find(real.begin(), real.end(), command.fault) == real.end())
    throw std::invalid_argument("--fault " + command.fault + ": none for processes");
  if (command.fault != "soak" && command.transport.empty()) throw std::invalid_argument("--transport is missing");
  if (!command.simulated && command.wirelab.empty()) throw std::invalid_argument("--wirelab is missing");
  const lab::Json json = command.simulated          ? simulate(command)
                         : command.fault == "soak"  ? soak(soak_command(command))
                         : command.fault == "lossy" ? run_over_link(command)
                                                    : FaultRun(command, -1).run();
  fmt::print("{}\n", json.dump());
  return json["clean"].get<bool>() ? 0 : 1;
} catch (const link::MissingRights& error) {
  fmt::print(stderr, "fault_run: {}\n", error.what());
  return 77;
} catch (const std::exception& error) {
  fmt::print(stderr, "fault_run: {}\n", error.what());
  return 2;
}

}  // namespace
}  // namespace wirelab::tests

int main(int argc, char** argv) { return wirelab::tests::run_fault(argc, argv); }
