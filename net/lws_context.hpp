#pragma once
// A libwebsockets context as a guest on an EventLoop. What is awkward about it is here: its log, and that it dies
// slowly.
#include <memory>

#include "net/event_loop.hpp"

struct lws_context;
struct lws_context_creation_info;

namespace wirelab::net {

/// Starts the end of a context and returns. Its sockets are closed before it returns, their callbacks called; what is
/// left of it goes in the next turns of the loop, or in the loop's destructor. For the moment it takes, no other thread
/// should open descriptors: see Placeholder in lws_context.cpp.
struct EndLwsContext {
  EventLoop* loop = nullptr;
  int wake_up_fd = -1;  ///< the library's own, by which it wakes itself
  void operator()(lws_context* context) const;
};
using LwsContext = std::unique_ptr<lws_context, EndLwsContext>;

/// `info` as lws_create_context() takes it, without loop and event library. `loop` must outlive the context. Throws
/// std::runtime_error when the library refuses. Call it, and let the context go, on the loop's thread but not from
/// inside one of the library's callbacks.
LwsContext make_lws_context(EventLoop& loop, lws_context_creation_info info);

}  // namespace wirelab::net
