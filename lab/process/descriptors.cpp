#include "lab/process/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace wirelab::lab {

std::uint64_t raise_descriptor_limit(std::uint64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::system_error(errno, std::generic_category(), "getrlimit");
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const rlimit beyond_hard{wanted, std::max<rlim_t>(limit.rlim_max, wanted)};
  if (setrlimit(RLIMIT_NOFILE, &beyond_hard) == 0) return wanted;  // only root may
  const rlimit up_to_hard{std::min<rlim_t>(limit.rlim_max, wanted), limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &up_to_hard) != 0) throw std::system_error(errno, std::generic_category(), "setrlimit");
  return up_to_hard.rlim_cur;
}

}  // namespace wirelab::lab
