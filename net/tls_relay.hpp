#pragma once
// A WebSocket's TLS. libwebsockets cannot take over a TLS connection that is open, and the upgrade was read from one:
// so it is given one end of a socket pair, and this stands at the other, with the connection. What comes is decrypted
// and handed on to the library; what the library says by itself (the answer to the upgrade, pings, pongs, the close) is
// encrypted and sent.
//
// Messages do not go that way. They are whole frames already, and are encrypted straight from where they are: a push
// costs one system call, as it does without TLS. Both ways end in one queue, and what the library writes at once is
// whole frames (they are small, and a socket pair takes a small write wholly or not at all), so that no frame is cut by
// another.
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/deadlines.hpp"
#include "net/tls.hpp"

namespace wirelab::net {

struct HostCore;

class TlsRelay final : public Deadlines::Waiter {
 public:
  /// Takes over the connection's descriptor and its own end of the pair. `unsent`: records that are to go first.
  TlsRelay(HostCore& core, int fd, std::unique_ptr<TlsSession> tls, int library_end, std::string unsent);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  int fd() const { return fd_; }
  /// The library has written something that must go before what is sent next.
  void take_from_library();
  /// Bytes of whole frames. False: the kernel did not take all, and the rest follows; on_drained is called then.
  bool send(std::string_view frames);
  bool queued() const { return !unsent_.empty(); }
  std::size_t unsent_bytes() const { return unsent_.size(); }
  /// Nothing more is sent or heard; the library hears of the end.
  void break_off();
  /// From the loop, never from inside a call. Null: nobody is interested any more.
  std::function<void()> on_drained;

  /// The library has let the connection go: what is left goes in a few seconds, or never. May destroy it.
  void library_left();
  /// From the deadlines: what was left to be sent when the library had gone was not taken in time. Destroys it.
  void on_late();

 private:
  void on_wire(unsigned ready);
  void on_library(unsigned ready);
  void read_wire();
  void end_of_wire();
  void hand_over();
  void flush();
  void push();
  void watch();
  void leave_if_done();

  HostCore& core_;
  int fd_, library_end_;
  std::unique_ptr<TlsSession> tls_;
  std::string unsent_;         // records that the kernel did not take
  std::string for_library_;    // text that it has not read yet
  bool wire_over_ = false;     // nothing more comes from the peer
  bool broken_ = false;        // and nothing can be sent to it
  bool library_gone_ = false;  // it has closed its end,
  bool library_left_ = false;  // and has said so
  unsigned wire_watched_ = 0, library_watched_ = 0;
};

}  // namespace wirelab::net
