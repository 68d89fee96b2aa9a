#pragma once
// Every connection is a file descriptor; the usual limit of 1,024 of them is the first one that a load test meets.
#include <cstdint>

namespace wirelab::lab {

/// Raises this process's limit on open descriptors to `wanted` if it is lower; as far as the system allows. Returns the
/// limit in force afterwards.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

}  // namespace wirelab::lab
