#pragma once
// A child process whose standard output we read. It never outlives us: it is killed when its Child is destroyed, and by
// the kernel when we die first (PR_SET_PDEATHSIG). It has a process group of its own, so that Ctrl-C on the terminal
// reaches only us and we decide what becomes of it. Its standard error is ours; its standard input is empty.
//
// One thread: the one that made it, which must be the process's main thread.
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace wirelab::lab {

/// What a child has besides what every child has. The descriptors are the caller's, and open until it has started.
struct ChildSurroundings {
  int network_namespace = -1;  ///< that it is in from its first instruction on; -1: ours
  int inherited = -1;          ///< a descriptor that stays open in it, by the same number; -1: none but the usual three
};

class Child {
 public:
  using Millis = std::chrono::milliseconds;
  /// Called about ten times a second while we wait, and when a signal came.
  using OnTick = std::function<void()>;

  /// `arguments[0]` is the program's path. Throws std::system_error when it cannot be started.
  explicit Child(const std::vector<std::string>& arguments, ChildSurroundings surroundings = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next line of its output, without the newline; nullopt when it ended, or gave none in time.
  std::optional<std::string> read_line(Millis give_up_after, const OnTick& on_tick = {});
  /// All that is left of its output; nullopt when it has not closed it in time.
  std::optional<std::string> read_all(Millis give_up_after, const OnTick& on_tick = {});

  void send_signal(int signal) const;
  /// Its exit code, or 128 + the signal that ended it; nullopt when it goes on.
  std::optional<int> wait(Millis give_up_after, const OnTick& on_tick = {});

  pid_t pid() const { return pid_; }

 private:
  bool read_more(std::chrono::steady_clock::time_point deadline, const OnTick& on_tick);

  pid_t pid_ = -1;
  int output_ = -1;
  int process_ = -1;  // pidfd_open(2): readable when it has ended
  bool at_end_ = false;
  std::string buffer_;
  std::optional<int> exit_code_;
};

}  // namespace wirelab::lab
