#pragma once
// A listening socket whose queue is full and that never accepts: whoever connects to it waits.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace wirelab::tests {

class FullListener {
 public:
  FullListener() {
    const int listener = open();
    at_.sin_family = AF_INET;
    at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at_;
    bind(listener, reinterpret_cast<sockaddr*>(&at_), length);
    listen(listener, 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&at_), &length);
    for (int i = 0; i < 4; ++i) connect(open(), reinterpret_cast<sockaddr*>(&at_), length);
  }
  ~FullListener() {
    for (const int fd : sockets_) close(fd);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(at_.sin_port)); }

 private:
  int open() {
    sockets_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return sockets_.back();
  }

  sockaddr_in at_{};
  std::vector<int> sockets_;
};

}  // namespace wirelab::tests
