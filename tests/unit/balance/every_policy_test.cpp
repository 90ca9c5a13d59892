// What docs/adding-a-policy.md promises of every policy in the registry.
#include <catch2/catch.hpp>
#include <set>

#include "lb/balance/registry.h"
#include "tests/unit/allocations.h"
#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

using Weights = std::vector<std::uint32_t>;

template <class Check>
void for_each_policy(Check check) {
  for (const PolicyEntry& entry : policies()) {
    const std::string name(entry.name);
    CAPTURE(name);
    check(entry.name);
  }
}

TEST_CASE("policies are found by their names, and only by those") {
  for_each_policy([](std::string_view name) { CHECK(make_policy(name, {}) != nullptr); });
  for (const char* name : {"", "round", "round_robin ", "Round_Robin"}) CHECK(make_policy(name, {}) == nullptr);
  std::set<std::string_view> names;
  for (const PolicyEntry& entry : policies()) names.insert(entry.name);
  CHECK(names == std::set<std::string_view>{"round_robin", "least_connections", "least_sessions", "random",
                                            "two_choices", "least_time", "hash", "first"});
}

TEST_CASE("every policy picks nothing where there is nothing to pick") {
  for_each_policy([](std::string_view name) {
    for (const Weights& weights : {Weights{}, Weights{0}, Weights{0, 0, 0}}) {
      const Pool pool(weights);
      PickState state = pool.state(1);
      CHECK(pool.policy(name)->pick({}, state) == std::nullopt);
    }
  });
}

TEST_CASE("every policy leaves out what was tried and what has no weight, to the last candidate") {
  for_each_policy([](std::string_view name) {
    const Pool pool({1, 0, 3, 256, 0, 2, 1});
    const auto policy = pool.policy(name);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      PickState state = pool.state(seed);
      std::vector<std::size_t> tried;
      for (int i = 0; i < 5; ++i) {
        const Pick pick = policy->pick({.tried = tried}, state);
        REQUIRE(pick);
        REQUIRE(pool.candidates.at(*pick).weight > 0);
        REQUIRE_FALSE(was_tried({.tried = tried}, *pick));
        tried.push_back(*pick);
      }
      CHECK(policy->pick({.tried = tried}, state) == std::nullopt);
    }
  });
}

TEST_CASE("every policy reaches every candidate with weight, from 1 of them to 10,000") {
  for_each_policy([](std::string_view name) {
    if (name == "first") return;  // Its promise is the contrary; those that were tried lead it on to the last.
    for (const std::size_t size : {1U, 2U, 3U, 10U, 100U, 10'000U}) {
      Pool pool(Weights(size, size < 1000 ? 3 : 256));
      const auto policy = pool.policy(name);
      PickState state = pool.state(size);
      std::set<std::size_t> seen;
      // Exchanges stay open and sessions stay, so that the policies that look at the load move on. 10,000 are sampled.
      const std::size_t picks = size < 1000 ? size * 30 : 300;
      for (std::size_t i = 0; i < picks; ++i) {
        const std::size_t pick = policy->pick({}, state).value();
        REQUIRE(pick < size);
        ++pool.loads[pick].in_flight;
        pool.loads[pick].sessions.place();
        seen.insert(pick);
      }
      CAPTURE(size);
      CHECK(seen.size() >= std::min<std::size_t>(size, 290));
    }
  });
}

TEST_CASE("every policy that says so shares by weight when the backends are equally loaded, and no other") {
  const Weights weights = {4, 1, 0, 3};
  for (const PolicyEntry& entry : policies()) {
    const std::string name(entry.name);
    CAPTURE(name);
    const Pool pool(weights);
    const auto policy = pool.policy(entry.name);
    PickState state = pool.state(11);
    const auto counts = count_picks(*policy, state, 80'000, 4);
    CHECK(counts[2] == 0);
    CHECK((chi_square(counts, weights) < 18.5) == entry.shares_by_weight);
  }
}

TEST_CASE("weights in another unit are the same weights, and parts of one are shares too") {
  constexpr std::uint32_t unit = 10;
  const Weights weights = {40, 1, 0, 30, 10};  // 4, a tenth of one, none, 3, 1.
  for (const PolicyEntry& entry : policies()) {
    if (!entry.follows_slow_start) continue;
    const std::string name(entry.name);
    CAPTURE(name);
    const Pool pool(weights);
    const auto policy = entry.make(pool.candidates, {.weight_unit = unit});
    PickState state = pool.state(13);
    const auto counts = count_picks(*policy, state, 81'000, weights.size());
    CHECK(counts[2] == 0);
    CHECK(chi_square(counts, weights) < 18.5);
    CHECK(counts[1] > 800);
  }
}

TEST_CASE("with weights in another unit a loaded backend is judged as before") {
  for (const PolicyEntry& entry : policies()) {
    if (!entry.follows_slow_start) continue;
    const std::string name(entry.name);
    CAPTURE(name);
    Pool whole({2, 1, 3});
    Pool tenths({20, 10, 30});
    const auto policy = whole.policy(entry.name);
    const auto in_tenths = entry.make(tenths.candidates, {.weight_unit = 10});
    for (Pool* pool : {&whole, &tenths}) {
      pool->set_loads({3, 1, 2});
      pool->set_sessions({3, 1, 2});
      for (BackendLoad& load : pool->loads) {
        load.answer_time.record(std::chrono::milliseconds(1 + 3 * load.in_flight), TimePoint{});
      }
    }
    PickState one = whole.state(5);
    PickState other = tenths.state(5);
    const auto counts = count_picks(*policy, one, 30'000, 3);
    const auto counts_in_tenths = count_picks(*in_tenths, other, 30'000, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(static_cast<double>(counts_in_tenths[i]) == Approx(static_cast<double>(counts[i])).margin(600));
    }
  }
}

TEST_CASE("slow start counts for whom weights are shares, but for who has keys to keep") {
  for (const PolicyEntry& entry : policies()) {
    CHECK(entry.follows_slow_start == (entry.shares_by_weight && entry.name != "hash"));
  }
}

TEST_CASE("every policy repeats its picks from the same seed") {
  for_each_policy([](std::string_view name) {
    const Pool pool({1, 2, 3, 4});
    const auto policy = pool.policy(name);
    PickState one = pool.state(5);
    PickState other = pool.state(5);
    for (int i = 0; i < 200; ++i) REQUIRE(policy->pick({}, one) == policy->pick({}, other));
  });
}

TEST_CASE("no pick allocates") {
  for_each_policy([](std::string_view name) {
    const Pool pool({1, 2, 0, 4, 5});
    const auto policy = pool.policy(name);
    PickState state = pool.state(5);
    const std::size_t tried[] = {1, 3};
    CHECK(test::allocations_of([&] {
            for (int i = 0; i < 100; ++i) {
              policy->pick({}, state);
              policy->pick({.tried = tried}, state);
            }
          }) == 0);
  });
}

}  // namespace
}  // namespace stickler::balance
