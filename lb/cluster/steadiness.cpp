#include "lb/cluster/steadiness.h"

#include <algorithm>

namespace stickler::cluster {

void Steadiness::come_in(TimePoint now) {
  if (!history_.well_since) history_.well_since = now;
}

void Steadiness::go_out(Out why, Duration first, TimePoint now) {
  if (!history_.well_since) return;
  if (now - *history_.well_since >= 2 * wait(first)) history_.failures = 0;
  if (why == Out::failed) history_.failures = std::min(history_.failures + 1, failures_max);
  history_.well_since.reset();
}

void Steadiness::restart(Duration first, TimePoint now) {
  if (!history_.well_since) return;
  go_out(Out::failed, first, now);
  come_in(now);
}

Duration Steadiness::wait(Duration first) const {
  const std::uint32_t doublings = history_.failures == 0 ? 0 : history_.failures - 1;
  return first * (std::int64_t{1} << doublings);
}

bool Steadiness::is_steady(Duration first, TimePoint now) const {
  return history_.well_since && now - *history_.well_since >= wait(first);
}

std::optional<TimePoint> Steadiness::steady_at(Duration first, TimePoint now) const {
  if (!history_.well_since || is_steady(first, now)) return std::nullopt;
  return *history_.well_since + wait(first);
}

}  // namespace stickler::cluster
