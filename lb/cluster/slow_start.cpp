#include "lb/cluster/slow_start.h"

#include <algorithm>

namespace stickler::cluster {

SlowStart::SlowStart(Duration length) : length_(length), tick_(std::max(length / steps, tick_min)) {}

std::uint32_t SlowStart::share(TimePoint since, TimePoint now) const {
  const auto begun = (since.time_since_epoch() + tick_ - Duration(1)) / tick_;
  const Duration elapsed = (now.time_since_epoch() / tick_ - begun) * tick_;
  if (length_ == Duration::zero() || elapsed >= length_) return steps;
  return static_cast<std::uint32_t>(std::max<Duration::rep>(elapsed * steps / length_, 1));
}

std::optional<TimePoint> SlowStart::next_step(TimePoint since, TimePoint now) const {
  if (share(since, now) == steps) return std::nullopt;
  return TimePoint((now.time_since_epoch() / tick_ + 1) * tick_);
}

}  // namespace stickler::cluster
