#include "net/socket_buffers.hpp"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>

namespace wirelab::net {

std::uint64_t socket_buffer_bytes(int fd) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return 0;
  // Not WMEM_ALLOC: what is on its way to the wire is still in the queue until it is acknowledged.
  std::uint64_t bytes = 0;
  for (const auto part :
       {SK_MEMINFO_RMEM_ALLOC, SK_MEMINFO_WMEM_QUEUED, SK_MEMINFO_FWD_ALLOC, SK_MEMINFO_OPTMEM, SK_MEMINFO_BACKLOG})
    bytes += info[part];
  return bytes;
}

}  // namespace wirelab::net
