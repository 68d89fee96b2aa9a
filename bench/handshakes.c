/* How many WebSockets a second a server sets up, asked by a client that does nothing else: bench/many builds and runs it.
 *
 *     handshakes PORT COUNT TARGET SOURCE...      connects from the sources in turn; prints the seconds it took
 *
 * Each connection sends its opening handshake (RFC 6455 section 4.1) and is up when the 101 has come; it stays open until all
 * are. In C, since nothing of the project is in it. Exit code 2: something else came, or nothing for ten seconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { UNDER_WAY_MOST = 256, PATIENCE_MS = 10000, READ_AT_ONCE = 4096 };

static void must(int good, const char* what) {
  if (good) return;
  perror(what);
  exit(2);
}

static struct sockaddr_in address(const char* host, int port) {
  struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  must(inet_pton(AF_INET, host, &made.sin_addr) == 1, host);
  return made;
}

static void dial(int epoll, const struct sockaddr_in* from, const struct sockaddr_in* to) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
  must(fd >= 0, "socket");
  /* The port is chosen when both ends are known: one port serves towards any number of servers. */
  must(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes) == 0, "IP_BIND_ADDRESS_NO_PORT");
  must(bind(fd, (const struct sockaddr*)from, sizeof *from) == 0, "bind");
  must(connect(fd, (const struct sockaddr*)to, sizeof *to) == 0 || errno == EINPROGRESS, "connect");
  struct epoll_event event = {.events = EPOLLOUT, .data.fd = fd};
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void ask(int epoll, int fd, const char* request, size_t length) {
  must(send(fd, request, length, MSG_NOSIGNAL) == (ssize_t)length, "send");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  must(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0, "epoll_ctl");
}

static void hear(int epoll, int fd) {
  char answer[READ_AT_ONCE];
  must(recv(fd, answer, sizeof answer, 0) > 12 && memcmp(answer, "HTTP/1.1 101", 12) == 0, "the answer is no 101");
  must(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) == 0, "epoll_ctl");
}

int main(int count, char** words) {
  must(count >= 5, "handshakes PORT COUNT TARGET SOURCE...");
  const int port = atoi(words[1]), wanted = atoi(words[2]), sources = count - 4;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  char request[1024];
  const int length = snprintf(request, sizeof request,
                              "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                              words[3], port);
  const struct sockaddr_in server = address("127.0.0.1", port);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (int dialled = 0, up = 0; up < wanted;) {
    while (dialled < wanted && dialled - up < UNDER_WAY_MOST) {
      const struct sockaddr_in from = address(words[4 + dialled % sources], 0);
      dial(epoll, &from, &server);
      ++dialled;
    }
    struct epoll_event ready[UNDER_WAY_MOST];
    const int told = epoll_wait(epoll, ready, UNDER_WAY_MOST, PATIENCE_MS);
    must(told > 0, "nothing came");
    for (int i = 0; i < told; ++i) {
      if (ready[i].events & EPOLLIN) {
        hear(epoll, ready[i].data.fd);
        ++up;
      } else {
        ask(epoll, ready[i].data.fd, request, (size_t)length);
      }
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
  return 0;
}
