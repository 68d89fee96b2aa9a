#include "link/relay.hpp"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "link/tcp_segment.hpp"

namespace wirelab::link {
namespace {

/// Packets under way at once: 10 Gbit/s of full ones for 0.2 s, in 400 MB. Whatever is beyond finds no room.
constexpr std::size_t kUnderWayMax = 1 << 18;

/// Taken from one end before looking at what is due: 64 take well under 0.1 ms.
constexpr int kTakenAtOnce = 64;

[[noreturn]] void fail_relay(const char* call) { throw std::system_error(errno, std::generic_category(), call); }

Nanos read_clock_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + Nanos(now.tv_nsec);
}

Nanos now() { return read_clock_of(CLOCK_MONOTONIC); }

/// IPv6 looks for routers and neighbours by itself on every device, whether anybody speaks it or not.
bool is_ip4(std::span<const std::byte> bytes) {
  return !bytes.empty() && std::to_integer<unsigned>(bytes.front()) >> 4 == 4;
}

void pin_thread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) fail_relay("sched_setaffinity");
}

/// Of the calling thread. Not everybody may; then it takes its turns like anybody, and says so.
bool go_before_others() {
  sched_param least{};
  least.sched_priority = sched_get_priority_min(SCHED_FIFO);
  return sched_setscheduler(0, SCHED_FIFO, &least) == 0;
}

/// Signals are the main thread's affair.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Relay::Relay(Ends ends, const Impairments& impairments, std::vector<PacketObserver*> observers, std::optional<int> cpu)
    : ends_(ends),
      impairer_(impairments),
      observers_(std::move(observers)),
      cpu_(cpu),
      under_way_(kUnderWayMax),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (stop_ < 0) fail_relay("eventfd");
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  end(Nanos::zero());
  close(stop_);
}

void Relay::stop(Nanos patience) {
  end(patience);
  if (!failure_.empty()) throw std::runtime_error("the emulated link failed: " + failure_);
}

void Relay::end(Nanos patience) {
  if (!thread_.joinable()) return;
  last_moment_ns_ = (now() + patience).count();
  stopping_ = true;
  eventfd_write(stop_, 1);
  thread_.join();
}

void Relay::run() {
  block_signals();
  try {
    if (cpu_) pin_thread(*cpu_);
    prctl(PR_SET_TIMERSLACK, 1UL);
    realtime_ = go_before_others();
    carry();
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
  cpu_time_ = read_clock_of(CLOCK_THREAD_CPUTIME_ID);
}

void Relay::carry() {
  bool quiet = false;
  while (!over(quiet)) {
    wait();
    quiet = !take(ends_.clients, Direction::up);
    hand_over();
    quiet = !take(ends_.server, Direction::down) && quiet;
    hand_over();
  }
}

/// What is handed over last may be answered at once.
bool Relay::over(bool quiet) const {
  return stopping_ && ((quiet && under_way_.size() == 0) || now().count() >= last_moment_ns_);
}

/// Until something can be taken, is due, or we are told to stop.
void Relay::wait() {
  const bool stopping = stopping_;
  std::array<pollfd, 3> watched{
      {{ends_.clients, POLLIN, 0}, {ends_.server, POLLIN, 0}, {stopping ? -1 : stop_, POLLIN, 0}}};
  timespec left{};
  const Packet* next = under_way_.next();
  if (next) {
    const Nanos until = std::max(next->due - now(), Nanos::zero());
    left.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(until).count();
    left.tv_nsec = (until % std::chrono::seconds(1)).count();
  }
  const bool for_ever = !next && !stopping;
  if (ppoll(watched.data(), watched.size(), for_ever ? nullptr : &left, nullptr) < 0 && errno != EINTR)
    fail_relay("ppoll");
}

/// Whether there was anything.
bool Relay::take(int from, Direction direction) {
  std::array<std::byte, kPacketBytesMax> buffer;
  for (int i = 0; i < kTakenAtOnce; ++i) {
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno != EAGAIN && errno != EINTR) fail_relay("reading from a TUN device");
    if (got < 0) return i > 0;
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(got));
    if (is_ip4(bytes)) enter(bytes, direction);
  }
  return true;
}

void Relay::enter(std::span<const std::byte> bytes, Direction direction) {
  const auto segment = parse_tcp_segment(bytes);
  Packet packet;
  packet.direction = direction;
  packet.number = ++entered_;
  packet.entered = now();
  packet.bytes = bytes;
  const Decision decision =
      impairer_.decide(direction, packet.entered, bytes.size(), segment && !segment->payload.empty());
  packet.fate = decision.fate;
  packet.due = decision.due;
  if (packet.fate == Fate::delivered && under_way_.full()) packet.fate = Fate::queue_full, packet.due = packet.entered;
  if (packet.fate == Fate::delivered) under_way_.push(packet);
  for (PacketObserver* observer : observers_) observer->on_entered(packet);
}

void Relay::hand_over() {
  for (Packet* packet = under_way_.next(); packet; packet = under_way_.next()) {
    if (packet->due > now()) return;
    const int to = packet->direction == Direction::up ? ends_.server : ends_.clients;
    packet->left = now();
    const ssize_t written = write(to, packet->bytes.data(), packet->bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_relay("writing to a TUN device");
    for (PacketObserver* observer : observers_) observer->on_left(*packet);
    under_way_.pop();
  }
}

}  // namespace wirelab::link
