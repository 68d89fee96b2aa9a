#include "net/answer_text.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace wirelab::net {

std::string HttpDate::of(std::chrono::sys_seconds time) {
  // Not strftime(): its names depend on the locale.
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

const std::string& HttpDate::now() {
  const auto second = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (text_.empty() || second != second_) {
    second_ = second;
    text_ = of(second);
  }
  return text_;
}

namespace {

void append_number(std::string& to, std::size_t number) {
  std::array<char, 24> digits{};
  to.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

/// What is left of an answer of which so many bytes are sent.
std::string rest_of(std::string_view head, std::string_view body, std::size_t sent_bytes) {
  std::string rest(head.substr(std::min(sent_bytes, head.size())));
  rest += body.substr(sent_bytes - std::min(sent_bytes, head.size()));
  return rest;
}

iovec part(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void append_answer_head(std::string& to, const Answer& answer, Then then, const std::string& date) {
  const auto add = [&to](auto... parts) { (to.append(parts), ...); };
  to += "HTTP/1.1 ";
  append_number(to, static_cast<std::size_t>(answer.status));
  add(std::string_view(" "), reason_phrase(answer.status), std::string_view("\r\nDate: "), std::string_view(date));
  add(std::string_view("\r\nContent-Type: "), std::string_view(answer.content_type));
  to += "\r\nContent-Length: ";
  append_number(to, answer.body.size());
  if (then == Then::close) to += "\r\nConnection: close";
  for (const auto& [name, value] : answer.headers)
    add(std::string_view("\r\n"), std::string_view(name), std::string_view(": "), std::string_view(value));
  to += "\r\n\r\n";
}

std::string answer_text(const Answer& answer, Then then, Body body, const std::string& date) {
  std::string text;
  append_answer_head(text, answer, then, date);
  if (body == Body::sent) text += answer.body.text();
  return text;
}

void AnswerWriter::make_head(const Answer& answer, Then then) {
  const std::string& date = date_.now();
  const bool same = said_.status == answer.status && said_.then == then && said_.body_bytes == answer.body.size() &&
                    said_.date == date && said_.content_type == answer.content_type && said_.headers == answer.headers;
  if (same) return;
  said_ = {answer.status, then, answer.body.size(), date, answer.content_type, answer.headers};
  head_.clear();
  append_answer_head(head_, answer, then, date);
}

void AnswerWriter::append(std::string& to, const Answer& answer, Then then, Body body) {
  make_head(answer, then);
  to += head_;
  if (body == Body::sent) to += answer.body.text();
}

AnswerWriter::Sent AnswerWriter::send(int fd, const Answer& answer, Then then, Body body) {
  make_head(answer, then);
  const std::string_view text = body == Body::sent ? answer.body.text() : std::string_view();
  std::array<iovec, 2> parts = {part(head_), part(text)};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = text.empty() ? 1 : 2;
  const auto sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return {true, 0, {}};
  const std::size_t bytes = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (bytes == head_.size() + text.size()) return {false, bytes, {}};
  return {false, bytes, rest_of(head_, text, bytes)};
}

}  // namespace wirelab::net
