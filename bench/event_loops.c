/* What one wake-up costs an event loop that watches many descriptors of which one is busy: bench/event_loops builds and runs
 * it, docs/internals/event-loop.md has the table. In C, since these are C libraries and nothing of the project is in it. */
#define _GNU_SOURCE
#include <ev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { WAKE_UPS = 500, REPEATS = 9, IDLE_MOST = 10000 };

/* A loop: watches descriptors for reading, and turns once, calling heard() for the busy one. */
struct kind {
  const char* name;
  void (*start)(void);
  void (*watch)(int fd);
  void (*turn)(void);
};

static unsigned long heard_count;

static void heard(int fd) {
  char byte;
  if (read(fd, &byte, 1) == 1) ++heard_count;
}

static void must(int good, const char* what) {
  if (good) return;
  perror(what);
  exit(2);
}

/* poll(2): libwebsockets' own loop */
static struct pollfd polled[IDLE_MOST + 1];
static nfds_t polled_count;
static void poll_start(void) {}
static void poll_watch(int fd) { polled[polled_count++] = (struct pollfd){fd, POLLIN, 0}; }
static void poll_turn(void) {
  int ready = poll(polled, polled_count, -1);
  for (nfds_t i = 0; ready > 0 && i < polled_count; ++i)
    if (polled[i].revents) heard(polled[i].fd), --ready;
}

/* epoll(7), bare */
static int set;
static void epoll_start(void) { must((set = epoll_create1(EPOLL_CLOEXEC)) >= 0, "epoll_create1"); }
static void epoll_add(int in, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  must(epoll_ctl(in, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}
static void epoll_watch(int fd) { epoll_add(set, fd); }
static void epoll_turn_for(int in, int timeout_ms) {
  struct epoll_event events[256];
  const int count = epoll_wait(in, events, 256, timeout_ms);
  for (int i = 0; i < count; ++i) heard(events[i].data.fd);
}
static void epoll_turn(void) { epoll_turn_for(set, -1); }

/* libev, and libuv */
static struct ev_loop* libev;
static void ev_heard(struct ev_loop* loop, ev_io* io, int events) { (void)loop, (void)events, heard(io->fd); }
static void libev_start(void) { must((libev = ev_loop_new(EVBACKEND_EPOLL)) != NULL, "ev_loop_new"); }
static void libev_watch(int fd) {
  ev_io* const io = malloc(sizeof *io);
  ev_io_init(io, ev_heard, fd, EV_READ);
  ev_io_start(libev, io);
}
static void libev_turn(void) { ev_run(libev, EVRUN_ONCE); }

static uv_loop_t libuv;
static void libuv_heard(uv_poll_t* handle, int status, int events) {
  (void)status, (void)events;
  uv_os_fd_t fd;
  if (uv_fileno((uv_handle_t*)handle, &fd) == 0) heard(fd);
}
static void libuv_start(void) { must(uv_loop_init(&libuv) == 0, "uv_loop_init"); }
static void libuv_watch(int fd) {
  uv_poll_t* const handle = malloc(sizeof *handle);
  must(uv_poll_init(&libuv, handle, fd) == 0, "uv_poll_init");
  uv_poll_start(handle, UV_READABLE, libuv_heard);
}
static void libuv_turn(void) { uv_run(&libuv, UV_RUN_ONCE); }

/* An epoll set that libuv watches as one descriptor: net/event_loop.cpp until 21 November 2026 */
static void inner_heard(uv_poll_t* handle, int status, int events) {
  (void)handle, (void)status, (void)events, epoll_turn_for(set, 0);
}
static void inside_start(void) {
  libuv_start(), epoll_start();
  static uv_poll_t inner;
  uv_poll_init(&libuv, &inner, set);
  uv_poll_start(&inner, UV_READABLE, inner_heard);
}

/* The other way round, as it is now: libuv is the guest, and asked when it wants a turn */
static void guest_start(void) {
  libuv_start(), epoll_start();
  static uv_prepare_t anchor;
  uv_prepare_init(&libuv, &anchor);
  uv_run(&libuv, UV_RUN_NOWAIT);
  epoll_add(set, uv_backend_fd(&libuv));
}
static int guest_patience_ms(void) {
  uv_update_time(&libuv);
  return uv_backend_timeout(&libuv);
}
static void guest_turn(void) {
  epoll_turn_for(set, guest_patience_ms());
  if (guest_patience_ms() == 0) uv_run(&libuv, UV_RUN_NOWAIT);
}

static const struct kind kinds[] = {
    {"poll", poll_start, poll_watch, poll_turn},
    {"epoll", epoll_start, epoll_watch, epoll_turn},
    {"libev", libev_start, libev_watch, libev_turn},
    {"libuv", libuv_start, libuv_watch, libuv_turn},
    {"epoll in libuv", inside_start, epoll_watch, libuv_turn},
    {"libuv in epoll", guest_start, epoll_watch, guest_turn},
};

static double cpu_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

/* The least of some repeats: what other programs do makes it only longer. Of it, the write and the read are the same for all. */
static double measure(const struct kind* kind, int busy) {
  double least = 1e9;
  for (int repeat = 0; repeat < REPEATS; ++repeat) {
    const double begin = cpu_us();
    for (int i = 0; i < WAKE_UPS; ++i) {
      must(write(busy, "x", 1) == 1, "write");
      kind->turn();
    }
    const double each = (cpu_us() - begin) / WAKE_UPS;
    if (each < least) least = each;
  }
  return least;
}

int main(int count, char** words) {
  const char* const name = count == 3 ? words[1] : "";
  const int idle = count == 3 ? atoi(words[2]) : -1;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && idle >= 0 && idle <= IDLE_MOST; ++i) {
    if (strcmp(kinds[i].name, name) != 0) continue;
    kinds[i].start();
    for (int n = 0; n < idle; ++n) {
      const int fd = eventfd(0, EFD_NONBLOCK);
      must(fd >= 0, "eventfd");
      kinds[i].watch(fd);
    }
    int pair[2];
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
    kinds[i].watch(pair[0]);
    const double each = measure(&kinds[i], pair[1]);
    must(heard_count == (unsigned long)WAKE_UPS * REPEATS, "a wake-up was not heard");
    printf("%.3f\n", each);
    return 0;
  }
  fprintf(stderr, "give the name of a loop and how many descriptors are idle, up to %d\n", IDLE_MOST);
  return 2;
}
