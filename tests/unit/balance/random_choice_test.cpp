#include <catch2/catch.hpp>

#include "lb/balance/random.h"
#include "lb/balance/two_choices.h"
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

TEST_CASE("two choices never takes the more loaded of two") {
  Pool pool({1, 1});
  const auto policy = pool.policy("two_choices");
  PickState state = pool.state(2);
  pool.set_loads({8, 7});
  for (int i = 0; i < 100; ++i) CHECK(policy->pick({}, state) == 1);
  pool.set_loads({7, 8});
  for (int i = 0; i < 100; ++i) CHECK(policy->pick({}, state) == 0);
}

TEST_CASE("two choices compares load per weight") {
  Pool pool({2, 1});
  const auto policy = pool.policy("two_choices");
  PickState state = pool.state(2);
  pool.set_loads({3, 2});
  for (int i = 0; i < 100; ++i) CHECK(policy->pick({}, state) == 0);
  pool.set_loads({5, 2});
  for (int i = 0; i < 100; ++i) CHECK(policy->pick({}, state) == 1);
}

TEST_CASE("two choices never picks the most loaded backend of several, and the idle one most") {
  Pool pool({1, 1, 1, 1, 1});
  pool.set_loads({0, 10, 20, 30, 40});
  const auto policy = pool.policy("two_choices");
  PickState state = pool.state(9);
  const auto counts = count_picks(*policy, state, 50'000, 5);
  CHECK(counts[4] == 0);
  // Of the 10 pairs, 4 have backend 0 as the better, 3 backend 1, and so on.
  CHECK(chi_square({counts[0], counts[1], counts[2], counts[3]}, {4, 3, 2, 1}) < 21.2);
}

TEST_CASE("two choices with one backend left takes it, whatever its load") {
  Pool pool({1, 1, 0});
  pool.set_loads({0, 1000, 0});
  const auto policy = pool.policy("two_choices");
  PickState state = pool.state(1);
  const std::size_t tried[] = {0};
  for (int i = 0; i < 20; ++i) CHECK(policy->pick({.tried = tried}, state) == 1);
}

TEST_CASE("two choices is nearly as even as least connections: 100,000 exchanges on 100 backends") {
  Pool pool(Weights(100, 1));
  const auto policy = pool.policy("two_choices");
  PickState state = pool.state(6);
  for (int i = 0; i < 100'000; ++i) ++pool.loads[policy->pick({}, state).value()].in_flight;
  std::uint32_t most = 0;
  for (const auto& load : pool.loads) most = std::max(most, load.in_flight.load());
  CHECK(most <= 1000 + 5);  // One random choice would be off by about 100.
}

}  // namespace
}  // namespace stickler::balance
