#include "lb/cluster/outlier.h"

#include <algorithm>

namespace stickler::cluster {

bool FailureStreak::record(bool ok, std::uint32_t limit) {
  if (ok) {
    if (in_a_row_.load(std::memory_order_relaxed) != 0) in_a_row_.store(0, std::memory_order_relaxed);
    return false;
  }
  if (in_a_row_.fetch_add(1, std::memory_order_relaxed) + 1 < limit) return false;
  in_a_row_.store(0, std::memory_order_relaxed);
  return true;
}

std::size_t ejected_max(std::size_t members, const OutlierRules& rules) {
  return members <= 1 ? 0 : members * rules.max_ejected_percent / 100;
}

TimePoint Ejection::start(const OutlierRules& rules, TimePoint now) {
  const bool stayed_well = in_a_row_ == 0 || now - last_end_ >= last_length_;
  in_a_row_ = stayed_well ? 1 : std::min(in_a_row_ + 1, growth_max);
  last_length_ = rules.eject * in_a_row_;
  last_end_ = now + last_length_;
  until_ = last_end_;
  return last_end_;
}

}  // namespace stickler::cluster
