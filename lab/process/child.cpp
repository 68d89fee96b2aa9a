#include "lab/process/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace wirelab::lab {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* call) { throw std::system_error(errno, std::generic_category(), call); }

[[noreturn]] void give_up(std::string_view why, std::string_view what) {
  for (const std::string_view part : {std::string_view("wirelab: "), why, what, std::string_view("\n")})
    if (write(STDERR_FILENO, part.data(), part.size()) < 0) break;
  _exit(127);
}

/// In the child, between fork() and exec(): system calls only.
[[noreturn]] void become(char* const* arguments, int output, pid_t parent, ChildSurroundings surroundings) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before we asked to be told
  const int empty = open("/dev/null", O_RDONLY);
  if (empty < 0 || dup2(empty, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0) _exit(127);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  if (surroundings.network_namespace >= 0 && setns(surroundings.network_namespace, CLONE_NEWNET) != 0)
    give_up("cannot enter the network namespace of ", arguments[0]);
  if (surroundings.inherited >= 0) fcntl(surroundings.inherited, F_SETFD, 0);
  execv(arguments[0], arguments);
  give_up("cannot execute ", arguments[0]);
}

/// Waits until `fd` is readable or the deadline; calls on_tick meanwhile. Whether it is.
bool wait_readable(int fd, Clock::time_point deadline, const Child::OnTick& on_tick) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd watched{fd, POLLIN, 0};
    const int ready = poll(&watched, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 100)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) fail("poll");
    if (on_tick) on_tick();
    if (left <= 0) return false;
  }
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, ChildSurroundings surroundings) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(pointers.data(), ends[1], parent, surroundings);
  const int fork_error = errno;
  close(ends[1]);
  output_ = ends[0];
  if (pid_ < 0) {
    close(output_);
    throw std::system_error(fork_error, std::generic_category(), "fork");
  }
  // By number: glibc 2.36 declares pidfd_open() without extern "C".
  process_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (process_ < 0) {
    const int error = errno;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(output_);
    throw std::system_error(error, std::generic_category(), "pidfd_open");
  }
}

Child::~Child() {
  if (!exit_code_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(process_);
  close(output_);
}

bool Child::read_more(Clock::time_point deadline, const OnTick& on_tick) {
  if (!wait_readable(output_, deadline, on_tick)) return false;
  char bytes[65536];
  const ssize_t got = read(output_, bytes, sizeof bytes);
  if (got < 0 && errno != EINTR) fail("read");
  if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
  at_end_ = got == 0;
  return true;
}

std::optional<std::string> Child::read_line(Millis give_up_after, const OnTick& on_tick) {
  const auto deadline = Clock::now() + give_up_after;
  while (true) {
    const auto newline = buffer_.find('\n');
    if (newline != std::string::npos) {
      std::string line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      return line;
    }
    if (at_end_ || !read_more(deadline, on_tick)) return std::nullopt;
  }
}

std::optional<std::string> Child::read_all(Millis give_up_after, const OnTick& on_tick) {
  const auto deadline = Clock::now() + give_up_after;
  while (!at_end_)
    if (!read_more(deadline, on_tick)) return std::nullopt;
  return std::exchange(buffer_, {});
}

void Child::send_signal(int signal) const {
  if (!exit_code_) kill(pid_, signal);
}

std::optional<int> Child::wait(Millis give_up_after, const OnTick& on_tick) {
  if (exit_code_) return exit_code_;
  if (!wait_readable(process_, Clock::now() + give_up_after, on_tick)) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) < 0) fail("waitpid");
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

}  // namespace wirelab::lab
