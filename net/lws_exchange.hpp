#pragma once
// One HTTP connection on libwebsockets: one request after the other, each with its answer.
//
// The library is handed a finished answer in one write, and is told that the exchange is complete only at the end of
// the loop's turn. It then has put what came behind the request into its own buffer, and shows whether there is
// something: this is how a body behind another request is found out, which the library would read wrongly (it begins
// with the request line again) or for ever.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/lws_core.hpp"

namespace wirelab::net {

class LwsConnection;

class LwsExchange final : public Exchange {
 public:
  LwsExchange(LwsCore& core, LwsConnection& connection) : core_(core), connection_(connection) {}
  ~LwsExchange() override;

  const Request& request() const override { return request_; }
  void answer(Answer answer) override;

  // From the library. Not 0: close the connection.
  int on_head();
  int on_body(std::string_view bytes);
  int on_body_complete();
  /// A request to become a WebSocket; if that is granted, take_request() is it.
  int on_upgrade();
  Request take_request() { return std::exchange(request_, {}); }
  /// Something that is no HTTP/1.1 as the library knows it.
  int on_stranger(std::string_view bytes);
  /// The connection is about to be closed, for whatever reason; its descriptor is still open.
  void before_close() const;
  void on_closed();

  /// The answer is written: makes room for the next request.
  void complete();
  /// In what order the requests came.
  std::uint64_t serial() const { return serial_; }

 private:
  enum class Phase {
    idle,      // no request, or not all of its header section
    body,      // the body is coming
    asked,     // the Service has it
    flushing,  // the kernel has not taken all of the answer yet
    written,   // it has
    over,      // nothing more is read from this connection
  };
  enum class Sent { all, part, failed };

  RequestHead read_head_now();
  std::uint64_t count_received();
  std::size_t table_bytes(std::uint64_t received) const;
  int admit();
  void send_continue();
  int ask();
  int refuse(Answer answer);
  Sent send(const Answer& answer);
  Sent send_rest();
  int settle(Sent sent);
  void hold();
  void release();
  void park();
  void watch_for_hangup();
  void watch_for_room();
  void unwatch();
  void on_hangup();
  void on_writable();

  LwsCore& core_;
  LwsConnection& connection_;
  Request request_;
  std::optional<Answer> answer_;  // given while the Service was still inside on_request()
  std::string unsent_;            // of the answer, from sent_bytes_ on
  std::size_t sent_bytes_ = 0;
  Phase phase_ = Phase::idle;
  Then then_ = Then::keep;
  std::uint64_t serial_ = 0;
  std::uint64_t received_bytes_ = 0;
  bool client_keeps_ = true;
  bool expects_continue_ = false;
  bool in_service_ = false;
  enum class Watch { none, hangup, room } watch_ = Watch::none;
  bool peer_left_ = false;       // it was said when no request was parked, and is not said again
  bool held_ = false;            // the library reads nothing
  bool behind_another_ = false;  // it was already there when the one before it was answered
};

}  // namespace wirelab::net
