// Histogram: durations in buckets of two significant decimal digits, from 1 us to 1,000 s. One thread counts, any
// reads. Counting allocates nothing and takes no lock.
//
// Decimal, so that the bounds Prometheus is shown (1 ms, 2.5 ms ...) are bucket bounds and their counts exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lb/base/clock.h"
#include "lb/base/counter.h"

namespace stickler::metrics {

namespace histogram {
inline constexpr std::size_t exact = 100;      // 1..100 us: a bucket each.
inline constexpr std::size_t per_decade = 90;  // From there on.
inline constexpr std::size_t decades = 7;
inline constexpr std::size_t buckets = exact + decades * per_decade + 1;  // The last: longer than 1,000 s.

// A bucket holds the durations above its predecessor's upper bound, up to and with its own.
std::size_t bucket_of(Duration duration);
Duration upper_bound(std::size_t bucket);  // Duration::max() for the last.
}  // namespace histogram

// A sum over workers, as read at one time.
struct HistogramTotals {
  std::array<std::uint64_t, histogram::buckets> buckets{};
  std::uint64_t count = 0;
  Duration sum{};

  std::uint64_t count_up_to(Duration bound) const;  // Exact where `bound` is a bucket's.
  Duration quantile(double share) const;  // The bound that `share` of the durations do not exceed; 0: none yet.
};

class Histogram {
 public:
  void count(Duration duration) {
    buckets_[histogram::bucket_of(duration)].add();
    if (duration > Duration::zero()) sum_ns_.add(static_cast<std::uint64_t>(duration.count()));
  }

  void add_to(HistogramTotals& totals) const;

 private:
  std::array<Counter, histogram::buckets> buckets_;
  Counter sum_ns_;
};

}  // namespace stickler::metrics
