#pragma once
// `wirelab serve` in a process of its own, that can be killed and started again at the same address.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/process/child.hpp"

namespace wirelab::tests {

class ServerProcess {
 public:
  /// Starts it with these flags, on a port that the kernel picks. `network_namespace`: an open descriptor; -1: ours.
  /// Throws std::runtime_error when it does not start.
  ServerProcess(const std::string& wirelab, const std::vector<std::string>& flags, int network_namespace = -1);

  void kill();
  /// Another one at the same address.
  void start_again();
  void signal(int number) const { child_->send_signal(number); }
  /// Its exit code after SIGTERM; nullopt when it does not end.
  std::optional<int> stop();

  const std::string& url() const { return url_; }
  std::uint16_t port() const;
  pid_t pid() const { return child_->pid(); }

 private:
  void start(const std::string& at_port);

  std::vector<std::string> arguments_;
  int network_namespace_;
  std::optional<lab::Child> child_;
  std::string url_;
};

}  // namespace wirelab::tests
