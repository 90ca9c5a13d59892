#include "lb/cluster/outlier.h"

namespace stickler::cluster {

bool FailureStreak::record(bool ok, std::uint32_t limit) {
  if (ok) {
    if (in_a_row_.load(std::memory_order_relaxed) != 0) in_a_row_.store(0, std::memory_order_relaxed);
    return false;
  }
  const std::uint32_t now = in_a_row_.fetch_add(1, std::memory_order_relaxed) + 1;
  // Again with every `limit` more: what had to stay in the first time, others being out, may go the next.
  return now == told_from || now % limit == 0;
}

std::size_t ejected_max(std::size_t members, const OutlierRules& rules) {
  return members <= 1 ? 0 : members * rules.max_ejected_percent / 100;
}

}  // namespace stickler::cluster
