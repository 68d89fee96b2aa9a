#pragma once
// A TCP client that says exactly what a test tells it to, on the test's own EventLoop, and what it takes to read a
// server's answers and frames without the code under test.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "net/event_loop.hpp"

namespace wirelab::tests {

class RawClient {
 public:
  RawClient(net::EventLoop& loop, std::uint16_t port, const std::string& address = "127.0.0.1");
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// In one segment if the kernel takes it; the rest follows.
  void send(std::string_view bytes);
  void half_close();
  void close();
  /// Closes with a reset instead of a FIN.
  void reset();
  /// Whether it reads what comes.
  void read(bool on);

  std::string received;
  std::uint64_t sent_bytes = 0;
  bool closed = false;     ///< by the server, in order
  bool was_reset = false;  ///< by the server
  bool over() const { return closed || was_reset; }
  /// Whether the kernel has taken everything; false for ever when the server has reset the connection before.
  bool all_sent() const { return unsent_.empty(); }

 private:
  void on_ready(unsigned ready);
  void flush();
  void watch();

  net::EventLoop& loop_;
  std::string unsent_;
  int fd_ = -1;
  bool reading_ = true;
};

struct Reply {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  std::string header(const std::string& name) const;
};

/// The whole answers at the beginning of `received`; of a HEAD's, pass its body as absent.
enum class Bodies { present, absent };
std::vector<Reply> replies_in(std::string_view received, Bodies bodies = Bodies::present);

/// A WebSocket handshake as a browser sends it, for which the accept key is known.
std::string handshake(std::string_view target, std::string_view more_headers = "");
inline constexpr std::string_view kAcceptKey = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // RFC 6455 §1.3

struct Frame {
  int opcode = 0;
  bool final = true;
  std::string payload;
};

enum Opcode { continuation = 0, text = 1, binary = 2, close_frame = 8, ping = 9, pong = 10 };

/// A client's frame, masked.
std::string frame(int opcode, std::string_view payload, bool final = true);
/// Only its header, that promises so many bytes.
std::string frame_header(int opcode, std::uint64_t payload_bytes, bool final = true);
std::string close_payload(std::uint16_t code, std::string_view reason = "");

/// The whole frames behind the answer to a handshake.
std::vector<Frame> frames_in(std::string_view received);
/// Of the last frame if that is a close; 0 if not, 1005 if it has none.
std::uint16_t close_code_in(std::string_view received);

}  // namespace wirelab::tests
