#include "ladder/ladder_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ladder/text_rows.hpp"

namespace wirelab::ladder {
namespace {

constexpr std::size_t kTimeColumns = 8;
constexpr int kLevels = 5;  // heights at which a line can cross a cell

struct Glyphs {
  std::array<const char*, kLevels> slope;  ///< from the top of a line to its bottom
  const char *lifeline, *cut, *to_right, *to_left, *crossing, *lost, *mark, *ellipsis;
};
constexpr Glyphs kUnicode = {{"⎺", "⎻", "─", "⎼", "⎽"}, "│", "┊", "▶", "◀", "╳", "✗", "●", "…"};
constexpr Glyphs kAscii = {{"'", "'", "-", ".", "."}, "|", ":", ">", "<", "X", "#", "*", "~"};

/// Of UTF-8 text, in characters; those we print are one column wide each.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// "GET /long-poll/news?aft… 158 B": the end stays, since it has the bytes.
std::string fitted(const std::string& text, std::size_t columns, const Glyphs& glyphs) {
  if (text.size() <= columns) return text;
  const std::size_t tail = text.rfind(' ', text.rfind(' ') - 1), tail_size = text.size() - tail;
  return text.substr(0, columns - 1 - tail_size) + glyphs.ellipsis + text.substr(tail);
}

/// So many that two lines differ.
int decimals_of(double row_us) { return row_us >= 100 ? 1 : row_us >= 10 ? 2 : 3; }

std::string milliseconds(double us, int decimals) { return fmt::format("{:.{}f}", us / 1000, decimals); }

class Canvas {
 public:
  Canvas(const TextRows& rows, const TextOptions& options, const Glyphs& glyphs)
      : glyphs_(glyphs),
        left_(options.columns * 36 / 100),
        right_(options.columns - left_ - 1),
        width_(options.columns),
        decimals_(decimals_of(rows.row_us)),
        cells_(rows.rows, std::vector<std::string>(options.columns, " ")) {
    for (std::size_t row = 0; row < rows.rows; ++row)
      put(row, left_, glyphs.lifeline), put(row, right_, glyphs.lifeline);
    for (const PlacedArrow& arrow : rows.arrows) draw(arrow);
    for (const PlacedLabel& label : rows.labels) write(label);
    for (const PlacedArrow& arrow : rows.arrows) write_arrival(arrow);
    for (const Cut& cut : rows.cuts) write(cut);
  }

  std::string text() const {
    std::string text;
    for (const auto& row : cells_) {
      std::string line;
      for (const std::string& cell : row) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + '\n';
    }
    return text;
  }

 private:
  void put(std::size_t row, std::size_t column, const std::string& glyph) { cells_[row][column] = glyph; }

  /// Data in full, acknowledgements as dots, what opens and closes as dashes.
  static bool has_gap(const Arrow& arrow, std::size_t step) {
    if (arrow.kind == "data") return false;
    return arrow.kind == "ack" ? step % 2 == 1 : step % 4 == 3;
  }

  void draw(const PlacedArrow& placed) {
    const Arrow& arrow = *placed.arrow;
    const bool to_right = arrow.from == "client";
    const std::size_t steps = right_ - left_ - 1;
    const std::size_t drawn = arrow.arrives_us ? steps : steps / 2;
    const double fall = static_cast<double>(placed.end_row - placed.row) * kLevels;
    for (std::size_t step = 0; step < drawn; ++step) {
      const double down = kLevels / 2 + fall * static_cast<double>(step) / static_cast<double>(steps - 1);
      const auto level = static_cast<std::size_t>(std::lround(down));
      const std::size_t row = placed.row + level / kLevels, column = to_right ? left_ + 1 + step : right_ - 1 - step;
      std::string& cell = cells_[row][column];
      if (step + 1 == drawn) {
        cell = arrow.arrives_us ? (to_right ? glyphs_.to_right : glyphs_.to_left) : glyphs_.lost;
      } else if (!has_gap(arrow, step)) {
        const bool inside = step > 2 && step + 3 < drawn;  // elsewhere it is no crossing: one arrives, another leaves
        if (cell == " " || inside) cell = cell == " " ? glyphs_.slope[level % kLevels] : glyphs_.crossing;
      }
    }
  }

  std::string time_of(double at_us) const { return milliseconds(at_us, decimals_); }

  void write(const PlacedLabel& label) {
    const bool mark = label.text.starts_with('*');
    const std::size_t room = (label.client ? left_ : width_ - right_ - 1) - kTimeColumns - 1;
    const std::string said = fitted(mark ? label.text.substr(2) : label.text, room - (mark ? 2 : 0), glyphs_);
    const std::string text = mark ? fmt::format("{} {}", glyphs_.mark, said) : said, time = time_of(label.at_us);
    if (label.client) {
      print(label.row, left_ - 1 - time.size(), time);
      print(label.row, left_ - kTimeColumns - columns_of(text), text);
    } else {
      print(label.row, right_ + 2, time);
      print(label.row, right_ + 1 + kTimeColumns, text);
    }
  }

  /// The time alone, where nothing else is said.
  void write_arrival(const PlacedArrow& placed) {
    if (!placed.arrow->arrives_us) return;
    const std::string time = time_of(*placed.arrow->arrives_us);
    const bool at_server = placed.arrow->from == "client";
    const std::size_t nearest = at_server ? right_ + 2 : left_ - 2;
    if (cells_[placed.end_row][nearest] == " ")
      print(placed.end_row, at_server ? nearest : left_ - 1 - time.size(), time);
  }

  void write(const Cut& cut) {
    for (const std::size_t row : {cut.row - 1, cut.row, cut.row + 1})
      put(row, left_, glyphs_.cut), put(row, right_, glyphs_.cut);
    const std::string text = fmt::format("{} ms of nothing", time_of(cut.length_us));
    print(cut.row, left_ + (right_ - left_ - text.size()) / 2 + 1, text);
  }

  void print(std::size_t row, std::size_t column, std::string_view text) {
    for (std::size_t at = 0; at < text.size() && column < width_; ++column) {
      std::size_t end = at + 1;
      while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
      cells_[row][column] = text.substr(at, end - at);
      at = end;
    }
  }

  const Glyphs& glyphs_;
  const std::size_t left_, right_, width_;
  const int decimals_;
  std::vector<std::vector<std::string>> cells_;
};

std::string head(const Ladder& ladder, const TextRows& rows, const TextOptions& options) {
  const std::size_t left = options.columns * 36 / 100, right = options.columns - left - 1;
  return fmt::format(
      "{}: {} packets, round trip {} ms, a line is {:.3g} ms.\n"
      "Times in ms; bytes with TCP and IP headers.\n\n"
      "{:>{}}{:{}}{}\n",
      ladder.transport, ladder.arrows.size(), milliseconds(ladder.round_trip_us, decimals_of(rows.row_us)),
      rows.row_us / 1000, "subscriber", left + 5, "", right - left - 7, "server");
}

std::string span_table(const Ladder& ladder, int decimals) {
  if (ladder.spans.empty()) return {};
  std::string table = fmt::format("\n{:<28}{:>10}{:>16}{:>14}{:>9}\n", "what took how long", "ms", "at the server",
                                  "round trips", "theory");
  for (const Span& span : ladder.spans) {
    const std::string where = span.connection == 0 ? "" : fmt::format("connection {}: ", span.connection);
    table += fmt::format("{:<28}{:>10}{:>16}{:>14.2f}{:>9}\n", where + span.what,
                         milliseconds(span.to_us - span.from_us, decimals), milliseconds(span.server_us, decimals),
                         span.round_trips, span.theory_round_trips);
  }
  return table;
}

}  // namespace

std::string draw_text(const Ladder& ladder, const TextOptions& options) {
  const TextRows rows = place_rows(ladder);
  const Canvas canvas(rows, options, options.ascii ? kAscii : kUnicode);
  return head(ladder, rows, options) + canvas.text() + span_table(ladder, decimals_of(rows.row_us));
}

}  // namespace wirelab::ladder
