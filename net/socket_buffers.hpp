#pragma once
// What the kernel has set aside for the data of one socket, read with SO_MEMINFO (socket(7) does not have it;
// linux/sock_diag.h does): `ss -m` shows the same numbers.
#include <cstdint>

namespace wirelab::net {

/// Bytes of kernel memory charged to this socket's queues: received and not read, sent and not acknowledged, reserved
/// for what comes next, and options. Whole buffers count, with the kernel's own headers in them, so it is more than the
/// data. 0 for a socket at rest: the structures that every socket is made of (about 4 KiB) are not in it. 0 as well
/// for what is no socket.
std::uint64_t socket_buffer_bytes(int fd);

}  // namespace wirelab::net
