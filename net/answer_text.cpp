#include "net/answer_text.hpp"

#include <array>
#include <cstdio>

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

std::string answer_text(const Answer& answer, Then then, Body body, const std::string& date) {
  constexpr std::size_t kUsualHeaderBytes = 256;
  std::string text;
  text.reserve(kUsualHeaderBytes + answer.body.size());
  const auto add = [&text](auto... parts) { (text.append(parts), ...); };
  add("HTTP/1.1 ", std::to_string(answer.status), " ", reason_phrase(answer.status), "\r\n");
  add("Date: ", date, "\r\nContent-Type: ", answer.content_type, "\r\n");
  add("Content-Length: ", std::to_string(answer.body.size()), "\r\n");
  if (then == Then::close) add("Connection: close\r\n");
  for (const auto& [name, value] : answer.headers) add(name, ": ", value, "\r\n");
  add("\r\n");
  if (body == Body::sent) add(answer.body.text());
  return text;
}

}  // namespace wirelab::net
