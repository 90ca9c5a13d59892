#include "lb/balance/two_choices.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

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
  Pool pool(std::vector<std::uint32_t>(100, 1));
  const auto policy = pool.policy("two_choices");
  PickState state = pool.state(6);
  for (int i = 0; i < 100'000; ++i) ++pool.loads[policy->pick({}, state).value()].in_flight;
  std::uint32_t most = 0;
  for (const auto& load : pool.loads) most = std::max(most, load.in_flight.load());
  CHECK(most <= 1000 + 5);  // One random choice would be off by about 100.
}

}  // namespace
}  // namespace stickler::balance
