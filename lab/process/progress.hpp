#pragma once
// A progress bar on standard error, if that is a terminal. In colour unless NO_COLOR is set (no-color.org).
#include <cstddef>
#include <string>

namespace wirelab::lab {

/// "[########------------]  40% label", cut to so many columns.
std::string render_progress(double fraction, const std::string& label, std::size_t columns, bool colour);

/// Draws over itself on one line and leaves nothing behind.
class ProgressBar {
 public:
  explicit ProgressBar(bool wanted = true);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void draw(double fraction, const std::string& label);
  /// Makes room for other output.
  void clear();

 private:
  bool enabled_;
  bool colour_;
  bool drawn_ = false;
};

}  // namespace wirelab::lab
