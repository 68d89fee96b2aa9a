#pragma once
// A bearer token in a file of its own: on a command line every user of the machine would see it.
#include <cstddef>
#include <filesystem>
#include <string>

namespace wirelab::lab {

/// Shorter ones can be guessed: 16 characters of base64 are 96 bits. Longer ones do not fit a request's headers well.
inline constexpr std::size_t kTokenBytesMin = 16, kTokenBytesMax = 512;

/// The file's text, a line's end behind it left out. Throws std::invalid_argument that names the file, and never what
/// is in it, when it cannot be read or is no token (RFC 6750 §2.1: letters, digits and -._~+/=).
std::string read_token(const std::filesystem::path& file);

/// Whether others than its owner may read it.
bool is_read_by_others(const std::filesystem::path& file);

}  // namespace wirelab::lab
