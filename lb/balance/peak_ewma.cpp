#include "lb/balance/peak_ewma.h"

#include <algorithm>
#include <cmath>

namespace stickler::balance {
namespace {

std::int64_t since_epoch(TimePoint time) { return Duration(time.time_since_epoch()).count(); }

// What is left of an old figure after `age`.
double share_left(std::int64_t age) {
  return std::exp(-static_cast<double>(std::max<std::int64_t>(age, 0)) /
                  static_cast<double>(Duration(PeakEwma::decay_time).count()));
}

}  // namespace

void PeakEwma::record(Duration sample, TimePoint now) {
  const std::int64_t taken = std::max<std::int64_t>(sample.count(), 1);
  const std::int64_t before = value_ns_.load(std::memory_order_relaxed);
  const std::int64_t at = since_epoch(now);
  std::int64_t after = taken;
  if (taken < before) {
    const double old_share = share_left(at - at_ns_.load(std::memory_order_relaxed));
    after = std::max<std::int64_t>(
        std::llround(static_cast<double>(before) * old_share + static_cast<double>(taken) * (1 - old_share)), 1);
  }
  value_ns_.store(after, std::memory_order_relaxed);
  at_ns_.store(at, std::memory_order_relaxed);
}

PeakEwma::Figure PeakEwma::figure() const {
  return {.value = Duration(value_ns_.load(std::memory_order_relaxed)),
          .at = TimePoint(Duration(at_ns_.load(std::memory_order_relaxed)))};
}

void PeakEwma::resume(const Figure& figure) {
  value_ns_.store(std::max<std::int64_t>(figure.value.count(), 0), std::memory_order_relaxed);
  at_ns_.store(since_epoch(figure.at), std::memory_order_relaxed);
}

Duration PeakEwma::value(TimePoint now) const {
  const std::int64_t value = value_ns_.load(std::memory_order_relaxed);
  if (value == 0) return Duration::zero();
  const double left = share_left(since_epoch(now) - at_ns_.load(std::memory_order_relaxed));
  return Duration(std::llround(static_cast<double>(value) * left));
}

}  // namespace stickler::balance
