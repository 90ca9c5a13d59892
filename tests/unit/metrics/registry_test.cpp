#include "lb/metrics/registry.h"

#include <catch2/catch.hpp>
#include <vector>

namespace stickler::metrics {
namespace {

TEST_CASE("the same worker and name yield the same counters, whatever else was made since") {
  Registry registry;
  PoolCounters* first = &registry.pool(0, "login");
  for (std::uint32_t worker = 0; worker < 8; ++worker) {
    for (int i = 0; i < 50; ++i) registry.pool(worker, "pool" + std::to_string(i));
  }
  CHECK(&registry.pool(0, "login") == first);
  CHECK(&registry.pool(1, "login") != first);
  CHECK(&registry.pool(0, "pool1") != first);
}

TEST_CASE("counters of two workers do not share a cache line") {
  Registry registry;
  const auto a = reinterpret_cast<std::uintptr_t>(&registry.backend(0, "login", "a"));
  const auto b = reinterpret_cast<std::uintptr_t>(&registry.backend(1, "login", "a"));
  CHECK(a % 64 == 0);
  CHECK(b % 64 == 0);
}

TEST_CASE("a backend's counters belong to its pool") {
  Registry registry;
  registry.backend(0, "login", "a").connects.add(3);
  registry.backend(0, "shop", "a").connects.add(4);
  CHECK(registry.backend_totals("login", "a").connects == 3);
  CHECK(registry.backend_totals("shop", "a").connects == 4);
  registry.backend(0, "login", "a").well.add(5);
  registry.backend(1, "login", "a").well.add(2);
  registry.backend(1, "login", "a").failed.add(1);
  CHECK(registry.backend_outcomes("login", "a").well == 7);
  CHECK(registry.backend_outcomes("login", "a").failed == 1);
  CHECK(registry.backend_outcomes("login", "nobody").well == 0);
}

TEST_CASE("totals are sums over the workers that counted") {
  Registry registry;
  registry.listener(0, "web").requests.count(200);
  registry.listener(3, "web").requests.count(204);
  registry.listener(3, "web").refusals[7].add(2);
  registry.listener(0, "web").duration.count(std::chrono::milliseconds(1));
  const ListenerTotals totals = registry.listener_totals("web");
  CHECK(totals.requests.cells[2] == 2);
  CHECK(totals.refusals[7] == 2);
  CHECK(totals.duration.count == 1);
  CHECK(sum(totals.requests) == 2);
}

TEST_CASE("every pool and backend counter reaches its total") {
  Registry registry;
  PoolCounters& pool = registry.pool(0, "p");
  std::uint64_t by = 0;
  for (Counter* counter :
       {&pool.attempts, &pool.retries, &pool.retry_budget_exhausted, &pool.no_backend, &pool.queued, &pool.queue_left,
        &pool.sessions_evicted, &pool.verdicts[1], &pool.failures[2], &pool.requests.cells[5]}) {
    counter->add(++by);
  }
  const PoolTotals totals = registry.pool_totals("p");
  CHECK(std::vector<std::uint64_t>{totals.attempts, totals.retries, totals.retry_budget_exhausted, totals.no_backend,
                                   totals.queued, totals.queue_left, totals.sessions_evicted, totals.verdicts[1],
                                   totals.failures[2], totals.requests.cells[5]} ==
        std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  BackendCounters& backend = registry.backend(0, "p", "b");
  by = 0;
  for (Counter* counter : {&backend.connects, &backend.reused, &backend.bytes_in, &backend.bytes_out,
                           &backend.failures[3], &backend.requests.cells[0]}) {
    counter->add(++by);
  }
  const BackendTotals sums = registry.backend_totals("p", "b");
  CHECK(std::vector<std::uint64_t>{sums.connects, sums.reused, sums.bytes_in, sums.bytes_out, sums.failures[3],
                                   sums.requests.cells[0]} == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("what was never counted reads as zero") {
  const Registry registry;
  CHECK(sum(registry.pool_totals("nobody").requests) == 0);
  CHECK(registry.pools().empty());
}

TEST_CASE("what is still open is never less than nothing") {
  CHECK(still_open(7, 2) == 5);
  CHECK(still_open(2, 2) == 0);
  CHECK(still_open(2, 3) == 0);
}

TEST_CASE("a status belongs to the class of its first digit") {
  CHECK(code_classes[code_class_of(101)] == "1xx");
  CHECK(code_classes[code_class_of(299)] == "2xx");
  CHECK(code_classes[code_class_of(503)] == "5xx");
  CHECK(code_classes[code_class_of(0)] == "none");
  CHECK(code_classes[code_class_of(600)] == "none");
  CHECK(code_classes[code_class_of(999)] == "none");
}

}  // namespace
}  // namespace stickler::metrics
