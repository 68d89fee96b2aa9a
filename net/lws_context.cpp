#include "net/lws_context.hpp"

#include <fcntl.h>
#include <libwebsockets.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wirelab::net {
namespace {

/// The library's complaints are about single peers, and whoever owns the peer reports it; they help only to debug.
void log_line(int, const char* line) noexcept {
  std::string_view text(line);
  while (text.ends_with('\n')) text.remove_suffix(1);
  spdlog::debug("libwebsockets: {}", text);
}

/// Waits in the loop for the last of a context's handles to be gone. Only then may lws_context_destroy() be called for
/// the second time, which a context on a foreign loop needs, and which frees the memory that some of those handles live
/// in.
class Undertaker {
 public:
  explicit Undertaker(lws_context* context) : context_(context) {}

  /// It is the loop's from here on, and ends with its last task.
  static void call_for(lws_context* context, uv_loop_t* loop) {
    Undertaker* const undertaker = std::make_unique<Undertaker>(context).release();
    uv_idle_init(loop, &undertaker->each_turn_);
    undertaker->each_turn_.data = undertaker;
    uv_idle_start(&undertaker->each_turn_, [](uv_idle_t* handle) noexcept { of(handle).look(); });
  }

 private:
  static Undertaker& of(uv_idle_t* handle) { return *static_cast<Undertaker*>(handle->data); }

  void look() {
    struct Search {
      const void* context;
      bool found = false;
    } search{context_};
    const auto compare = [](uv_handle_t* handle, void* wanted) noexcept {
      auto& it = *static_cast<Search*>(wanted);
      it.found |= handle->data == it.context;  // the library marks its timers so; they go after its sockets
    };
    uv_walk(each_turn_.loop, compare, &search);
    if (search.found) return;
    lws_context_destroy(context_);
    const auto end = [](uv_handle_t* handle) noexcept {
      const std::unique_ptr<Undertaker> last_of_it(&of(reinterpret_cast<uv_idle_t*>(handle)));
    };
    uv_close(reinterpret_cast<uv_handle_t*>(&each_turn_), end);
  }

  lws_context* context_;
  uv_idle_t each_turn_{};
};

/// libwebsockets 4.1.6 closes its wake-up descriptor twice: at once in lws_context_destroy(), and again, turns of the
/// loop later, as one more socket that it thinks open. Whoever had got the number in the meantime would lose his. So
/// the number is taken as soon as it is free, for the second close to find.
class Placeholder {
 public:
  explicit Placeholder(int number) : number_(number), spare_(fcntl(number, F_DUPFD_CLOEXEC, 0)) {}
  ~Placeholder() { close(spare_); }
  Placeholder(const Placeholder&) = delete;
  Placeholder& operator=(const Placeholder&) = delete;

  void take_its_place() const {
    const int taken = fcntl(spare_, F_DUPFD_CLOEXEC, number_);  // the lowest free one from there on
    if (taken == number_) return;
    spdlog::warn("libwebsockets: descriptor {} was taken by another thread while a context ended", number_);
    close(taken);
  }

 private:
  int number_, spare_;
};

using Polls = std::set<const uv_handle_t*>;

Polls polls_of(uv_loop_t* loop) {
  Polls polls;
  const auto add = [](uv_handle_t* handle, void* all) noexcept {
    if (handle->type == UV_POLL) static_cast<Polls*>(all)->insert(handle);
  };
  uv_walk(loop, add, &polls);
  return polls;
}

/// The descriptor of the one poll that is there now and was not before.
int fd_of_newcomer(uv_loop_t* loop, const Polls& before) {
  for (const uv_handle_t* const poll : polls_of(loop)) {
    int fd = -1;
    if (!before.contains(poll) && uv_fileno(poll, &fd) == 0) return fd;
  }
  throw std::runtime_error("libwebsockets: a context without a wake-up descriptor");
}

}  // namespace

LwsContext make_lws_context(EventLoop& loop, lws_context_creation_info info) {
  static std::mutex
      creation;  // the library loads a plugin and fills tables of the process with each context, unguarded
  const std::lock_guard one_at_a_time(creation);
  static const bool log_is_set = (lws_set_log_level(LLL_ERR | LLL_WARN, log_line), true);
  static_cast<void>(log_is_set);
  std::array<void*, 1> loops = {loop.native()};
  info.foreign_loops = loops.data();
  info.options |= LWS_SERVER_OPTION_LIBUV;
  auto* const uv_loop = static_cast<uv_loop_t*>(loop.native());
  const Polls before = polls_of(uv_loop);
  lws_context* const context = lws_create_context(&info);
  if (context == nullptr)
    throw std::runtime_error("libwebsockets: no context; is the package libwebsockets-evlib-uv installed?");
  return LwsContext(context, EndLwsContext{&loop, fd_of_newcomer(uv_loop, before)});
}

void EndLwsContext::operator()(lws_context* context) const {
  const Placeholder placeholder(wake_up_fd);
  lws_context_destroy(context);
  placeholder.take_its_place();
  Undertaker::call_for(context, static_cast<uv_loop_t*>(loop->native()));
}

}  // namespace wirelab::net
