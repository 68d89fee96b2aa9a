#pragma once
// Blocking TCP sockets over loopback, for what stands between a client and a server under test.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace wirelab::tests {

/// Connected: the kernel answers for a listener at once, whether or not its process is awake. The caller closes it.
/// `receive_bytes`: what it takes of what is not read (SO_RCVBUF, socket(7)); 0: as the system likes. Throws
/// std::system_error.
inline int dial_loopback(std::uint16_t port, int receive_bytes = 0) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_bytes > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    const int error = errno;
    ::close(fd);
    throw std::system_error(error, std::generic_category(), "cannot reach the server under test");
  }
  return fd;
}

/// Without Nagle's algorithm (RFC 9293 section 3.7.4).
inline void send_without_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace wirelab::tests
