#include "lab/text/wrapped_text.hpp"

#include <iterator>
#include <sstream>

namespace wirelab::lab {
namespace {

constexpr std::size_t kLineWidth = 98;

}  // namespace

std::string wrap(const std::vector<std::string>& pieces, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (const std::string& piece : pieces) {
    const bool first = column == indent;
    if (!first && column + 1 + piece.size() > kLineWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += piece;
    column += piece.size();
  }
  return out;
}

std::string wrap(const std::string& text, std::size_t indent) {
  std::istringstream in(text);
  return wrap(std::vector<std::string>{std::istream_iterator<std::string>(in), {}}, indent);
}

}  // namespace wirelab::lab
