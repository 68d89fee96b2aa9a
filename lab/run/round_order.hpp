#pragma once
// The order in which a round runs its cells (transports; in a sweep, transports at points): random, so that what drifts
// in the machine meets all of them alike, and the same for the same seed everywhere.
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace wirelab::lab {

template <typename Cell>
std::vector<Cell> order_of_round(std::vector<Cell> cells, std::uint64_t round, std::uint64_t seed) {
  std::seed_seq seeds{seed & 0xffffffffU, seed >> 32, round & 0xffffffffU, round >> 32};
  std::mt19937_64 random(seeds);
  // Fisher and Yates' shuffle. std::shuffle may give another order with another standard library.
  for (std::size_t left = cells.size(); left > 1; --left) std::swap(cells[left - 1], cells[random() % left]);
  return cells;
}

}  // namespace wirelab::lab
