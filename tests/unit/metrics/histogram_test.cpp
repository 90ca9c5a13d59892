#include "lb/metrics/histogram.h"

#include <catch2/catch.hpp>

namespace stickler::metrics {
namespace {

using namespace std::chrono_literals;

HistogramTotals totals_of(const Histogram& histogram) {
  HistogramTotals totals;
  histogram.add_to(totals);
  return totals;
}

TEST_CASE("a duration falls into the bucket whose bound it does not exceed") {
  struct Row {
    Duration duration;
    Duration bound;
  };
  const Row rows[] = {
      {-5ns, 1us},
      {0ns, 1us},
      {1ns, 1us},
      {1000ns, 1us},
      {1001ns, 2us},
      {99us, 99us},
      {100us, 100us},
      {101us, 110us},
      {110us, 110us},
      {110001ns, 120us},
      {999us, 1ms},
      {1ms, 1ms},
      {1000001ns, 1100us},
      {2500us, 2500us},
      {2501us, 2600us},
      {9990us, 10ms},
      {25ms, 25ms},
      {1s, 1s},
      {1001ms, 1100ms},
      {60s, 60s},
      {999s, 1000s},
      {1000s, 1000s},
      {1000s + 1ns, Duration::max()},
      {24h * 365, Duration::max()},
  };
  for (const Row& row : rows) {
    INFO(row.duration.count());
    CHECK(histogram::upper_bound(histogram::bucket_of(row.duration)) == row.bound);
  }
}

TEST_CASE("the bounds of the buckets rise, and each bucket holds its own bound") {
  for (std::size_t i = 0; i + 1 < histogram::buckets; ++i) {
    CAPTURE(i);
    REQUIRE(histogram::upper_bound(i) < histogram::upper_bound(i + 1));
    REQUIRE(histogram::bucket_of(histogram::upper_bound(i)) == i);
    REQUIRE(histogram::bucket_of(histogram::upper_bound(i) + 1ns) == i + 1);
  }
}

TEST_CASE("a bucket is at most a tenth wider than its lower bound from 10 us on") {
  for (std::size_t i = 10; i + 1 < histogram::buckets; ++i) {
    const Duration lower = histogram::upper_bound(i - 1);
    CHECK((histogram::upper_bound(i) - lower) * 10 <= lower);
  }
}

TEST_CASE("the sums of several workers' histograms add up") {
  Histogram a;
  Histogram b;
  a.count(1ms);
  a.count(3ms);
  b.count(2s);
  HistogramTotals totals = totals_of(a);
  b.add_to(totals);
  CHECK(totals.count == 3);
  CHECK(totals.sum == 2004ms);
  CHECK(totals.count_up_to(1ms) == 1);
  CHECK(totals.count_up_to(2500us) == 1);
  CHECK(totals.count_up_to(5ms) == 2);
  CHECK(totals.count_up_to(10s) == 3);
}

TEST_CASE("a quantile is the bound that so many durations do not exceed") {
  Histogram histogram;
  CHECK(totals_of(histogram).quantile(0.5) == 0ns);
  for (int i = 1; i <= 100; ++i) histogram.count(std::chrono::milliseconds(i));
  const HistogramTotals totals = totals_of(histogram);
  CHECK(totals.quantile(0.0) == 1ms);
  CHECK(totals.quantile(0.5) == 50ms);
  CHECK(totals.quantile(0.99) == 99ms);
  CHECK(totals.quantile(1.0) == 100ms);
}

TEST_CASE("a duration beyond the last bound is counted, and read as the last bound") {
  Histogram histogram;
  histogram.count(2h);
  const HistogramTotals totals = totals_of(histogram);
  CHECK(totals.count == 1);
  CHECK(totals.sum == 2h);
  CHECK(totals.quantile(0.5) == 1000s);
}

}  // namespace
}  // namespace stickler::metrics
