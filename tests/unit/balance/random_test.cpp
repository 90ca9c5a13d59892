#include "lb/balance/random.h"

#include <catch2/catch.hpp>

#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

using Weights = std::vector<std::uint32_t>;

// 0.9999 quantiles of chi-square: with fixed seeds a correct draw passes for ever, and a wrong one by far not.
double limit_of(std::size_t degrees) {
  switch (degrees) {
    case 1:
      return 15.2;
    case 2:
      return 18.5;
    case 4:
      return 23.6;
    default:
      return 33.8;  // 9.
  }
}

TEST_CASE("random draws every backend with the chance of its weight") {
  for (const Weights& weights : {Weights{1, 1}, Weights{1, 2, 3}, Weights{256, 1, 17, 90, 3}, Weights(10, 5)}) {
    const Pool pool(weights);
    const auto policy = pool.policy("random");
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      PickState state = pool.state(seed);
      const auto counts = count_picks(*policy, state, 100'000, weights.size());
      CAPTURE(weights, seed, counts);
      CHECK(chi_square(counts, weights) < limit_of(weights.size() - 1));
    }
  }
}

TEST_CASE("what is left after a failed try keeps its relative chances, also where the tried hold most of the weight") {
  const Weights weights = {200, 1, 2, 200};
  const Pool pool(weights);
  const auto policy = pool.policy("random");
  PickState state = pool.state(4);
  const std::size_t tried[] = {0, 3};
  std::vector<std::size_t> counts(4);
  for (int i = 0; i < 60'000; ++i) ++counts[policy->pick({.tried = tried}, state).value()];
  CHECK(counts[0] == 0);
  CHECK(counts[3] == 0);
  CHECK(chi_square(counts, {0, 1, 2, 0}) < limit_of(1));
}

}  // namespace
}  // namespace stickler::balance
