#include "lb/balance/round_robin.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

using Weights = std::vector<std::uint32_t>;

// Picks as a text of indexes, e.g. "0010200".
std::string turns(const Policy& policy, PickState& state, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += std::to_string(policy.pick({}, state).value());
  return text;
}

std::size_t longest_run(const std::string& turns, char of) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char turn : turns) {
    run = turn == of ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

TEST_CASE("any stretch as long as the sum of the weights gives every backend exactly its weight") {
  const std::vector<Weights> rows = {{1},       {1, 1},          {3, 1},         {5, 1, 1},          {1, 2, 3, 4},
                                     {256, 1},  {256, 255, 254}, {1, 1, 1, 100}, {7, 0, 3, 0, 2, 2}, {2, 2, 2, 2},
                                     {0, 0, 17}};
  for (const Weights& weights : rows) {
    const Pool pool(weights);
    const auto policy = pool.policy("round_robin");
    std::size_t sum = 0;
    for (const std::uint32_t weight : weights) sum += weight;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      PickState state = pool.state(seed);
      // A window that slides over three rounds: one pick enters, one leaves.
      std::vector<std::size_t> picks;
      std::vector<std::size_t> in_window(weights.size());
      for (std::size_t at = 0; at < 3 * sum; ++at) {
        picks.push_back(policy->pick({}, state).value());
        ++in_window[picks.back()];
        if (at >= sum) --in_window[picks[at - sum]];
        if (at + 1 < sum) continue;
        CAPTURE(weights, seed, at);
        REQUIRE(std::ranges::equal(in_window, weights));
      }
    }
  }
}

TEST_CASE("turns are spread: weights 5, 1, 1 never give the first more than four in a row") {
  const Pool pool({5, 1, 1});
  const auto policy = pool.policy("round_robin");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    PickState state = pool.state(seed);
    const std::string picks = turns(*policy, state, 70);
    CAPTURE(seed, picks);
    CHECK(longest_run(picks, '0') <= 4);
    CHECK(longest_run(picks, '1') == 1);
    CHECK(longest_run(picks, '2') == 1);
  }
}

TEST_CASE("at any moment a backend is less than two turns from its share") {
  const Weights weights = {9, 5, 3, 1, 1};
  const Pool pool(weights);
  const auto policy = pool.policy("round_robin");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    PickState state = pool.state(seed);
    std::vector<double> counts(weights.size());
    for (int picks = 1; picks <= 200; ++picks) {
      counts[policy->pick({}, state).value()] += 1;
      for (std::size_t i = 0; i < weights.size(); ++i) REQUIRE(std::abs(counts[i] - picks * weights[i] / 19.0) < 2);
    }
  }
}

TEST_CASE("workers do not begin with the same backend in step") {
  const Pool pool(Weights(10, 1));
  const auto policy = pool.policy("round_robin");
  std::set<std::size_t> first;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    PickState state = pool.state(seed);
    first.insert(policy->pick({}, state).value());
  }
  CHECK(first.size() >= 6);
}

TEST_CASE("a retry passes over the tried backend, and the rest keep their shares") {
  const Pool pool({1, 2, 3});
  const auto policy = pool.policy("round_robin");
  PickState state = pool.state(1);
  std::vector<std::size_t> counts(3);
  const std::size_t tried[] = {1};
  for (int i = 0; i < 400; ++i) ++counts[policy->pick({.tried = tried}, state).value()];
  CHECK(counts == std::vector<std::size_t>{100, 0, 300});
}

TEST_CASE("a backend that joins gets its share and no burst") {
  const Pool before({1, 1});
  const Pool after({1, 1, 1});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    PickState state = before.state(seed);
    turns(*before.policy("round_robin"), state, 1001);
    state.remap(after.names);
    const std::string picks = turns(*after.policy("round_robin"), state, 9);
    CAPTURE(seed, picks);
    CHECK(longest_run(picks, '2') <= 2);
    CHECK(std::ranges::count(picks, '2') >= 2);
    CHECK(std::ranges::count(picks, '2') <= 4);
  }
}

TEST_CASE("a change of weights gives nobody a long run") {
  struct Row {
    Weights before, after;
  };
  const std::vector<Row> rows = {
      {{256, 1}, {1, 1}}, {{1, 256}, {1, 1}}, {{1, 1, 256}, {1, 1, 0}}, {{200, 3, 1}, {1, 1, 1}}};
  for (const Row& row : rows) {
    const Pool before(row.before);
    const Pool after(row.after);
    for (std::size_t turns_before = 0; turns_before < 300; turns_before += 7) {
      PickState state = before.state(turns_before);
      turns(*before.policy("round_robin"), state, turns_before);
      const std::string picks = turns(*after.policy("round_robin"), state, 300);
      CAPTURE(row.before, row.after, turns_before);
      for (const char backend : {'0', '1', '2'}) REQUIRE(longest_run(picks, backend) <= 8);
    }
  }
}

}  // namespace
}  // namespace stickler::balance
