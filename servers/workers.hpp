#pragma once
// The server's threads: on each an event loop, a Server and a Host of its own, on one port and over one store.
//
// With one thread this is a Server on a Store, and nothing is shared. With more, a connection stays on the thread that
// accepted it. What the threads have in common, and what it costs each of them (docs/internals/threads.md):
//
//   the messages      Replicas (messages/replicas.hpp): a lock to publish, none to read
//   the port          a listener each with a queue of its own, the kernel chooses (SO_REUSEPORT). The other way, one
//                     thread that accepts and hands over, spreads connections evenly, where the kernel does it by
//                     chance; but each connection would cost a wake-up of another thread, and with 64 cores and a
//                     connection a poll the one that accepts would be what all the others wait for
//   --max-connections one counter, changed when a connection comes or goes
//   /load, /metrics   nothing: each thread is asked for its own figures, on its own loop, and the asker adds them
//
// Made, run and destroyed on one thread, which is the first worker's.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "messages/header_set.hpp"
#include "messages/limits.hpp"
#include "messages/replicas.hpp"
#include "messages/store.hpp"
#include "messages/transport.hpp"
#include "net/host.hpp"
#include "net/lws_host.hpp"
#include "servers/access.hpp"
#include "servers/load_reading.hpp"

namespace wirelab::servers {

struct WorkersOptions {
  std::size_t threads = 1;  ///< at most messages::Replicas::kThreads
  std::uint32_t epoch = 0;  ///< messages::Store has what it must be
  messages::Limits limits;  ///< of all threads together
  std::vector<messages::Transport> transports{messages::kTransports.begin(), messages::kTransports.end()};
  const messages::HeaderSet* header_set = &messages::header_sets().front();
  Access access;
  bool echo = false;
  net::HostOptions host;  ///< what two hosts have in common is filled in
  /// All threads on one port; or each on one that the kernel picks, so that whoever connects chooses the thread.
  bool one_port = true;
};

class Workers {
 public:
  /// Listens at once. Throws std::invalid_argument for a number of threads that cannot be, std::runtime_error when it
  /// cannot listen.
  explicit Workers(const WorkersOptions& options);
  /// Cuts off whoever is left.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  std::uint16_t port(std::size_t thread = 0) const;
  /// The first worker's.
  net::EventLoop& loop();

  /// Serves, the first worker on this thread, until stop() or the end of drain(). Throws std::system_error when the
  /// system has no thread left.
  void run();
  /// Nobody is let in any more, everybody is asked to leave; run() returns when they have, on all threads, or after
  /// Limits::drain. On the first worker's thread, as stop() is.
  void drain();
  bool draining() const { return draining_; }
  void stop();

  /// From any thread.
  std::uint64_t strangers_refused() const;
  net::KeptOut kept_out() const;

 private:
  struct Worker;

  void add_worker(const WorkersOptions& options);
  void read_others(std::size_t asker, std::function<void(const std::vector<LoadReading>&)> done);
  void drain(Worker& worker);
  void wait_until_left(Worker& worker);
  void end_threads();

  const net::Nanos patience_;
  std::optional<messages::Store> store_;          // of one thread;
  std::unique_ptr<messages::Replicas> replicas_;  // or of several
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> not_empty_{0};  // during drain(): workers that somebody is left on
  bool draining_ = false;
};

}  // namespace wirelab::servers
