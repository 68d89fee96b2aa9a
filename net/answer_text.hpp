#pragma once
// An answer as it goes on the wire: status line, header fields and body in one buffer, so that it takes one system
// call.
#include <chrono>
#include <string>

#include "net/http.hpp"

namespace wirelab::net {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), made anew once a second only.
class HttpDate {
 public:
  const std::string& now();
  static std::string of(std::chrono::sys_seconds time);

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;
};

/// Whether the body goes with the header section; to a HEAD it does not, though its length is told (RFC 9110 §9.3.2).
enum class Body { sent, left_out };

/// `then` is what becomes of the connection, which an answer does not decide alone.
std::string answer_text(const Answer& answer, Then then, Body body, const std::string& date);

}  // namespace wirelab::net
