#pragma once
// One HTTP/1.1 connection: one request after the other, each with its answer (RFC 9112).
//
// What has come is read into a buffer that all connections share, and requests are taken off it where they lie; only
// what is no whole request when the reading ends is kept here. While a request waits for its answer, nothing is read:
// what the client sends behind it stays in the kernel, which makes it wait in the end. The socket is watched from the
// first byte to the last with one system call, edge-triggered, so that a request costs one read and one write. With TLS
// what is read is records, and what is written; the rest is the same.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/chunked_body.hpp"
#include "net/host_core.hpp"

namespace wirelab::net {

class HttpConnection final : public Exchange, public Deadlines::Waiter {
 public:
  /// Takes over an accepted descriptor and watches it. `counted`: by HostCore::count_in(); otherwise there is no room
  /// for it, which is all that it is told.
  HttpConnection(HostCore& core, int fd, bool counted);
  /// Closes it, unless it was given away. A request that waits is told to be gone.
  ~HttpConnection() override;

  int fd() const { return fd_; }
  /// Kept alive, and nothing of a request has come.
  bool idle() const { return phase_ == Phase::head && kept_.empty() && !unread_; }
  const Request& request() const override { return request_; }
  void answer(Answer answer) override;
  void be_patient() override;

  // Each of the following may end the connection, and destroy it.
  /// Behind an answer that was given from elsewhere.
  void go_on();
  /// The header section or the next piece of the body took too long.
  void on_slow();
  /// No request came for too long, or its answer was not read.
  void on_idle();

 private:
  enum class Phase {
    head,       // of a request, or nothing yet
    body,       // the body is coming
    asked,      // the Service has it
    flushing,   // the kernel has not taken all of the answer yet
    upgrading,  // to be a WebSocket
    over,       // to be closed
  };

  void on_ready(unsigned ready);
  void run();
  bool wants_bytes() const { return phase_ == Phase::head || phase_ == Phase::body; }
  bool receive();
  void decrypt(std::string_view& bytes);
  void on_not_tls();
  void on_end();
  void consume();
  void keep_rest();
  bool body_drips() const;
  void set_deadline();
  bool hold_what_waits();
  void refuse_late(const char* why);
  void finish();

  bool take_head();
  void on_head(RequestHead& head);
  void on_upgrade(RequestHead& head);
  void admit(RequestHead& head);
  void send_continue();
  bool take_body();
  bool take_chunks();
  void ask();
  void refuse(const Answer& answer);

  void send(const Answer& answer);
  void send_encrypted(const Answer& answer, Then then, Body body);
  void push_records();
  void settle();
  void flush();
  void close();

  HostCore& core_;
  int fd_;
  Phase phase_ = Phase::head;
  Request request_;
  std::string kept_;          // read, and not yet taken
  std::string_view input_;    // during run(): the same, wherever it is
  std::size_t searched_ = 0;  // so much of it has no end of a header section
  std::string unsent_;        // of the answer, from sent_bytes_ on
  std::size_t sent_bytes_ = 0;
  std::size_t held_bytes_ = 0;  // counted with HostCore::hold()
  std::optional<ChunkedBody> chunks_;
  Nanos body_began_{};  // when its first byte was awaited
  std::string websocket_key_;
  std::optional<Answer> answer_;  // given while the Service was still inside on_request()
  std::size_t requests_ = 0;      // answered or refused so far
  std::size_t timed_requests_ = 0;
  enum class Clock { none, reading, idle } clock_ = Clock::none;
  bool client_keeps_ = true;
  bool in_service_ = false;
  bool unread_ = false;              // the kernel has, or may have, something to be read
  bool peer_left_ = false;           // it has said that nothing more will come
  bool patient_ = false;             // its next requests are in no hurry
  bool going_on_ = false;            // at the end of this turn
  bool linger_ = false;              // the peer may be sending still, and is to read its answer
  bool counted_;                     // among those that there is room for
  bool shaking_ = false;             // the first byte of the handshake is here
  std::unique_ptr<TlsSession> tls_;  // null: there is none

  friend struct HostCore;
};

}  // namespace wirelab::net
