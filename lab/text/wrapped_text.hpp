#pragma once
// Sentences broken into lines, for reports of 100 columns.
#include <string>
#include <vector>

namespace wirelab::lab {

/// As many pieces a line as fit; further lines under the first one's first piece, which stands in column `indent`.
std::string wrap(const std::vector<std::string>& pieces, std::size_t indent);

/// The same, broken between words.
std::string wrap(const std::string& text, std::size_t indent);

}  // namespace wirelab::lab
