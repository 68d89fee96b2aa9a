#pragma once
// What wirelab needs besides itself: scripts and the course, in the tree it was built from.
#include <filesystem>
#include <optional>

namespace wirelab::lab {

/// A file or folder of the tree that this program lies in (build/<preset>/wirelab), or of the one it was built from.
std::optional<std::filesystem::path> in_source_tree(const std::filesystem::path& relative);

}  // namespace wirelab::lab
