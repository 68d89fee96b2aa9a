#pragma once
// What the parts of LwsHost share: the exchange side and the socket side of every connection work on these.
#include <cstdint>
#include <vector>

#include "net/answer_text.hpp"
#include "net/deadlines.hpp"
#include "net/linger.hpp"
#include "net/lws_head.hpp"
#include "net/lws_host.hpp"

struct lws;
struct lws_context;

namespace wirelab::net {

class LwsExchange;

struct LwsCore {
  LwsCore(EventLoop& loop, Service& service, const HostOptions& options);

  /// Closes a connection soon, never inside this call: in order, or (when it is broken) at once.
  enum class Ending { in_order, at_once };
  void end(lws* wsi, Ending how) const;
  /// Makes the library look at timeouts that were set outside of its own callbacks.
  void poke() const;
  /// Has LwsExchange::complete() called at the end of this turn, when the library has put away all that it has read.
  void complete_later(LwsExchange& exchange);
  void forget(const LwsExchange& exchange);

  EventLoop& loop;
  Service& service;
  HostOptions options;
  RequestLimits limits;
  /// The library's table for a request's header section is so much larger than our limit, so that it is we who say 431;
  /// what is longer still, it hangs up on.
  std::uint64_t header_table_bytes;
  WantedFields wanted_fields;
  HostCounters counters;
  HttpDate date;
  Lingerer lingerer;
  Deadlines idle;        ///< kept-alive connections without a request
  Deadlines silent;      ///< WebSockets that said nothing
  Deadlines unanswered;  ///< WebSockets that were pinged
  lws_context* context = nullptr;
  bool going_down = false;

 private:
  void complete_all();
  std::vector<LwsExchange*> written_;
};

}  // namespace wirelab::net
