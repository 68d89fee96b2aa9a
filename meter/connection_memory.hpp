#pragma once
// What a connection at rest costs the kernel, besides the process's own memory and the data in its queues: the
// structures that it is made of. A process sees none of them in its resident memory.
#include <cstdint>
#include <filesystem>
#include <optional>

namespace wirelab::meter {

/// Bytes of an accepted TCP connection that is watched by epoll: the sizes of its socket (struct tcp_sock, IPv4),
/// inode, file, directory entry and epoll entry, as the kernel's slab allocator has them. The same for every connection
/// until the next kernel; what slabs waste between objects is not in it. Nullopt where this process is not told: only
/// root may read `slabinfo` (slabinfo(5)), and a kernel may have merged one of these slabs with another of its size.
std::optional<std::uint64_t> read_connection_structures_bytes(const std::filesystem::path& slabinfo = "/proc/slabinfo");

}  // namespace wirelab::meter
