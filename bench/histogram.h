// Histogram: latencies with a bounded relative error, after HdrHistogram (Tene): buckets whose width doubles with the
// value's magnitude, 2^precision_bits of them an octave. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lb/base/clock.h"

namespace stickler::bench {

class Histogram {
 public:
  static constexpr unsigned precision_bits = 10;  // A value is off by less than 1 part in 2^10.

  void record(Duration value) { record(value, 1); }
  void record(Duration value, std::uint64_t times);  // Negative values count as zero.
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  Duration max() const { return Duration(static_cast<std::int64_t>(max_)); }
  Duration mean() const;

  // The smallest recorded value that `share` (0..1) of all do not exceed, rounded up within the error; 0 if empty.
  Duration quantile(double share) const;

 private:
  static std::size_t bucket_of(std::uint64_t nanoseconds);
  static std::uint64_t upper_bound(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace stickler::bench
