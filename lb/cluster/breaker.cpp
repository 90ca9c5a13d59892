#include "lb/cluster/breaker.h"

#include <algorithm>

namespace stickler::cluster {

void Breaker::open(Ejected why, const OutlierRules& rules, TimePoint now) {
  in_a_row_ = has_stayed(now) ? 1 : std::min(in_a_row_ + 1, growth_max);
  last_length_ = rules.eject * in_a_row_;
  out_until_ = now + last_length_;
  until_ = out_until_;
  why_ = why;
  state_ = State::open;
}

void Breaker::half_open(const OutlierRules& rules, TimePoint now) {
  trials_ = 0;
  until_ = now + rules.eject;
  state_ = State::half_open;
}

void Breaker::record_trial(bool ok, const OutlierRules& rules, TimePoint now) {
  if (state_ != State::half_open) return;
  if (!ok) return open(Ejected::trial, rules, now);
  if (++trials_ >= trials_max) close();
}

std::optional<TimePoint> Breaker::until() const {
  if (is_closed()) return std::nullopt;
  return until_;
}

std::uint32_t Breaker::failures_max(const OutlierRules& rules, TimePoint now) const {
  return has_stayed(now) ? rules.consecutive_failures : std::min(rules.consecutive_failures, failures_when_back);
}

}  // namespace stickler::cluster
