#include "bench/histogram.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "lb/base/random.h"

namespace stickler::bench {
namespace {

TEST_CASE("an empty histogram has neither quantiles nor a mean") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.quantile(0.99) == Duration{});
  CHECK(histogram.mean() == Duration{});
}

TEST_CASE("quantiles are the exact ones, off by less than one part in 1,024, over nine orders of magnitude") {
  Random random(7);
  std::vector<std::int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::int64_t>(std::exp(random.unit() * std::log(3.6e12))));
    histogram.record(Duration(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.0001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    CAPTURE(share);
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
    const auto exact = static_cast<double>(values[rank]);
    const auto found = static_cast<double>(histogram.quantile(share).count());
    CHECK(found >= exact);
    CHECK(found <= exact * (1 + 1.0 / 1024) + 1);
  }
  CHECK(histogram.max() == Duration(values.back()));
}

TEST_CASE("adding histograms is recording all of their values in one") {
  Histogram a;
  Histogram b;
  Histogram both;
  for (int i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? a : b).record(Duration(i * i * 1000));
    both.record(Duration(i * i * 1000));
  }
  a.add(b);
  CHECK(a.count() == both.count());
  CHECK(a.mean() == both.mean());
  for (const double share : {0.1, 0.5, 0.99}) CHECK(a.quantile(share) == both.quantile(share));
}

TEST_CASE("a clock that went backwards counts as no time at all") {
  Histogram histogram;
  histogram.record(Duration(-5));
  CHECK(histogram.count() == 1);
  CHECK(histogram.quantile(1) == Duration{});
}

}  // namespace
}  // namespace stickler::bench
