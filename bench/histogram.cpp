#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace stickler::bench {
namespace {

constexpr std::uint64_t octave = std::uint64_t{1} << Histogram::precision_bits;

}  // namespace

// Below 2^precision_bits every value has its own bucket; above, the top precision_bits + 1 bits say which.
std::size_t Histogram::bucket_of(std::uint64_t nanoseconds) {
  if (nanoseconds < octave) return nanoseconds;
  const auto shift = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1 - precision_bits;
  return shift * octave + (nanoseconds >> shift);
}

std::uint64_t Histogram::upper_bound(std::size_t bucket) {
  if (bucket < octave) return bucket;
  const std::size_t shift = bucket / octave - 1;
  return ((bucket - shift * octave + 1) << shift) - 1;
}

void Histogram::record(Duration value, std::uint64_t times) {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  const std::size_t bucket = bucket_of(nanoseconds);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  buckets_[bucket] += times;
  count_ += times;
  max_ = std::max(max_, nanoseconds);
  sum_ += static_cast<double>(nanoseconds) * static_cast<double>(times);
}

void Histogram::add(const Histogram& other) {
  buckets_.resize(std::max(buckets_.size(), other.buckets_.size()));
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

Duration Histogram::mean() const {
  return count_ == 0 ? Duration{} : Duration(static_cast<std::int64_t>(sum_ / static_cast<double>(count_)));
}

Duration Histogram::quantile(double share) const {
  if (count_ == 0) return {};
  const auto wanted =
      std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return Duration(static_cast<std::int64_t>(std::min(upper_bound(i), max_)));
  }
  return max();
}

}  // namespace stickler::bench
