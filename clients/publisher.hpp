#pragma once
// The publisher: sends each message when it is due, whatever became of those before it. A message is POSTed on a lane:
// a kept-alive connection that carries one POST at a time, so that its messages stay in order. When all lanes are busy
// a new one is opened; when there are as many as allowed, what is due waits, and its age runs on.
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "clients/backoff.hpp"
#include "clients/board.hpp"
#include "clients/generator.hpp"
#include "clients/schedule.hpp"
#include "clients/stamp.hpp"
#include "net/dialer.hpp"

namespace wirelab::clients {

class Publisher {
 public:
  /// `sockets` may be null unless is_native(plan).
  Publisher(net::Loop& loop, net::HttpDialer& http, net::SocketDialer* sockets, const LoadPlan& plan, std::uint32_t run,
            Board& board);
  ~Publisher();

  /// Whether the plan is published in WebSocket frames, for which alone `sockets` is needed.
  static bool is_native(const LoadPlan& plan) {
    return plan.publish.via == PublishVia::native && plan.transport == messages::Transport::websocket;
  }

  /// Opens what must be open before the first message; `on_ready` follows once, from the loop.
  void prepare(std::function<void()> on_ready);
  /// The first message is due at `start` at the earliest. `on_done`: nothing more is due and nothing is under way.
  void start(net::Nanos start, std::function<void()> on_done);
  /// Nothing more is sent that is not under way already.
  void stop();

  /// Not empty: publishing cannot go on, and why; `on_done` has been called.
  const std::string& failure() const { return failure_; }

  std::uint64_t planned = 0;             ///< became due in the window
  std::vector<std::uint64_t> published;  ///< of those, accepted by the server; by channel
  std::uint64_t failures = 0;
  meter::Histogram publish_time, schedule_lag;
  meter::Series series;  ///< of what was published in it

 private:
  struct Job {
    net::Nanos due;
    std::size_t channel;
    std::string_view text;
  };
  struct Lane;
  class NativeLine;

  void prime(std::size_t channel);
  void be_ready();
  std::string refusal(std::size_t channel, const net::HttpReply& reply) const;
  void arm();
  void on_due();
  void send(const Job& job);
  void send_on(Lane& lane, const Job& job);
  void post(Lane& lane);
  void heard(Lane& lane, const net::HttpReply& reply);
  void accepted(const Job& job);
  void fail(std::string why);
  void finish_if_idle();
  Stamp stamp(const Job& job, std::uint16_t publisher, std::uint32_t sequence);
  std::string payload(const Stamp& stamped, const Job& job) const;
  bool in_window(net::Nanos due) const;
  std::string channel_name(std::size_t channel) const { return channel_of(plan_, channel); }

  net::Loop& loop_;
  net::HttpDialer& http_;
  net::SocketDialer* sockets_;
  const LoadPlan& plan_;
  std::uint32_t run_;
  Board& board_;
  Schedule schedule_;
  net::Timer timer_;
  net::Nanos start_{};
  std::optional<Schedule::Due> next_;
  std::size_t under_way_ = 0;
  std::deque<Job> waiting_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> idle_;
  std::vector<std::unique_ptr<NativeLine>> native_;
  std::unique_ptr<net::HttpLine> priming_;
  std::size_t native_open_ = 0;
  std::function<void()> on_ready_, on_done_;
  std::string failure_;
};

}  // namespace wirelab::clients
