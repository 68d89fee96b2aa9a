#include "lab/text/token_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace wirelab::lab {
namespace {

constexpr std::string_view kTokenCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

}  // namespace

std::string read_token(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string token(kTokenBytesMax + 2, '\0');  // with a line's end
  in.read(token.data(), static_cast<std::streamsize>(token.size()));
  if (in.bad() || (in.fail() && !in.eof()) || !in.is_open())
    throw std::invalid_argument(fmt::format("{}: cannot be read; give a file with a token in it", file.string()));
  token.resize(static_cast<std::size_t>(in.gcount()));
  while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  if (token.size() < kTokenBytesMin || token.size() > kTokenBytesMax ||
      token.find_first_not_of(kTokenCharacters) != std::string::npos)
    throw std::invalid_argument(fmt::format(
        "{}: not a token: one line of {} to {} letters, digits and -._~+/=; `openssl rand -base64 32` makes "
        "one",
        file.string(), kTokenBytesMin, kTokenBytesMax));
  return token;
}

bool is_read_by_others(const std::filesystem::path& file) {
  using std::filesystem::perms;
  std::error_code none;
  const auto allowed = std::filesystem::status(file, none).permissions();
  return !none && (allowed & (perms::group_read | perms::others_read)) != perms::none;
}

}  // namespace wirelab::lab
