#pragma once
// One thread of subscribers: one event loop, its dialers, N clients, one meter and one ledger. It shares nothing with
// the other threads but the Board.
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "clients/board.hpp"
#include "clients/generator.hpp"
#include "clients/lag_probe.hpp"
#include "clients/load_meter.hpp"
#include "net/curl_dialer.hpp"
#include "net/event_loop.hpp"
#include "net/lws_dialer.hpp"

namespace wirelab::clients {

class Worker final : private net::ConnectionObserver {
 public:
  /// Subscribers index, index + threads, index + 2 x threads …; `plan` and `board` must outlive it.
  Worker(const LoadPlan& plan, std::size_t index, std::uint32_t run, Board& board);
  /// Joins.
  ~Worker() override;

  /// Starts the thread, which dials at once.
  void start();
  /// From any thread: look at the board.
  void wake() { loop_.wake(); }
  /// The thread ends when the run is abandoned.
  void join();

  std::atomic<bool> drained{false};  ///< everything expected is there, or the drain's deadline has passed

  /// From any thread: messages received so far.
  std::uint64_t received() const { return meter_.received(); }

  /// After every worker's join(): ends what connections are left and completes the account of bytes. Ending a library's
  /// context disturbs other threads (net/lws_context.hpp).
  void close_account();

  // After close_account(), or before start().
  const LoadMeter& meter() const { return meter_; }
  const meter::WireCounts& wire() const { return wire_; }
  const meter::WireLedger& ledger() const { return ledger_; }
  /// Of the whole run; null: no TLS was spoken.
  const std::optional<net::TlsTotals>& tls() const { return tls_; }
  const meter::Histogram& lag() const { return lag_.lag(); }  ///< in the window
  std::chrono::nanoseconds cpu() const { return cpu_; }       ///< of its thread, in the window

 private:
  struct Member {
    Inbox inbox;
    ClientOptions options;
    std::unique_ptr<Client> client;
  };

  void run();
  void on_opened(int fd) override {
    ledger_.opened(fd);
    meter_.on_connected(loop_.now());
  }
  void on_closing(int fd, const net::ParsedBytes& parsed) override {
    ledger_.closing(fd, {parsed.out, parsed.in, parsed.upgraded, parsed.tls.out, parsed.tls.in});
  }

  net::DialerOptions dialer_options();
  void start_next_client();
  void look_at_board();
  void on_established();
  void open_window();
  void close_window();
  void drain();
  std::uint64_t expected() const;
  std::optional<net::TlsTotals> read_tls() const;

  const LoadPlan& plan_;
  Board& board_;
  net::EventLoop loop_;
  LoadMeter meter_;
  meter::WireLedger ledger_;
  meter::WireCounts wire_;
  std::optional<net::CurlDialer> http_;
  std::optional<net::LwsDialer> sockets_;
  std::optional<net::TlsTotals> tls_;
  std::vector<Member> members_;
  std::size_t started_ = 0;
  std::vector<std::uint64_t> subscribers_on_;  ///< by channel, of this worker's
  net::Timer window_begin_, window_end_, drain_;
  LagProbe lag_;
  std::chrono::nanoseconds cpu_{};
  bool window_open_ = false, window_closed_ = false;
  std::thread thread_;
};

}  // namespace wirelab::clients
