#include "link/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <thread>

#include "link/device.hpp"

namespace wirelab::link {
namespace {

[[noreturn]] void fail_namespace(const char* call) { throw std::system_error(errno, std::generic_category(), call); }

/// On a thread that ends there: who is root of a user namespace only may leave a network for his own, not come back.
void on_own_thread(const std::function<void()>& work) {
  std::exception_ptr error;
  std::thread([&] {
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
}

}  // namespace

NetworkNamespace::NetworkNamespace(const std::function<void()>& furnish) {
  try {
    on_own_thread([&] {
      if (unshare(CLONE_NEWNET) != 0) fail_namespace("unshare(CLONE_NEWNET)");
      fd_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
      if (fd_ < 0) fail_namespace("/proc/thread-self/ns/net");
      bring_up_loopback();
      furnish();
    });
  } catch (...) {
    if (fd_ >= 0) close(fd_);
    throw;
  }
}

NetworkNamespace::~NetworkNamespace() { close(fd_); }

void enter_network_namespace(int fd) {
  if (setns(fd, CLONE_NEWNET) != 0) fail_namespace("setns(CLONE_NEWNET)");
}

void visit_network_namespace(int fd, const std::function<void()>& visit) {
  on_own_thread([&] {
    enter_network_namespace(fd);
    visit();
  });
}

}  // namespace wirelab::link
