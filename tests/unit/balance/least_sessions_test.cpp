#include "lb/balance/least_sessions.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

TEST_CASE("the backend with fewest log-in sessions per weight is picked, whatever is open") {
  struct Row {
    std::vector<std::uint32_t> weights, sessions;
    std::vector<std::size_t> tried;
    std::size_t picked;
  };
  const std::vector<Row> rows = {
      {{1, 1, 1}, {500, 300, 400}, {}, 1},  {{1, 1, 1}, {500, 300, 400}, {1}, 2},
      {{10, 1, 1}, {900, 100, 100}, {}, 0}, {{10, 1, 1}, {1100, 100, 200}, {}, 1},
      {{0, 1, 1}, {0, 800, 700}, {}, 2},    {{1, 256}, {4'000'000'000, 4'000'000'000}, {}, 1},
  };
  for (const Row& row : rows) {
    Pool pool(row.weights);
    pool.set_sessions(row.sessions);
    std::vector<std::uint32_t> in_flight(row.weights.size());
    in_flight[row.picked] = 1000;
    pool.set_loads(in_flight);
    const auto policy = pool.policy("least_sessions");
    PickState state = pool.state(1);
    for (int i = 0; i < 5; ++i) CHECK(policy->pick({.tried = row.tried}, state) == row.picked);
  }
}

// Sessions that are placed one after the other, by two workers that know of each other only what the load says.
std::vector<std::uint32_t> place(Pool& pool, std::uint32_t sessions) {
  const auto policy = pool.policy("least_sessions");
  PickState workers[] = {pool.state(1), pool.state(2)};
  for (std::uint32_t i = 0; i < sessions; ++i) {
    SessionLoad& picked = pool.loads[policy->pick({}, workers[i % 2]).value()].sessions;
    picked.place();
    picked.begin();
  }
  std::vector<std::uint32_t> all;
  for (const BackendLoad& load : pool.loads) all.push_back(load.sessions.now());
  return all;
}

TEST_CASE("log-ins between two counts fill up what has least, and do not all go there") {
  struct Row {
    std::vector<std::uint32_t> weights, counted;
    std::uint32_t log_ins;
    std::vector<std::uint32_t> then;
  };
  const std::vector<Row> rows = {
      {{1, 1, 1}, {100, 40, 100}, 30, {100, 70, 100}}, {{1, 1, 1}, {100, 40, 100}, 120, {120, 120, 120}},
      {{1, 1, 1}, {0, 0, 0}, 300, {100, 100, 100}},    {{3, 1, 0}, {0, 0, 50}, 400, {300, 100, 50}},
      {{2, 1, 1}, {0, 90, 0}, 300, {195, 98, 97}},  // 97.5 for each weight.
  };
  for (const Row& row : rows) {
    Pool pool(row.weights);
    pool.set_sessions(row.counted);
    const auto then = place(pool, row.log_ins);
    CHECK(std::accumulate(then.begin(), then.end(), 0U) ==
          std::accumulate(row.counted.begin(), row.counted.end(), row.log_ins));
    for (std::size_t i = 0; i < then.size(); ++i) CHECK(std::abs(double(then[i]) - double(row.then[i])) <= 1);
  }
}

TEST_CASE("what is counted afterwards is what the next log-ins go by") {
  Pool pool({1, 1});
  CHECK(place(pool, 100) == std::vector<std::uint32_t>{50, 50});
  pool.set_sessions({50, 10});  // Forty have ended there.
  CHECK(place(pool, 40) == std::vector<std::uint32_t>{50, 50});
}

}  // namespace
}  // namespace stickler::balance
