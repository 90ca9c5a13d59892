#include "lb/balance/least_connections.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>

#include "lb/balance/relative_load.h"
#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

TEST_CASE("the backend with fewest exchanges per weight is picked, exactly") {
  struct Row {
    std::vector<std::uint32_t> weights, in_flight;
    std::vector<std::size_t> tried;
    std::size_t picked;
  };
  const std::vector<Row> rows = {
      {{1, 1, 1}, {5, 3, 4}, {}, 1},
      {{1, 1, 1}, {5, 3, 4}, {1}, 2},
      {{1, 1, 1}, {5, 3, 4}, {1, 2}, 0},
      {{10, 1, 1}, {9, 1, 1}, {}, 0},     // 0.9 a weight.
      {{10, 1, 1}, {11, 1, 2}, {}, 1},    // 1.1 against 1.
      {{3, 2, 256}, {3, 1, 129}, {}, 1},  // 1, 0.5 and a little more.
      {{0, 1, 1}, {0, 8, 7}, {}, 2},      // Without weight it is out, however idle.
      {{1, 256}, {4'000'000'000, 4'000'000'000}, {}, 1},
      {{256, 256}, {4'000'000'001, 4'000'000'000}, {}, 1},
  };
  for (const Row& row : rows) {
    Pool pool(row.weights);
    pool.set_loads(row.in_flight);
    const auto policy = pool.policy("least_connections");
    PickState state = pool.state(1);
    for (int i = 0; i < 5; ++i) CHECK(policy->pick({.tried = row.tried}, state) == row.picked);
  }
}

TEST_CASE("ties take turns by weight") {
  Pool pool({3, 1, 2});
  const auto policy = pool.policy("least_connections");
  PickState state = pool.state(7);
  CHECK(count_picks(*policy, state, 600, 3) == std::vector<std::size_t>{300, 100, 200});
  pool.set_loads({9, 3, 6});  // As heavily loaded each, by weight.
  CHECK(count_picks(*policy, state, 600, 3) == std::vector<std::size_t>{300, 100, 200});
  pool.set_loads({9, 2, 4});
  CHECK(count_picks(*policy, state, 300, 3) == std::vector<std::size_t>{0, 100, 200});
}

TEST_CASE("exchanges that stay open are spread so that no backend is one more than another") {
  Pool pool(std::vector<std::uint32_t>(7, 1));
  const auto policy = pool.policy("least_connections");
  PickState state = pool.state(3);
  Random random(5);
  std::deque<std::size_t> open;
  for (int i = 0; i < 5000; ++i) {
    const std::size_t picked = policy->pick({}, state).value();
    const auto least = std::ranges::min_element(pool.loads, {}, [](const auto& load) { return load.in_flight.load(); });
    REQUIRE(pool.loads[picked].in_flight == least->in_flight);
    ++pool.loads[picked].in_flight;
    open.push_back(picked);
    if (random.below(100) < 45) {
      --pool.loads[open.front()].in_flight;
      open.pop_front();
    }
  }
}

TEST_CASE("relative load compares fractions without rounding") {
  const auto load = [](std::uint64_t in_flight, std::uint64_t weight) { return RelativeLoad{in_flight, weight}; };
  CHECK(load(1, 3) < load(1, 2));
  CHECK_FALSE(load(1, 2) < load(2, 4));
  CHECK_FALSE(load(2, 4) < load(1, 2));
  CHECK(load(0, 1) < load(1, 256));
  CHECK(load(4'294'967'294, 256) < load(4'294'967'295, 256));
}

}  // namespace
}  // namespace stickler::balance
