#include <catch2/catch.hpp>

#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

TEST_CASE("first takes the first that has weight and was not tried, however loaded it is") {
  Pool pool({0, 1, 256, 2});
  const auto policy = pool.policy("first");
  PickState state = pool.state(1);
  pool.set_loads({0, 100, 0, 0});
  CHECK(policy->pick({}, state) == 1);
  const std::size_t one[] = {1};
  CHECK(policy->pick({.tried = one}, state) == 2);
  const std::size_t two[] = {2, 1};
  CHECK(policy->pick({.tried = two}, state) == 3);
}

}  // namespace
}  // namespace stickler::balance
