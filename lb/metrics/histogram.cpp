#include "lb/metrics/histogram.h"

#include <algorithm>

namespace stickler::metrics {
namespace histogram {
namespace {

constexpr std::uint64_t ns_per_us = 1000;

}  // namespace

std::size_t bucket_of(Duration duration) {
  if (duration <= Duration::zero()) return 0;
  // Whole microseconds below it, so that a bound belongs to the bucket that it closes.
  const std::uint64_t below = (static_cast<std::uint64_t>(duration.count()) - 1) / ns_per_us;
  if (below < exact) return below;
  std::uint64_t scale = 10;
  std::size_t first = exact;
  for (std::size_t decade = 0; decade < decades; ++decade) {
    if (below < scale * 100) return first + below / scale - 10;
    scale *= 10;
    first += per_decade;
  }
  return buckets - 1;
}

Duration upper_bound(std::size_t bucket) {
  if (bucket < exact) return std::chrono::microseconds(bucket + 1);
  if (bucket >= buckets - 1) return Duration::max();
  std::uint64_t scale = 10;
  for (std::size_t decade = (bucket - exact) / per_decade; decade > 0; --decade) scale *= 10;
  return std::chrono::microseconds((11 + (bucket - exact) % per_decade) * scale);
}

}  // namespace histogram

std::uint64_t HistogramTotals::count_up_to(Duration bound) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets.size() && histogram::upper_bound(i) <= bound; ++i) seen += buckets[i];
  return seen;
}

Duration HistogramTotals::quantile(double share) const {
  if (count == 0) return Duration::zero();
  const auto wanted = std::max(std::uint64_t{1}, static_cast<std::uint64_t>(share * static_cast<double>(count) + 0.5));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < buckets.size(); ++i) {
    seen += buckets[i];
    if (seen >= wanted) return histogram::upper_bound(i);
  }
  return histogram::upper_bound(buckets.size() - 2);
}

void Histogram::add_to(HistogramTotals& totals) const {
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    const std::uint64_t value = buckets_[i].value();
    totals.buckets[i] += value;
    totals.count += value;
  }
  totals.sum += Duration(static_cast<std::int64_t>(sum_ns_.value()));
}

}  // namespace stickler::metrics
