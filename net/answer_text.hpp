#pragma once
// An answer as it goes on the wire: status line, header fields and body, in one system call.
#include <chrono>
#include <cstddef>
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

/// Status line, header fields and blank line. `then` is what becomes of the connection, which an answer does not decide
/// alone.
void append_answer_head(std::string& to, const Answer& answer, Then then, const std::string& date);

/// All of it, for what must know its bytes without sending one.
std::string answer_text(const Answer& answer, Then then, Body body, const std::string& date);

/// Sends answers: the head from one buffer for all, the body from where it is, both in one system call.
class AnswerWriter {
 public:
  /// How many bytes the kernel took of an answer, and what it did not take.
  struct Sent {
    bool failed = false;  ///< the connection is broken
    std::size_t bytes = 0;
    std::string rest;  ///< empty: that was all
  };
  Sent send(int fd, const Answer& answer, Then then, Body body);
  /// The same into a text, for what is not sent as it is.
  void append(std::string& to, const Answer& answer, Then then, Body body);

 private:
  /// All that the head says.
  struct Said {
    int status = 0;
    Then then{};
    std::size_t body_bytes = 0;
    std::string date, content_type;
    Headers headers;
  };
  void make_head(const Answer& answer, Then then);

  HttpDate date_;
  Said said_;  // in head_: most answers are those to a poll without news, or of a fan-out, and begin alike
  std::string head_;
};

}  // namespace wirelab::net
