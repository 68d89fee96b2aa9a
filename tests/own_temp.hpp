#pragma once
// A name for a file or folder that is this process's own: CTest runs a program's tests side by side, each in a process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace wirelab::tests {

inline std::string own_temp(const std::string& name) {
  return testing::TempDir() + "wirelab_" + std::to_string(getpid()) + "_" + name;
}

}  // namespace wirelab::tests
