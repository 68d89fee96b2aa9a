#pragma once
// Which processors this process runs on. A server and a load generator that share a core measure each other.
#include <cstddef>
#include <vector>

namespace wirelab::lab {

/// The processors this process may use, ascending.
std::vector<int> allowed_cpus();

/// Confines this process, and the threads it starts from now on, to processor `first` and, for `count` above 1, to as
/// many of those after it as there are. Throws std::invalid_argument, saying which there are, when `first` is not
/// allowed.
void pin_to_cpus(int first, std::size_t count = 1);

}  // namespace wirelab::lab
