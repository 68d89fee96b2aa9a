#include "lab/process/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace wirelab::lab {
namespace {

bool is_terminal() {
  const char* const kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

bool wants_colour() {
  const char* const no_color = std::getenv("NO_COLOR");
  return no_color == nullptr || *no_color == '\0';
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string render_progress(double fraction, const std::string& label, std::size_t columns, bool colour) {
  constexpr std::size_t kBar = 24;
  const double shown = std::clamp(fraction, 0.0, 1.0);
  const auto done = static_cast<std::size_t>(shown * kBar);
  const std::string text = fmt::format(" {:3.0f}% {}", shown * 100, label);
  const std::size_t room = columns > kBar + 2 ? columns - kBar - 2 : 0;
  return fmt::format("[{}{}{}{}]{}", colour ? "\x1b[32m" : "", std::string(done, '#'), colour ? "\x1b[0m" : "",
                     std::string(kBar - done, '-'), text.substr(0, room));
}

ProgressBar::ProgressBar(bool wanted) : enabled_(wanted && is_terminal()), colour_(wants_colour()) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::draw(double fraction, const std::string& label) {
  if (!enabled_) return;
  fmt::print(stderr, "\r\x1b[K{}", render_progress(fraction, label, terminal_columns() - 1, colour_));
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
}

}  // namespace wirelab::lab
