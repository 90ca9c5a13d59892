#include <catch2/catch.hpp>
#include <set>

#include "lb/balance/hash.h"
#include "lb/base/hash.h"
#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

constexpr HashTable tables[] = {HashTable::maglev, HashTable::ring};

std::unique_ptr<Policy> hash(const Pool& pool, const PolicyOptions& options) {
  return make_policy("hash", pool.candidates, options);
}

TEST_CASE("a key keeps its backend, on any worker, whatever the load") {
  Pool pool({1, 2, 3});
  for (const HashTable table : tables) {
    const auto policy = hash(pool, {.hash_table = table});
    PickState one = pool.state(1);
    PickState other = pool.state(2);
    std::set<std::size_t> seen;
    for (std::uint64_t key = 0; key < 200; ++key) {
      pool.set_loads({0, 0, 0});
      const Pick pick = policy->pick({.key = mix64(key)}, one);
      pool.set_loads({50, 50, 50});
      CHECK(policy->pick({.key = mix64(key)}, other) == pick);
      seen.insert(pick.value());
    }
    CHECK(seen.size() == 3);
  }
}

TEST_CASE("where the key's backend was tried, its next is the same each time, and not the same for all keys") {
  const Pool pool({1, 1, 1, 1});
  for (const HashTable table : tables) {
    const auto policy = hash(pool, {.hash_table = table});
    PickState state = pool.state(1);
    std::set<std::size_t> seconds;
    for (std::uint64_t key = 0; key < 300; ++key) {
      const std::size_t first[] = {policy->pick({.key = mix64(key)}, state).value()};
      const Pick second = policy->pick({.tried = first, .key = mix64(key)}, state);
      REQUIRE(second.value() != first[0]);
      CHECK(policy->pick({.tried = first, .key = mix64(key)}, state) == second);
      if (first[0] == 0) seconds.insert(*second);
    }
    CHECK(seconds == std::set<std::size_t>{1, 2, 3});
  }
}

TEST_CASE("requests without a key are spread") {
  const Pool pool({1, 1});
  const auto policy = hash(pool, {});
  PickState state = pool.state(1);
  const auto counts = count_picks(*policy, state, 1000, 2);
  CHECK(counts[0] > 400);
  CHECK(counts[1] > 400);
}

TEST_CASE("with a bound a hot key overflows to its next backend, and comes back when there is room") {
  Pool pool({1, 1, 1, 1});
  for (const HashTable table : tables) {
    const auto policy = hash(pool, {.hash_table = table, .bounded_load = 1.25});
    PickState state = pool.state(1);
    pool.set_loads({0, 0, 0, 0});
    const PickContext hot{.key = mix64(7)};
    const std::size_t own = policy->pick(hot, state).value();
    for (int open = 0; open < 100; ++open) ++pool.loads[policy->pick(hot, state).value()].in_flight;
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(i);
      CHECK(pool.loads[i].in_flight <= 33);  // 1.25 times its share of 101, rounded up.
    }
    CHECK(pool.loads[own].in_flight >= 31);
    pool.loads[own].in_flight = 3;
    CHECK(policy->pick(hot, state) == own);
  }
}

TEST_CASE("the bound is by weight, and the first exchange of all is within it") {
  Pool pool({1, 3});
  const auto policy = hash(pool, {.bounded_load = 1.01});
  PickState state = pool.state(1);
  for (int open = 0; open < 80; ++open) {
    const Pick pick = policy->pick({.key = mix64(static_cast<std::uint64_t>(open % 2))}, state);
    REQUIRE(pick);
    ++pool.loads[*pick].in_flight;
  }
  CHECK(pool.loads[0].in_flight <= 21);
  CHECK(pool.loads[1].in_flight <= 61);
}

TEST_CASE("where all the others were tried the last is found, however few slots it owns") {
  std::vector<std::uint32_t> weights(300, 256);
  weights[123] = 1;
  const Pool pool(weights);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (i != 123) others.push_back(i);
  }
  for (const HashTable table : tables) {
    const auto policy = hash(pool, {.hash_table = table, .bounded_load = 2});
    PickState state = pool.state(1);
    CHECK(policy->pick({.tried = others, .key = 1}, state) == 123);
  }
}

}  // namespace
}  // namespace stickler::balance
