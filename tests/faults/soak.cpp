#include "tests/faults/soak.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <list>
#include <optional>
#include <random>
#include <stdexcept>

#include "clients/board.hpp"
#include "clients/client.hpp"
#include "clients/publisher.hpp"
#include "messages/transport.hpp"
#include "net/curl_dialer.hpp"
#include "net/lws_dialer.hpp"
#include "tests/faults/broken_line.hpp"
#include "tests/faults/recorder.hpp"
#include "tests/faults/server_process.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;
using net::Nanos;

constexpr std::size_t kSoakChannels = 4;
constexpr double kSoakRate = 8;
constexpr std::size_t kSoakPayloadBytes = 1'024;
constexpr std::uint64_t kSoakKept = 32;  ///< a channel: those of 16 s, so that who is stalled for longer misses some
constexpr const char* kSoakUnsent = "16KiB";  ///< so that who is stalled is noticed by the server, and soon
constexpr int kSoakReceiveBytes = 4'096;      ///< the same
constexpr Nanos kSoakPollInterval = 2s;
constexpr Nanos kSoakHold = 5s;
constexpr std::size_t kBehindTheLine = 4;   ///< every so manieth
constexpr std::size_t kDialledAtOnce = 20;  ///< every 10 ms
constexpr Nanos kSoakGiveUp = 120s;
constexpr std::uint64_t kBreaksWithin = 3'000;  ///< bytes: a few messages

constexpr std::array<std::string_view, 4> kFaultNames = {"killed", "stopped", "cut", "stalled"};

std::string_view name_of(SoakFault fault) { return kFaultNames[static_cast<std::size_t>(fault)]; }

double seconds_of(Nanos time) { return std::chrono::duration<double>(time).count(); }

/// What a process has now; of one that is gone, nothing.
struct Sample {
  Nanos at{};
  std::size_t life = 0;  ///< of the server: 0 is the first
  std::uint64_t resident_bytes = 0, open_descriptors = 0, generator_resident_bytes = 0;
};

std::uint64_t resident_bytes_of(pid_t process) {
  std::ifstream statm("/proc/" + std::to_string(process) + "/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t open_descriptors_of(pid_t process) {
  std::error_code gone;
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(process) + "/fd", gone);
  return gone ? 0 : static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
}

clients::LoadPlan soak_load(const SoakCommand& command) {
  clients::LoadPlan load;
  load.channels = kSoakChannels;
  load.warm_up = 0ms;
  load.duration = command.duration;
  load.publish.rate_per_second = kSoakRate;
  load.publish.payload_bytes = kSoakPayloadBytes;
  load.publish.lanes_max = 1;
  load.seed = command.seed;
  return load;
}

class Soak {
 public:
  explicit Soak(const SoakCommand& command)
      : command_(command),
        plan_(plan_faults(command)),
        load_(soak_load(command)),
        server_(command.wirelab,
                {"--keep-messages", std::to_string(kSoakKept), "--max-unsent", kSoakUnsent, "--log-level", "error"}),
        line_(loop_, server_.port(), BrokenLine::Way::cut, kBreaksWithin, command.seed),
        direct_(loop_, options_for(server_.port())),
        broken_(loop_, options_for(line_.port())),
        publishers_dialer_(direct_.http, history_, loop_),
        publisher_(loop_, publishers_dialer_, nullptr, load_, kRecordedRun, board_) {
    line_.heal();
    line_.receive_bytes = kSoakReceiveBytes;
  }
  ~Soak() { publisher_.stop(); }

  lab::Json run() {
    subscribe();
    checker_.emplace(history_, kSoakKept);
    publish();
    const bool all = loop_.run_until([this] { return everybody_is_done(); }, kSoakGiveUp);
    loop_.run_until([] { return false; }, 1s);  // for what should not come
    checker_->finish();
    if (!all) fmt::print(stderr, "soak: not everybody has heard everything\n");
    lab::Json json = record();
    members_.clear();
    json["server_exit_code"] = server_.stop().value_or(-1);
    json["clean"] = checker_->findings().clean() && json["server_exit_code"] == 0;
    return json;
  }

 private:
  struct Dialers {
    Dialers(net::EventLoop& loop, const net::DialerOptions& options) : http(loop, options), sockets(loop, options) {}
    net::CurlDialer http;
    net::LwsDialer sockets;
  };
  struct Member {
    clients::Inbox inbox;
    std::unique_ptr<clients::Client> client;
  };

  /// Four addresses: a short poll's port rests for a minute.
  static net::DialerOptions options_for(std::uint16_t port) {
    net::DialerOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(port);
    options.sources = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"};
    return options;
  }

  // -- subscribers ------------------------------------------------------------------------------------------------

  std::size_t everyone() const { return messages::kTransports.size() * command_.subscribers; }

  void subscribe() {
    net::Timer next(loop_);
    dial_some(next);
    if (!loop_.run_until([this] { return recorder_.established == everyone(); }, kSoakGiveUp))
      throw std::runtime_error(fmt::format("{} of {} could subscribe", recorder_.established, everyone()));
  }

  /// Not all at once: nobody is to be turned away by a full queue before it begins.
  void dial_some(net::Timer& next) {
    for (std::size_t i = 0; i < kDialledAtOnce && members_.size() < everyone(); ++i) dial_one();
    if (members_.size() < everyone()) next.set_at(loop_.now() + 10ms, [this, &next] { dial_some(next); });
  }

  void dial_one() {
    const std::size_t number = members_.size();
    const auto transport = messages::kTransports[number / command_.subscribers];
    history_.subscribers.push_back({number % kSoakChannels, loop_.now(), {}});
    Dialers& dialers = number / kSoakChannels % kBehindTheLine == 0 ? broken_ : direct_;
    Member& member = members_.emplace_back(Member{clients::Inbox(recorder_, static_cast<std::uint32_t>(number)), {}});
    clients::ClientOptions options;
    options.channel = channel_of(load_, number % kSoakChannels);
    options.poll_interval = kSoakPollInterval;
    options.hold = std::chrono::duration_cast<std::chrono::seconds>(kSoakHold);
    options.seed = command_.seed * 100'003 + number;
    member.client = make_client(transport, loop_, dialers.http, &dialers.sockets, member.inbox, options);
    member.client->start();
  }

  bool everybody_is_done() {
    if (loop_.now() - judged_at_ >= 1s) judge();
    return checker_->everybody_heard_everything();
  }

  void judge() {
    judged_at_ = loop_.now();
    checker_->judge_settled(judged_at_);
  }

  // -- the run ----------------------------------------------------------------------------------------------------

  void publish() {
    bool published = false;
    board_.window_end_ns = Nanos::max().count();
    net::Timer fault(loop_), second(loop_);
    began_ = loop_.now();
    publisher_.start(began_, [&] { published = true; });
    wait_for_fault(fault, 0);
    each_second(second);
    if (!loop_.run_until([&] { return published; }, command_.duration + kSoakGiveUp))
      throw std::runtime_error("publishing did not end");
  }

  void each_second(net::Timer& timer) {
    judge();
    if (!down_) take_sample();
    if (seconds_++ % 60 == 0 && !samples_.empty()) tell();
    timer.set_at(began_ + std::chrono::seconds(seconds_), [this, &timer] { each_second(timer); });
  }

  void take_sample() {
    samples_.push_back({loop_.now() - began_, history_.restarts.size(), resident_bytes_of(server_.pid()),
                        open_descriptors_of(server_.pid()), resident_bytes_of(::getpid())});
  }

  void tell() const {
    const Findings found = checker_->findings();
    const Sample& last = samples_.back();
    fmt::print(stderr,
               "soak: {:.0f} s, {} delivered, {} gaps announced, {} violations, server {:.1f} MiB, {} descriptors\n",
               seconds_of(last.at), found.delivered, found.gaps, violations(found),
               static_cast<double>(last.resident_bytes) / (1024 * 1024), last.open_descriptors);
  }

  static std::uint64_t violations(const Findings& found) {
    return found.lost + found.duplicated + found.reordered + found.gaps_missing + found.gaps_untrue +
           found.stored_twice + found.unacknowledged + found.strangers;
  }

  // -- faults -----------------------------------------------------------------------------------------------------

  void wait_for_fault(net::Timer& timer, std::size_t next) {
    if (next == plan_.size()) return;
    timer.set_at(std::max(loop_.now(), began_ + plan_[next].at), [this, &timer, next] { inject(timer, next); });
  }

  void inject(net::Timer& timer, std::size_t number) {
    const PlannedFault& fault = plan_[number];
    injected_.push_back(fault);
    injected_.back().at = loop_.now() - began_;
    const auto afterwards = [this, &timer, number](auto mend) {
      timer.set_at(loop_.now() + plan_[number].lasting, [this, &timer, number, mend] {
        mend();
        wait_for_fault(timer, number + 1);
      });
    };
    switch (fault.fault) {
      case SoakFault::killed:
        server_.kill();
        down_ = true;
        history_.restarts.push_back(loop_.now());
        return afterwards([this] {
          server_.start_again();
          down_ = false;
        });
      case SoakFault::stopped: server_.signal(SIGSTOP); return afterwards([this] { server_.signal(SIGCONT); });
      case SoakFault::cut: line_.break_some(fault.connections); return wait_for_fault(timer, number + 1);
      case SoakFault::stalled:
        line_.stall_some(fault.connections, fault.lasting);
        return wait_for_fault(timer, number + 1);
    }
  }

  // -- the record -------------------------------------------------------------------------------------------------

  static lab::Json findings_json(const Findings& found) {
    return {
        {"delivered", found.delivered},     {"lost", found.lost}, {"duplicated", found.duplicated},
        {"reordered", found.reordered},     {"gaps", found.gaps}, {"gaps_missing", found.gaps_missing},
        {"gaps_untrue", found.gaps_untrue}, {"gone", found.gone}, {"again_after_restart", found.again_after_restart},
        {"strangers", found.strangers}};
  }

  lab::Json record() const {
    const Findings all = checker_->findings();
    lab::Json json = {{"schema", "wirelab.soak/1"},
                      {"seed", command_.seed},
                      {"duration_s", seconds_of(command_.duration)},
                      {"subscribers_per_transport", command_.subscribers},
                      {"behind_the_line_share", 1.0 / kBehindTheLine},
                      {"channels", kSoakChannels},
                      {"messages_per_second", kSoakRate},
                      {"payload_bytes", kSoakPayloadBytes},
                      {"keep_messages", kSoakKept},
                      {"poll_interval_ms", kSoakPollInterval / 1ms},
                      {"published", all.published},
                      {"retried", all.retried},
                      {"stored_twice", all.stored_twice},
                      {"unacknowledged", all.unacknowledged},
                      {"violations", violations(all)},
                      {"failures", recorder_.failures},
                      {"all", findings_json(all)}};
    for (std::size_t i = 0; i < messages::kTransports.size(); ++i) {
      Findings sum;
      for (std::size_t one = 0; one < command_.subscribers; ++one)
        sum.add(checker_->of(i * command_.subscribers + one));
      json["transports"][std::string(messages::name(messages::kTransports[i]))] = findings_json(sum);
    }
    json["sentences"] = all.sentences;
    json["connections_cut"] = line_.breaks;
    json["faults"] = lab::Json::array();
    for (const PlannedFault& fault : injected_)
      json["faults"].push_back({{"at_s", seconds_of(fault.at)},
                                {"fault", name_of(fault.fault)},
                                {"connections", fault.connections},
                                {"lasting_s", seconds_of(fault.lasting)}});
    json["samples"] = lab::Json::array();
    for (const Sample& sample : samples_)
      json["samples"].push_back({{"at_s", seconds_of(sample.at)},
                                 {"life", sample.life},
                                 {"resident_bytes", sample.resident_bytes},
                                 {"open_descriptors", sample.open_descriptors},
                                 {"generator_resident_bytes", sample.generator_resident_bytes}});
    return json;
  }

  const SoakCommand command_;
  const std::vector<PlannedFault> plan_;
  const clients::LoadPlan load_;
  net::EventLoop loop_;
  ServerProcess server_;
  BrokenLine line_;
  History history_{kSoakChannels};
  Recorder recorder_{history_, loop_};
  Dialers direct_, broken_;
  WitnessedDialer publishers_dialer_;
  clients::Board board_{kSoakChannels};
  clients::Publisher publisher_;
  std::list<Member> members_;
  std::optional<Checker> checker_;
  Nanos began_{}, judged_at_{};
  std::int64_t seconds_ = 0;  // since then that were looked at
  bool down_ = false;
  std::vector<PlannedFault> injected_;
  std::vector<Sample> samples_;
};

}  // namespace

std::vector<PlannedFault> plan_faults(const SoakCommand& command) {
  std::mt19937_64 random(command.seed);
  const auto number = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
  };
  const auto between = [&](std::chrono::milliseconds least, std::chrono::milliseconds most) {
    return Nanos(std::chrono::milliseconds(number(least.count(), most.count())));
  };
  const auto some = [&](std::size_t share) {
    return static_cast<std::size_t>(number(1, static_cast<std::int64_t>(1 + command.subscribers / share)));
  };
  // So many times as likely: by SoakFault.
  std::discrete_distribution<int> any{2, 1, 3, 3}, not_killed{0, 1, 3, 3};
  const Nanos last_kill = command.duration / 3;
  std::vector<PlannedFault> plan;
  for (Nanos at = between(500ms, 2s); at < command.duration; at += between(500ms, 3s)) {
    PlannedFault fault{at, static_cast<SoakFault>((at < last_kill ? any : not_killed)(random)), 0, {}};
    switch (fault.fault) {
      case SoakFault::killed: fault.lasting = between(0ms, 300ms); break;
      case SoakFault::stopped: fault.lasting = between(50ms, 3s); break;
      case SoakFault::cut: fault.connections = some(4); break;
      case SoakFault::stalled:
        fault.connections = some(20);
        fault.lasting = between(1s, 40s);
        break;
    }
    plan.push_back(fault);
    if (fault.fault == SoakFault::killed || fault.fault == SoakFault::stopped) at += fault.lasting;
  }
  return plan;
}

lab::Json soak(const SoakCommand& command) { return Soak(command).run(); }

}  // namespace wirelab::tests
