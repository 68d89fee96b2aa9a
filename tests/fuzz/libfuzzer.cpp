// One program a target: WIRELAB_FUZZ_TARGET is its function.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wirelab::fuzz::WIRELAB_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
