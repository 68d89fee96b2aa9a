#include "meter/connection_memory.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace wirelab::meter {
namespace {

constexpr std::array<std::string_view, 5> kSlabs = {"TCP", "sock_inode_cache", "filp", "dentry", "eventpoll_epi"};

}  // namespace

std::optional<std::uint64_t> read_connection_structures_bytes(const std::filesystem::path& slabinfo) {
  std::ifstream in(slabinfo);
  std::uint64_t sum_bytes = 0;
  std::size_t found = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t active = 0, all = 0, object_bytes = 0;
    if (!(fields >> name >> active >> all >> object_bytes)) continue;  // a heading
    if (std::find(kSlabs.begin(), kSlabs.end(), name) == kSlabs.end()) continue;
    sum_bytes += object_bytes;
    ++found;
  }
  return found == kSlabs.size() ? std::optional(sum_bytes) : std::nullopt;
}

}  // namespace wirelab::meter
