#include "lb/proxy/retry.h"

#include <catch2/catch.hpp>

namespace stickler::proxy {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start = TimePoint{} + 1h;

// How many of `wanted` retries the budget gives at one moment.
int taken(RetryBudget& budget, TimePoint now, std::uint32_t percent, int wanted) {
  int count = 0;
  for (int i = 0; i < wanted; ++i) count += budget.take(now, percent) ? 1 : 0;
  return count;
}

void count_requests(RetryBudget& budget, TimePoint now, int count) {
  for (int i = 0; i < count; ++i) budget.count_request(now);
}

TEST_CASE("what may be tried again: what did not arrive, or does no harm twice") {
  struct Row {
    const char* what;
    FailedAttempt attempt;
    bool retry;
  };
  const std::vector<Row> rows = {
      {"no connection, any method", {}, true},
      {"no connection, GET", {.idempotent = true}, true},
      {"no connection, but its body is gone", {.body_replayable = false}, false},
      {"sent, POST", {.connected = true}, false},
      {"sent, GET", {.connected = true, .idempotent = true}, true},
      {"sent, PUT whose body is gone", {.connected = true, .idempotent = true, .body_replayable = false}, false},
      {"sent, GET, the backend is still at work", {.connected = true, .timed_out = true, .idempotent = true}, false},
      {"answered, GET", {.connected = true, .answer_began = true, .idempotent = true}, false},
      {"answered, POST", {.connected = true, .answer_began = true}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(may_retry(row.attempt) == row.retry);
  }
}

TEST_CASE("a quiet pool may retry ten times a second, over ten seconds") {
  RetryBudget budget(1);
  CHECK(taken(budget, start, 20, 200) == 100);
  CHECK(taken(budget, start + 9s, 20, 10) == 0);
  CHECK(taken(budget, start + 10s, 20, 200) == 100);
}

TEST_CASE("each worker has its part of the floor, and at least one") {
  for (const auto& [workers, part] : {std::pair{4U, 25}, {100U, 1}, {1000U, 1}}) {
    RetryBudget budget(workers);
    CHECK(taken(budget, start, 20, 200) == part);
  }
}

TEST_CASE("a busy pool may retry its share of the requests of the last ten seconds") {
  struct Row {
    int requests;
    std::uint32_t percent;
    int retries;
  };
  for (const Row& row :
       {Row{1000, 20, 200}, {1000, 10, 100}, {1000, 5, 100}, {10'000, 1, 100}, {5000, 100, 5000}, {10'000, 0, 100}}) {
    RetryBudget budget(1);
    count_requests(budget, start, row.requests);
    CAPTURE(row.requests, row.percent);
    CHECK(taken(budget, start, row.percent, 6000) == row.retries);
  }
}

TEST_CASE("requests and retries count for ten seconds, each second by itself") {
  RetryBudget budget(1);
  count_requests(budget, start, 1000);
  CHECK(taken(budget, start + 5s, 20, 1000) == 200);
  count_requests(budget, start + 9s, 500);
  CHECK(taken(budget, start + 9s + 900ms, 20, 1000) == 100);  // 20 % of 1500, less 200.
  CHECK(taken(budget, start + 10s, 20, 1000) == 0);           // The first thousand is out: 100 of 500, and 300 taken.
  CHECK(taken(budget, start + 15s, 20, 1000) == 0);           // 100 are left of those taken, at 9.9 s.
  count_requests(budget, start + 16s, 1000);
  CHECK(taken(budget, start + 16s, 20, 1000) == 200);  // 300 of 1500, less 100.
}

TEST_CASE("after a pause the old seconds do not count") {
  RetryBudget budget(1);
  count_requests(budget, start, 100'000);
  CHECK(taken(budget, start + 1h, 20, 1000) == 100);
}

}  // namespace
}  // namespace stickler::proxy
