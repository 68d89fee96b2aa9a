#pragma once
// What a process and all that it started have cost so far, read from outside (/proc, clock_getcpuclockid(3)): for a
// server that cannot be asked. One that forks its workers, as nginx does, is measured whole.
//
// Threads share what their process has; processes share memory too, and a page is counted in each that has touched it.
// A child that ended between two readings takes its share with it: the second is then too low.
#include <sys/types.h>
#include <vector>

#include "meter/process_load.hpp"

namespace wirelab::meter {

/// `pid`, its children, theirs, and so on, as they are now. Empty when there is no such process.
std::vector<pid_t> process_tree(pid_t pid);

/// Of the whole tree, added up. Throws std::runtime_error, naming the process and what to do, when there is none or
/// this user may not look at it.
ProcessLoad read_tree_load(pid_t pid);

}  // namespace wirelab::meter
