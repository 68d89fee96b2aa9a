#include "servers/workers.hpp"

#include <thread>
#include <utility>

#include "net/event_loop.hpp"
#include "servers/server.hpp"

namespace wirelab::servers {

using namespace std::chrono_literals;

/// One thread's, in the order in which they stand on each other.
struct Workers::Worker {
  messages::Replica* replica = nullptr;
  net::EventLoop loop;
  std::optional<Server> server;
  std::optional<net::LwsHost> host;  // last: when it goes, everybody who is left is told, through the server
  net::Timer look_again{loop};
  std::thread thread;  // but for the first worker

  net::HostReading read_host() const { return host ? host->read() : net::HostReading{}; }
};

Workers::Workers(const WorkersOptions& options) : patience_(options.limits.drain) {
  if (options.threads == 1)
    store_.emplace(options.limits, options.epoch);
  else
    replicas_ = std::make_unique<messages::Replicas>(options.limits, options.epoch, options.threads);
  WorkersOptions common = options;
  if (replicas_) {
    common.host.connections_of_all = std::make_shared<std::atomic<std::size_t>>(0);
    common.host.buffered_bytes_of_all = std::make_shared<std::atomic<std::size_t>>(0);
  }
  for (std::size_t thread = 0; thread < options.threads; ++thread) add_worker(common);
}

Workers::~Workers() { end_threads(); }

void Workers::add_worker(const WorkersOptions& options) {
  const std::size_t number = workers_.size();
  Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
  const auto read_host = [&worker] { return worker.read_host(); };
  if (replicas_) {
    worker.replica = &replicas_->at(number);
    worker.server.emplace(*worker.replica, worker.loop, options.limits, options.transports, read_host,
                          *options.header_set, [this, number](auto done) { read_others(number, std::move(done)); });
    worker.loop.on_wake([&worker] { worker.server->on_news(); });
    worker.replica->on_news([&worker] { worker.loop.wake(); });
  } else {
    worker.server.emplace(*store_, worker.loop, options.limits, options.transports, read_host, *options.header_set);
  }
  if (options.echo) worker.server->serve_echo();
  worker.server->set_access(options.access);

  net::HostOptions host = options.host;
  if (replicas_ && options.one_port) {
    host.port_use = number == 0 ? net::PortUse::first_of_several : net::PortUse::one_more;
    if (number > 0) host.port = port();
  }
  worker.host.emplace(worker.loop, *worker.server, host);
}

std::uint16_t Workers::port(std::size_t thread) const { return workers_[thread]->host->port(); }

net::EventLoop& Workers::loop() { return workers_.front()->loop; }

void Workers::run() {
  for (std::size_t number = 1; number < workers_.size(); ++number) {
    Worker& worker = *workers_[number];
    worker.thread = std::thread([&worker] {
      worker.loop.run();
      worker.replica->leave();
    });
  }
  loop().run();
  end_threads();
}

void Workers::stop() { loop().stop(); }

void Workers::end_threads() {
  for (const auto& worker : workers_)
    if (worker->thread.joinable()) worker->loop.post([&worker = *worker] { worker.loop.stop(); });
  for (const auto& worker : workers_)
    if (worker->thread.joinable()) worker->thread.join();
}

std::uint64_t Workers::strangers_refused() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->server->strangers_refused();
  return sum;
}

net::KeptOut Workers::kept_out() const {
  net::KeptOut sum;
  for (const auto& worker : workers_) {
    const net::KeptOut part = worker->host->kept_out();
    sum.late += part.late, sum.beyond += part.beyond, sum.buffering += part.buffering;
  }
  return sum;
}

// -- what one thread has to do with the others ----------------------------------------------------

void Workers::read_others(std::size_t asker, std::function<void(const std::vector<LoadReading>&)> done) {
  struct Round {
    std::vector<LoadReading> readings;
    std::atomic<std::size_t> missing;
    std::function<void(const std::vector<LoadReading>&)> done;
  };
  const auto round = std::make_shared<Round>();
  round->readings.resize(workers_.size() - 1);
  round->missing = workers_.size() - 1;
  round->done = std::move(done);
  net::EventLoop& back = workers_[asker]->loop;
  for (std::size_t i = 0; i + 1 < workers_.size(); ++i) {
    Worker& other = *workers_[i < asker ? i : i + 1];
    other.loop.post([round, i, &other, &back] {
      round->readings[i] = other.server->read_part();
      if (round->missing.fetch_sub(1) == 1) back.post([round] { round->done(round->readings); });
    });
  }
}

void Workers::drain() {
  draining_ = true;
  not_empty_ = workers_.size();
  for (const auto& worker : workers_) worker->loop.post([this, &worker = *worker] { drain(worker); });
  loop().call_at(loop().now() + patience_, [this] { stop(); });
}

void Workers::drain(Worker& worker) {
  worker.host->stop_accepting();
  worker.host->let_go();
  worker.server->drain();
  wait_until_left(worker);
}

/// A worker that is empty goes on turning until all are: others may still ask it for its figures.
void Workers::wait_until_left(Worker& worker) {
  if (!worker.server->drained() || worker.host->counters().connections_open != 0) {
    worker.look_again.set_at(worker.loop.now() + 5ms, [this, &worker] { wait_until_left(worker); });
    return;
  }
  if (not_empty_.fetch_sub(1) == 1) loop().post([this] { stop(); });
}

}  // namespace wirelab::servers
