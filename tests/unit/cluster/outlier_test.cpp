#include "lb/cluster/outlier.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <thread>
#include <vector>

namespace stickler::cluster {
namespace {

TEST_CASE("a streak is failures in a row: only a success ends it") {
  FailureStreak streak;
  for (int i = 0; i < 4; ++i) streak.record(false, 3);
  CHECK(streak.in_a_row() == 4);
  CHECK_FALSE(streak.record(true, 3));
  CHECK(streak.in_a_row() == 0);
  streak.record(false, 3);
  CHECK(streak.in_a_row() == 1);
  streak.reset();
  CHECK(streak.in_a_row() == 0);
}

TEST_CASE("control is told of a streak when it may matter, and again with every `limit` more") {
  struct Row {
    std::uint32_t limit;
    std::vector<int> told;  // Of twelve failures in a row.
  };
  for (const Row& row : {Row{1, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
                         {2, {2, 4, 6, 8, 10, 12}},
                         {3, {2, 3, 6, 9, 12}},
                         {5, {2, 5, 10}},
                         {100, {2}}}) {
    CAPTURE(row.limit);
    FailureStreak streak;
    std::vector<int> told;
    for (int i = 1; i <= 12; ++i) {
      if (streak.record(false, row.limit)) told.push_back(i);
    }
    CHECK(told == row.told);
  }
}

TEST_CASE("failures that workers record at the same time are all counted, and each `limit` is told once") {
  constexpr std::uint32_t workers = 4, failures = 20'000, limit = 5;
  FailureStreak streak;
  std::vector<std::uint32_t> told(workers);
  std::vector<std::thread> threads;
  for (std::uint32_t w = 0; w < workers; ++w) {
    threads.emplace_back([&streak, &count = told[w]] {
      for (std::uint32_t i = 0; i < failures; ++i) count += streak.record(false, limit) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(streak.in_a_row() == workers * failures);
  CHECK(std::accumulate(told.begin(), told.end(), 0U) == workers * failures / limit + 1);
}

TEST_CASE("how many may be ejected: rounded down, and never a single backend") {
  struct Row {
    std::size_t members;
    std::uint32_t percent;
    std::size_t max;
  };
  for (const Row& row : {Row{0, 50, 0},
                         {1, 50, 0},
                         {1, 100, 0},
                         {2, 50, 1},
                         {2, 49, 0},
                         {3, 50, 1},
                         {3, 100, 3},
                         {4, 50, 2},
                         {10, 25, 2},
                         {10, 0, 0},
                         {10'000, 33, 3300}}) {
    CAPTURE(row.members, row.percent);
    CHECK(ejected_max(row.members, {.max_ejected_percent = row.percent}) == row.max);
  }
}

}  // namespace
}  // namespace stickler::cluster
