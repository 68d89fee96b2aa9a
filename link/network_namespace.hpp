#pragma once
// A network namespace (network_namespaces(7)): a network of its own, with its own devices, addresses, ports and TCP. It
// exists as long as somebody is in it, has it open or holds a device of it.
#include <functional>

namespace wirelab::link {

class NetworkNamespace {
 public:
  /// A new one, with 127.0.0.1 up in it. `furnish` is called in it, on a thread of its own; what it throws is thrown
  /// here. Throws std::system_error that names the call. The caller stays where he is.
  explicit NetworkNamespace(const std::function<void()>& furnish);
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  /// Ours; closed on exec.
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

/// The calling thread's sockets are in that namespace from now on, and those of the threads and processes it starts;
/// not the ones it has, nor those of other threads. Throws std::system_error.
void enter_network_namespace(int fd);

/// Calls it in there, on a thread of its own; the caller stays where he is. What it throws is thrown here.
void visit_network_namespace(int fd, const std::function<void()>& visit);

}  // namespace wirelab::link
