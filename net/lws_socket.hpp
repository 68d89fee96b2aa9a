#pragma once
// One WebSocket on libwebsockets: sends frames as they are given, assembles messages from the pieces that come, and is
// strict where the library is not.
#include <cstdint>
#include <string>
#include <string_view>

#include "net/host_core.hpp"

namespace wirelab::net {

class LwsConnection;

class LwsSocket final : public Socket {
 public:
  LwsSocket(HostCore& core, LwsConnection& connection);
  ~LwsSocket() override;

  bool ready() const override { return !busy_ && !closing_; }
  void send_text(const SharedText& text) override;
  void send_binary(const SharedText& bytes) override;
  void close(std::uint16_t code, std::string_view reason) override;

  // From the library. Not 0: close the connection.
  int on_bytes(std::string_view bytes);
  int on_pong();
  int on_writeable();
  /// The peer's close frame; the library sends back what it finds in `payload` afterwards.
  int on_close_frame(unsigned char* payload, std::size_t length);

  // From the deadlines.
  void ping();
  void give_up();

 private:
  int on_message(std::string_view bytes, bool binary);
  void send(const SharedText& payload, unsigned char opcode);
  void send_encrypted(std::string_view frame);
  bool queued() const;
  int fail(std::uint16_t code, std::string_view reason);
  void start_close();
  void prepare_close(std::uint16_t code, std::string_view reason);
  void count_frame_in(std::size_t got_bytes, std::size_t to_come_bytes);
  void heard();
  bool hold_what_waits() {
    return core_.hold(held_bytes_, unsent_bytes_ + (message_.empty() ? 0 : message_.capacity()));
  }

  HostCore& core_;
  LwsConnection& connection_;
  std::string message_;            // the fragments of one that is not complete
  std::size_t to_come_bytes_ = 0;  // of the frame that is being received
  std::size_t unsent_bytes_ = 0;   // of the last frame, with the library
  std::size_t held_bytes_ = 0;     // counted with HostCore::hold()
  std::uint16_t close_code_ = 0;   // what to close with, once what was sent before is gone
  std::string close_reason_;
  bool busy_ = false;  // the kernel has not taken all of the last frame
  bool closing_ = false;
};

}  // namespace wirelab::net
