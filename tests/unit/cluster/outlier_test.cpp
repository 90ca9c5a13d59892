#include "lb/cluster/outlier.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a streak is failures in a row: a success ends it, its completion begins a new one") {
  FailureStreak streak;
  const auto failures = [&](int count) {
    int completed = 0;
    for (int i = 0; i < count; ++i) completed += streak.record(false, 3) ? 1 : 0;
    return completed;
  };
  CHECK(failures(2) == 0);
  CHECK_FALSE(streak.record(true, 3));
  CHECK(streak.in_a_row() == 0);
  CHECK(failures(2) == 0);
  CHECK(failures(1) == 1);
  CHECK(streak.in_a_row() == 0);
  CHECK(failures(7) == 2);
  CHECK(streak.in_a_row() == 1);
  streak.reset();
  CHECK(streak.in_a_row() == 0);
}

TEST_CASE("a limit of one ejects at the first failure") {
  FailureStreak streak;
  CHECK(streak.record(false, 1));
  CHECK(streak.record(false, 1));
}

TEST_CASE("a limit that was lowered below the streak is reached by the next failure") {
  FailureStreak streak;
  for (int i = 0; i < 5; ++i) streak.record(false, 10);
  CHECK(streak.record(false, 3));
}

TEST_CASE("workers that fail at the same time complete about as many streaks as one would") {
  constexpr std::size_t workers = 4, failures = 20'000, limit = 5;
  FailureStreak streak;
  std::vector<std::size_t> completed(workers);
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < workers; ++w) {
    threads.emplace_back([&streak, &count = completed[w]] {
      for (std::size_t i = 0; i < failures; ++i) count += streak.record(false, limit) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  std::size_t total = 0;
  for (const std::size_t count : completed) total += count;
  // Each completion may wipe out the failures that the others add meanwhile, and several may see one streak complete.
  CHECK(total >= workers * failures / (limit + workers) - 1);
  CHECK(total <= workers * failures / limit * workers);
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

TEST_CASE("each ejection lasts one `eject` longer than the one before, up to five, until the backend stays well") {
  const OutlierRules rules{.eject = 10s};
  Ejection ejection;
  TimePoint now = TimePoint{} + 1h;
  CHECK_FALSE(ejection.active());
  for (const int times : {1, 2, 3, 4, 5, 5, 5}) {
    const TimePoint end = ejection.start(rules, now);
    CHECK(end - now == times * 10s);
    CHECK(ejection.until() == end);
    ejection.end();
    CHECK_FALSE(ejection.active());
    now = end + 9s;  // Ill again sooner than its last ejection was long.
  }
  now += 41s;  // 50 s after the last end.
  CHECK(ejection.start(rules, now) - now == 10s);
}

TEST_CASE("an ejection that is ended early still counts as one when the next comes soon") {
  Ejection ejection;
  const TimePoint now = TimePoint{} + 1h;
  ejection.start({.eject = 10s}, now);
  ejection.end();
  CHECK(ejection.start({.eject = 10s}, now + 1s) - now == 21s);
}

}  // namespace
}  // namespace stickler::cluster
