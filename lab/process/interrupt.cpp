#include "lab/process/interrupt.hpp"

#include <unistd.h>
#include <csignal>

namespace wirelab::lab {
namespace {

// A signal handler reaches nothing but globals.
std::atomic<bool> interrupt_requested{false};
std::atomic<int> interrupt_signal{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_interrupt(int signal) {
  if (interrupt_requested.exchange(true)) _exit(128 + signal);
  interrupt_signal = signal;
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // without SA_RESTART: whoever waits in a system call shall look up
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  interrupt_requested = false;
  handle(on_interrupt);
}

Interrupt::~Interrupt() { handle(SIG_DFL); }

const std::atomic<bool>& Interrupt::requested() const { return interrupt_requested; }

int Interrupt::exit_code() const { return 128 + interrupt_signal; }

}  // namespace wirelab::lab
